"""The export of NESdb: kinds kept apart, doubt, headers, and what is refused. All entries here are made up."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import InputError
from nesdb_annot.formats.nesdb_export import COLUMNS, MERGED, PEPTIDE_LENGTH, locate, peptide_of, read_nesdb_export
from nesdb_annot.formats.nesdb_fields import parse_entry_name, split_evidence
from nesdb_annot.records import ReferenceEntry, Reject, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan

RESIDUES = "MSDKE" * 4 + "LALKLAGLDI" + "NKTGS" * 10
ROW = {
    "ID": "Made-up (NES ID: 7)",
    "Full Name": "Made-up protein",
    "Organism": "Homo sapiens (Human)",
    "Experimental Evidence for CRM1-mediated Export": "LMB Sensitive, \xa0Binds CRM1",
    "Functional Export Signals": "['21-30']",
    "Mutations That Affect Nuclear Export": "['23-23', '28-30']",
    "Mutations That Affect CRM1 Binding": "['28-28']",
    "Secondary Structure of Export Signal": "Unknown",
    "Fasta Header": ">gi|1|sp|P15336.4|MADE_HUMAN RecName: Full=Made-up protein",
    "Sequence": RESIDUES,
    "is_NesDB_doubt": "False",
    "Peptide_sequence": "LALKLAGLDI",
}


def export(tmp_path, *rows, columns=COLUMNS):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "export.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def read(tmp_path, *rows):
    """Entries and rejects."""
    mixed = list(read_nesdb_export(export(tmp_path, *rows)))
    return [e for e in mixed if isinstance(e, ReferenceEntry)], [r for r in mixed if isinstance(r, Reject)]


def spans(entry, kind):
    return [str(site.span) for site in entry.sites if site.kind is kind]


def test_one_entry(tmp_path):
    (entry,), rejects = read(tmp_path, ROW)
    assert not rejects
    assert (entry.source, entry.entry_id, entry.accession, entry.sequence_version) == ("nesdb", "7", "P15336", 4)
    assert (entry.protein_name, entry.organism) == ("Made-up protein", "Homo sapiens (Human)")
    assert entry.evidence == ("LMB Sensitive", "Binds CRM1")
    assert entry.residues == RESIDUES
    assert "NES ID 7" in entry.citations[0]


def test_kinds_are_never_merged(tmp_path):
    (entry,), _ = read(tmp_path, ROW)
    assert spans(entry, SiteKind.FUNCTIONAL_SIGNAL) == ["21-30"]
    assert spans(entry, SiteKind.EXPORT_MUTATION) == ["23-23", "28-30"]
    assert spans(entry, SiteKind.BINDING_MUTATION) == ["28-28"]
    assert spans(entry, SiteKind.PEPTIDE) == ["21-30"]


def test_rows_of_an_entry_are_grouped_wherever_they_stand(tmp_path):
    other = ROW | {"ID": "Other (NES ID: 8)"}
    entries, rejects = read(tmp_path, ROW, other, ROW | {"Peptide_sequence": "MSDKELALKL"})
    assert [entry.entry_id for entry in entries] == ["7", "8"]
    assert spans(entries[0], SiteKind.PEPTIDE) == ["21-30", "16-25"]
    assert not rejects


def test_a_range_whose_peptide_the_rows_lack_gets_one(tmp_path):
    row = ROW | {"Peptide_sequence": RESIDUES[15:35], MERGED: "[(21, 30), (52, 54)]"}
    path = export(tmp_path, row, row, columns=(*COLUMNS, MERGED))
    (entry,) = read_nesdb_export(path)
    assert spans(entry, SiteKind.PEPTIDE) == ["16-35", "44-63"]
    assert [site.note for site in entry.sites if site.kind is SiteKind.PEPTIDE][1] == RESIDUES[43:63]


@pytest.mark.parametrize("merged", ["[(0, 5)]", "[(9, 5)]", "[(75, 90)]", "nonsense", "[]"])
def test_a_merged_range_that_is_none_gives_no_peptide(tmp_path, merged):
    (entry,) = read_nesdb_export(export(tmp_path, ROW | {MERGED: merged}, columns=(*COLUMNS, MERGED)))
    assert spans(entry, SiteKind.PEPTIDE) == ["21-30"]


@given(st.integers(1, 60), st.integers(0, 30), st.integers(0, 40))
def test_a_peptide_holds_its_range_and_has_its_length(first, more, rest):
    span = ResidueSpan(first, first + more)
    length = span.last + rest
    peptide = peptide_of(span, length)
    assert peptide.first <= span.first <= span.last <= peptide.last <= length
    assert len(peptide) == max(len(span), min(length, PEPTIDE_LENGTH))
    if peptide.first > 1 and peptide.last < length:
        assert (peptide.last - span.last) - (span.first - peptide.first) in (0, 1)


def test_doubt_of_one_row_is_doubt_of_the_entry(tmp_path):
    (entry,), _ = read(tmp_path, ROW, ROW | {"is_NesDB_doubt": "True"})
    assert entry.doubtful
    assert {site.sign for site in entry.sites} == {Sign.DOUBTFUL}
    assert spans(entry, SiteKind.PEPTIDE) == ["21-30"]


def test_without_doubt_all_sites_are_motifs(tmp_path):
    (entry,), _ = read(tmp_path, ROW)
    assert not entry.doubtful
    assert {site.sign for site in entry.sites} == {Sign.MOTIF}


def test_no_functional_signal_but_mutations(tmp_path):
    (entry,), rejects = read(tmp_path, ROW | {"Functional Export Signals": "[]"})
    assert spans(entry, SiteKind.FUNCTIONAL_SIGNAL) == []
    assert spans(entry, SiteKind.EXPORT_MUTATION)
    assert not rejects


def test_secondary_structure_is_noted_beside_the_signal(tmp_path):
    (entry,), _ = read(tmp_path, ROW | {"Secondary Structure of Export Signal": "α-helix"})
    assert {site.kind: site.note for site in entry.sites}[SiteKind.FUNCTIONAL_SIGNAL] == "α-helix"


@pytest.mark.parametrize(
    "column",
    ["Functional Export Signals", "Mutations That Affect Nuclear Export", "Mutations That Affect CRM1 Binding"],
)
@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        (f"['{len(RESIDUES)}-{len(RESIDUES) + 1}']", "ends behind the sequence of 80 residues"),
        ("['0-5']", "no such span"),
        ("['9-5']", "no such span"),
        ("__import__('os')", "no list of ranges"),
        ("['5']", "no list of ranges"),
        ("", "no list of ranges"),
    ],
)
def test_a_bad_range_is_refused_and_the_rest_stays(tmp_path, column, ranges, reason):
    (entry,), (refused,) = read(tmp_path, ROW | {column: ranges})
    assert (refused.field, refused.accession, refused.line) == (column, "P15336", 2)
    assert "NES ID 7" in refused.reason
    assert reason in refused.reason
    assert spans(entry, SiteKind.PEPTIDE) == ["21-30"]


def test_a_good_range_beside_a_bad_one_stays(tmp_path):
    (entry,), (_,) = read(tmp_path, ROW | {"Functional Export Signals": "['21-30', '75-90']"})
    assert spans(entry, SiteKind.FUNCTIONAL_SIGNAL) == ["21-30"]


def test_a_peptide_that_does_not_occur_is_refused(tmp_path):
    (entry,), (refused,) = read(tmp_path, ROW | {"Peptide_sequence": "WWWWW"})
    assert (refused.field, spans(entry, SiteKind.PEPTIDE)) == ("Peptide_sequence", [])
    assert "WWWWW does not occur" in refused.reason


def test_a_peptide_that_occurs_twice_is_placed_by_the_stated_ranges(tmp_path):
    row = ROW | {"Peptide_sequence": "NKTGS", "Functional Export Signals": "['52-54']"}
    (entry,), _ = read(tmp_path, row)
    assert spans(entry, SiteKind.PEPTIDE) == ["51-55"]


def test_locating():
    assert locate("AB", "xxABxxABxx".upper(), [ResidueSpan(7, 7)]) == ResidueSpan(7, 8)
    assert locate("AA", "AAA", [ResidueSpan(3, 3)]) == ResidueSpan(2, 3)
    assert locate("C", "AB", []) is None
    assert locate("", "AB", []) is None


def test_an_entry_without_a_protein_sequence_is_refused_and_the_next_stays(tmp_path):
    (entry,), (refused,) = read(tmp_path, ROW | {"Sequence": "MK1"}, ROW | {"ID": "Other (NES ID: 8)"})
    assert entry.entry_id == "8"
    assert (refused.field, refused.line) == ("Sequence", 2)


@pytest.mark.parametrize(("column", "value"), [("ID", "no number"), ("is_NesDB_doubt", "perhaps")])
def test_a_row_that_says_nothing_is_refused(tmp_path, column, value):
    entries, (refused,) = read(tmp_path, ROW, ROW | {column: value})
    assert len(entries) == 1
    assert (refused.field, refused.line) == (column, 3)


def test_rows_that_contradict_each_other(tmp_path):
    row = ROW | {"Functional Export Signals": "['1-5']", "Peptide_sequence": "MSDKE"}
    (entry,), (refused,) = read(tmp_path, ROW, row)
    assert "differs from line 2" in refused.reason
    assert refused.line == 3
    assert spans(entry, SiteKind.PEPTIDE) == ["21-30"]


def test_cells_with_line_ends_keep_the_line_numbers_right(tmp_path):
    _, (refused,) = read(tmp_path, ROW | {"Full Name": "two\nlines"}, ROW | {"ID": "?"})
    assert refused.line == 4


@pytest.mark.parametrize(
    "content", ["<html>no</html>", "a,b\n1,2\n", "", '{"a": 1}', ",".join(COLUMNS) + "\n", ">P1\nMK\n"]
)
def test_what_is_no_export_is_one_error(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=r"x\.csv"):
        list(read_nesdb_export(path))


def test_the_missing_column_is_named(tmp_path):
    path = export(tmp_path, ROW, columns=[column for column in COLUMNS if column != "Sequence"])
    with pytest.raises(InputError) as caught:
        list(read_nesdb_export(path))
    assert "'Sequence'" in caught.value.why


def test_quotes_that_never_close(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(",".join(COLUMNS) + '\n"' + "x" * 200_000)
    with pytest.raises(InputError, match="not valid CSV"):
        list(read_nesdb_export(path))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("LMB Sensitive, \xa0Binds CRM1", ("LMB Sensitive", "Binds CRM1")),
        ("LMB Sensitive, Binds CRM1, LMB Sensitive", ("LMB Sensitive", "Binds CRM1")),
        ("Unknown", ()),
        ("", ()),
        ("CRM1 and/or RanGTP required", ("CRM1 and/or RanGTP required",)),
    ],
)
def test_evidence_terms(text, terms):
    assert split_evidence(text) == terms


def test_names_with_brackets():
    assert parse_entry_name("A (B) (NES ID: 12)") == ("A (B)", "12")
    assert parse_entry_name("A") is None


@pytest.fixture(scope="module")
def real(shared_data):
    mixed = list(read_nesdb_export(shared_data / "nesdb/nesdb_export.csv"))
    with (shared_data / "nesdb/nesdb_truth.tsv").open(encoding="utf-8", newline="") as stream:
        truth = list(csv.DictReader(stream, delimiter="\t"))
    return mixed, truth


def test_real_export_has_279_entries_and_no_rejects(real):
    mixed, truth = real
    assert [entry for entry in mixed if isinstance(entry, Reject)] == []
    assert {entry.entry_id for entry in mixed} == {row["nesdb_id"] for row in truth}
    assert len(mixed) == 279


def test_real_peptides_stand_where_the_truth_has_them(real):
    mixed, truth = real
    expected = {(row["nesdb_id"], row["peptide"]): (int(row["pep_start"]), int(row["pep_end"])) for row in truth}
    found = {
        (entry.entry_id, site.span.of(entry.residues)): (site.span.first, site.span.last)
        for entry in mixed
        for site in entry.sites
        if site.kind is SiteKind.PEPTIDE
    }
    assert len(found) == len(truth) == 351
    assert found.items() <= expected.items()


def test_real_doubt_and_sequences_equal_the_truth(real):
    mixed, truth = real
    assert {(e.entry_id, e.doubtful, e.residues) for e in mixed} == {
        (row["nesdb_id"], row["doubtful"] == "1", row["sequence"]) for row in truth
    }
    assert sum(entry.doubtful for entry in mixed) == 28


def test_real_accessions_equal_the_truth_where_it_took_them_from_the_header(real):
    mixed, truth = real
    stated = {row["nesdb_id"]: row["accession"] for row in truth if row["accession_source"] == "fasta_header"}
    assert {entry.entry_id: entry.accession for entry in mixed if entry.entry_id in stated} == stated


def test_real_site_counts(real):
    mixed, truth = real
    signals = [(e, s) for e in mixed for s in e.sites if s.kind is SiteKind.FUNCTIONAL_SIGNAL]
    listed = [(entry, site) for entry, site in signals if "UniProtKB" not in site.note]
    assert len(listed) == 238
    with_signal = {entry.entry_id for entry, _ in listed}
    assert with_signal == {row["nesdb_id"] for row in truth if row["has_functional_signal"] == "1"}
    assert len(with_signal) == 189


def test_real_unlisted_sites_are_doubtful(real):
    unlisted = [(e.entry_id, s) for e in real[0] for s in e.sites if "UniProtKB" in s.note]
    assert sorted((entry_id, str(s.span)) for entry_id, s in unlisted) == [
        ("208", "1-7"),
        ("245", "59-67"),
        ("400", "59-67"),
    ]
    assert {site.sign for _, site in unlisted} == {Sign.DOUBTFUL}


def test_real_shared_sequence_is_cgas_and_spast(real):
    times = Counter(entry.digest for entry in real[0])
    assert {entry.entry_id for entry in real[0] if times[entry.digest] > 1} == {"245", "400"}


def test_real_evidence_terms(real):
    counts = Counter(term for entry in real[0] for term in entry.evidence)
    assert counts["Unknown"] == 0
    assert counts["Binds CRM1"] == 72
    assert not [term for term in counts if "," in term or "\xa0" in term]
