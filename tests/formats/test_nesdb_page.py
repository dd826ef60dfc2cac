"""Pages of the NESdb site, built here after the list of its sections; every entry is made up."""

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.formats.nesdb_page import LEFT_OUT, SECTIONS, read_nesdb_index, read_nesdb_page
from nesdb_annot.records import ReferenceEntry, Reject, Sign, SiteKind

RESIDUES = "MSDKE" * 4 + "LALKLAGLDI" + "NKTGS" * 10
CONTENT = {
    "Full Name": "Made-up protein",
    "Alternative Names": "None",
    "Organism": "Homo sapiens (Human)",
    "Experimental Evidence for CRM1-mediated Export": "LMB Sensitive,&nbsp;Binds CRM1",
    "Mutations That Affect Nuclear Export": "L23A, I30A/28<br>25-26",
    "Mutations That Affect CRM1 Binding": "L28A",
    "Functional Export Signals": "21-30",
    "Secondary Structure of Export Signal": "Unknown",
    "Other Residues Important for Export": "Unknown",
    "Sequence (FASTA)": "<pre>&gt;gi|1|sp|P15336.4|MADE_HUMAN RecName: Full=Made-up\n"
    f"{RESIDUES[:40]}\n{RESIDUES[40:]}\n</pre>",
    "Domain Info by CDD": "<img src='cdd.png'>no domains",
    "Secondary Structure by PSIPRED": "CCCHHH",
    "Conservation Score by AL2CO": "0.1 0.2",
    "3D Structures in PDB": "1ABC",
    "Comments": "A helix &amp; a loop",
    "References": '<a href="http://www.ncbi.nlm.nih.gov/pubmed/12345678">Somebody et al., 2001</a>',
}
LAYOUTS = {
    "table": lambda title, text: f"<tr><td><b>{title}</b></td><td>{text}</td></tr>\n",
    "headings": lambda title, text: f"<h3>{title}:</h3>\n<p>{text}</p>\n",
    "inline": lambda title, text: f"<p><strong>{title}</strong></p><div>{text}</div>",
    "unclosed": lambda title, text: f"<dt>{title}<dd>{text}",
}


def page(tmp_path, content=CONTENT, layout="table", summary="Summary for Made-up (NES ID: 7)"):
    body = "".join(LAYOUTS[layout](title, text) for title, text in content.items())
    path = tmp_path / "details.html"
    head = "<html><head><title>NESdb</title><style>b {color: red}</style></head><body><h1>NESdb</h1>"
    path.write_text(f"{head}<h2>{summary}</h2><table>{body}</table></body></html>", encoding="utf-8")
    return path


def read(tmp_path, content=CONTENT, doubtful=False, **options):
    mixed = list(read_nesdb_page(page(tmp_path, content, **options), doubtful=doubtful))
    entries = [entry for entry in mixed if isinstance(entry, ReferenceEntry)]
    return (entries[0] if entries else None), [reject for reject in mixed if isinstance(reject, Reject)]


def sites(entry, kind):
    return [(str(site.span), site.note) for site in entry.sites if site.kind is kind]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_entry(tmp_path, layout):
    entry, rejects = read(tmp_path, layout=layout)
    assert rejects == []
    assert (entry.entry_id, entry.accession, entry.sequence_version) == ("7", "P15336", 4)
    assert (entry.protein_name, entry.organism) == ("Made-up protein", "Homo sapiens (Human)")
    assert entry.evidence == ("LMB Sensitive", "Binds CRM1")
    assert entry.residues == RESIDUES
    assert entry.citations == ("PMID:12345678",)


def test_kinds_are_apart_and_mutations_keep_their_words(tmp_path):
    entry, _ = read(tmp_path)
    assert sites(entry, SiteKind.FUNCTIONAL_SIGNAL) == [("21-30", "21-30")]
    assert sites(entry, SiteKind.BINDING_MUTATION) == [("28-28", "L28A")]
    assert sites(entry, SiteKind.EXPORT_MUTATION) == [
        ("23-23", "L23A"),
        ("30-30", "I30A/28"),
        ("28-28", "I30A/28"),
        ("25-26", "25-26"),
    ]


def test_doubt_comes_from_the_index(tmp_path):
    entry, _ = read(tmp_path, doubtful=True)
    assert entry.doubtful
    assert {site.sign for site in entry.sites} == {Sign.DOUBTFUL}


@pytest.mark.parametrize("missing", [title for title in SECTIONS if title != "Sequence (FASTA)"])
def test_a_missing_section_is_reported(tmp_path, missing):
    content = {title: text for title, text in CONTENT.items() if title != missing}
    entry, (refused,) = read(tmp_path, content)
    assert entry.entry_id == "7"
    assert (refused.field, refused.accession) == (missing, "P15336")
    assert "missing" in refused.reason


def test_an_unknown_section_is_reported_and_read_into_no_other(tmp_path):
    content = {"Organism": CONTENT["Organism"], "Tissue Where It Was Seen": "liver", **CONTENT}
    entry, (refused,) = read(tmp_path, content)
    assert refused.field == "Tissue Where It Was Seen"
    assert "liver" not in entry.organism


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("Functional Export Signals", "75-90", "ends behind the sequence of 80 residues"),
        ("Mutations That Affect Nuclear Export", "W23A", "residue 23 of the sequence is L"),
        ("Mutations That Affect CRM1 Binding", "many residues", "no residue numbers"),
        ("Functional Export Signals", "30-21", "no such span"),
        ("Mutations That Affect Nuclear Export", "L99A", "ends behind"),
    ],
)
def test_a_bad_statement_is_refused_with_its_section(tmp_path, title, text, reason):
    entry, (refused,) = read(tmp_path, CONTENT | {title: text})
    assert refused.field == title
    assert reason in refused.reason
    assert entry is not None


@pytest.mark.parametrize("text", ["Unknown", "None", "", "-"])
def test_unknown_sites_are_no_sites(tmp_path, text):
    entry, rejects = read(tmp_path, CONTENT | {"Functional Export Signals": text})
    assert sites(entry, SiteKind.FUNCTIONAL_SIGNAL) == []
    assert rejects == []


@pytest.mark.parametrize("text", ["", "&gt;P1 name only", "MK1"])
def test_an_entry_without_a_sequence_is_refused(tmp_path, text):
    entry, (refused,) = read(tmp_path, CONTENT | {"Sequence (FASTA)": text})
    assert entry is None
    assert refused.field == "Sequence (FASTA)"
    assert "NES ID 7" in refused.reason


def test_a_page_without_a_summary_is_refused(tmp_path):
    entry, (refused,) = read(tmp_path, summary="Error: no such entry")
    assert entry is None
    assert refused.field == "Summary for"


def test_references_without_links_stay_text(tmp_path):
    entry, _ = read(tmp_path, CONTENT | {"References": "Somebody, J. Cell Biol. 2001<br>Another, Cell 2002"})
    assert entry.citations == ("Somebody, J. Cell Biol. 2001", "Another, Cell 2002")


def test_sections_left_out_are_known(tmp_path):
    entry, _ = read(tmp_path)
    assert len(SECTIONS) == 15 + 1
    assert all(CONTENT[title] not in str(entry) for title in LEFT_OUT if len(CONTENT[title]) > 10)


def test_index(tmp_path):
    path = tmp_path / "namesGood.php"
    links = "".join(f'<li><a href="details.php?name={i}">Name {i}</a></li>' for i in (208, 7, 208))
    path.write_text(f"<html><body><ul>{links}</ul><a href='index.html'>home</a></body></html>")
    assert read_nesdb_index(path) == [("208", "Name 208"), ("7", "Name 7")]


def test_a_page_that_is_no_index(tmp_path):
    path = tmp_path / "x.html"
    path.write_text("<html>Service unavailable</html>")
    with pytest.raises(InputError, match="no index page"):
        read_nesdb_index(path)


def test_scripts_are_not_text(tmp_path):
    content = CONTENT | {"Organism": "<script>alert('x')</script>Mus musculus"}
    entry, _ = read(tmp_path, content)
    assert entry.organism == "Mus musculus"
