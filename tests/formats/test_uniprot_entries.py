"""UniProtKB entries mean the same in JSON, TSV and flat files; what is uncertain is refused by name."""

import gzip
import json

import pytest

from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.formats import uniprot_flat
from nesdb_annot.formats.uniprot import read_uniprot, uniprot_format
from nesdb_annot.formats.uniprot_entry import UniprotEntry, nes_reference, parse_location, parse_locations
from nesdb_annot.formats.uniprot_flat import read_uniprot_flat
from nesdb_annot.formats.uniprot_json import read_uniprot_json
from nesdb_annot.formats.uniprot_tsv import read_uniprot_tsv
from nesdb_annot.records import Annotation, AnnotationKind, Reject, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan

NES_EVIDENCE = ("ECO:0000269|PubMed:222",)


@pytest.fixture
def save(tmp_path):
    def save(content, name="entries"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return save


@pytest.fixture(params=["json", "tsv", "flat"])
def entry(request, save, json_entry, tsv_text, flat_text):
    content = {"json": {"results": [json_entry()]}, "tsv": tsv_text(), "flat": flat_text}[request.param]
    path = save(content)
    assert uniprot_format(path) == request.param
    (entry,) = read_uniprot(path)
    return entry


def only(mixed):
    """The one entry and the rejects."""
    mixed = list(mixed)
    return next((e for e in mixed if isinstance(e, UniprotEntry)), None), [r for r in mixed if isinstance(r, Reject)]


def test_record_is_the_same_in_every_format(entry, residues):
    record = entry.record
    assert (record.accession, record.residues, record.entry_name, record.reviewed) == (
        "P00001",
        residues,
        "MADE_HUMAN",
        True,
    )
    assert (record.protein_name, record.organism, record.taxon_id) == ("Made-up protein", "Homo sapiens", 9606)
    assert (record.gene, record.existence, record.sequence_version, record.fragment) == ("MADE", 1, 2, False)


def test_features_are_the_same_in_every_format(entry):
    features = [a for a in entry.annotations if a.kind is AnnotationKind.FEATURE]
    assert features == [
        Annotation(
            "P00001", AnnotationKind.FEATURE, "MOTIF", "Nuclear export signal 1", ResidueSpan(21, 30), NES_EVIDENCE
        ),
        Annotation(
            "P00001",
            AnnotationKind.FEATURE,
            "MOTIF",
            "Nuclear localization signal",
            ResidueSpan(1, 5),
            ("ECO:0000255",),
        ),
        Annotation("P00001", AnnotationKind.FEATURE, "COILED", "", ResidueSpan(31, 50), ()),
    ]


def test_locations_keywords_and_go(entry):
    by_kind = {kind: [a for a in entry.annotations if a.kind is kind] for kind in AnnotationKind}
    assert [(a.text, a.evidence) for a in by_kind[AnnotationKind.LOCATION]] == [
        ("Nucleus", ("ECO:0000269|PubMed:111",)),
        ("Cytoplasm", ()),
    ]
    assert [a.text for a in by_kind[AnnotationKind.KEYWORD]] == ["Nucleus"]
    assert [(a.identifier, a.text) for a in by_kind[AnnotationKind.GO]] == [("GO:0005634", "C:nucleus")]


def test_nes_reference_is_the_same_in_every_format(entry, residues):
    reference = nes_reference(entry)
    (site,) = reference.sites
    assert (site.kind, site.span, site.sign) == (SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(21, 30), Sign.MOTIF)
    assert site.note == "Nuclear export signal 1"
    assert (reference.source, reference.entry_id, reference.residues) == ("uniprot", "P00001", residues)
    assert (reference.evidence, reference.citations) == (NES_EVIDENCE, ("PMID:222",))
    assert not reference.doubtful


def test_identifiers_of_json(save, json_entry):
    (entry,) = read_uniprot_json(save(json_entry()))
    identifiers = {a.identifier for a in entry.annotations}
    assert {"SL-0191", "SL-0086", "KW-0539"} <= identifiers
    go = next(a for a in entry.annotations if a.kind is AnnotationKind.GO)
    assert go.evidence == ("IDA:UniProtKB",)


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        ("ECO:0000269", Sign.MOTIF),
        ("ECO:0000250", Sign.DOUBTFUL),
        ("ECO:0000303", Sign.DOUBTFUL),
        ("ECO:0000305", Sign.DOUBTFUL),
    ],
)
def test_only_experiments_make_a_motif(save, json_entry, json_feature_of, code, sign):
    features = [json_feature_of("Motif", 21, 30, "Nuclear export signal", [{"evidenceCode": code}])]
    (entry,) = read_uniprot_json(save(json_entry(features=features)))
    reference = nes_reference(entry)
    assert reference.sites[0].sign is sign
    assert reference.doubtful is (sign is Sign.DOUBTFUL)


def test_an_nes_without_evidence_code_is_doubtful(save, json_entry, json_feature_of):
    (entry,) = read_uniprot_json(save(json_entry(features=[json_feature_of("Motif", 21, 30, "Nuclear export signal")])))
    assert [site.sign for site in nes_reference(entry).sites] == [Sign.DOUBTFUL]


@pytest.mark.parametrize(
    ("codes", "sign"),
    [
        (["0000255"], None),
        (["0000256"], None),
        (["0000255", "0000250"], Sign.DOUBTFUL),
        (["0000255", "0000269"], Sign.MOTIF),
    ],
)
def test_an_nes_from_sequence_models_alone_is_left_out(save, json_entry, json_feature_of, codes, sign):
    evidence = [{"evidenceCode": f"ECO:{code}"} for code in codes]
    features = [json_feature_of("Motif", 21, 30, "Nuclear export signal", evidence)]
    (entry,) = read_uniprot_json(save(json_entry(features=features)))
    reference = nes_reference(entry)
    assert [site.sign for site in reference.sites] == [sign] if sign else reference is None


@pytest.mark.parametrize(("last", "sign"), [(45, Sign.MOTIF), (46, Sign.DOUBTFUL)])
def test_a_region_over_45_residues_is_unknown(save, json_entry, json_feature_of, last, sign):
    features = [json_feature_of("Motif", 1, last, "Nuclear export signal", [{"evidenceCode": "ECO:0000269"}])]
    (entry,) = read_uniprot_json(save(json_entry(features=features)))
    assert [site.sign for site in nes_reference(entry).sites] == [sign]


@pytest.mark.shared_data
def test_evidence_codes_of_real_flat_files(shared_data):
    signs = {}
    for path in sorted((shared_data / "uniprot_samples" / "flat").glob("*.dat")):
        (entry,) = read_uniprot_flat(path)
        reference = nes_reference(entry)
        signs |= {f"{entry.accession} {site.span}": str(site.sign) for site in reference.sites}
    assert [name for name, sign in signs.items() if sign == "motif"] == ["Q13148 239-250"]
    assert len(signs) == 9
    assert set(signs.values()) == {"motif", "doubtful"}


@pytest.mark.parametrize(
    ("note", "is_nes"),
    [
        ("Nuclear export signal", True),
        ("nuclear EXPORT signal and binding to XPO1", True),
        ("Nuclear export signal (NES)", True),
        ("Nuclear localization signal", False),
        ("Not a nuclear export signal", False),
        ("", False),
    ],
)
def test_notes_vary(save, json_entry, json_feature_of, note, is_nes):
    (entry,) = read_uniprot_json(save(json_entry(features=[json_feature_of("Motif", 21, 30, note)])))
    assert (nes_reference(entry) is not None) is is_nes


def test_one_experimental_site_keeps_the_entry_from_being_doubtful(save, json_entry, json_feature_of):
    features = [
        json_feature_of("Motif", 21, 30, "Nuclear export signal 1", [{"evidenceCode": "ECO:0000269"}]),
        json_feature_of("Motif", 41, 50, "Nuclear export signal 2", [{"evidenceCode": "ECO:0000250"}]),
    ]
    (entry,) = read_uniprot_json(save(json_entry(features=features)))
    reference = nes_reference(entry)
    assert [site.sign for site in reference.sites] == [Sign.MOTIF, Sign.DOUBTFUL]
    assert not reference.doubtful


@pytest.mark.parametrize(
    "change",
    [
        {"start": {"value": 21, "modifier": "OUTSIDE"}, "end": {"value": 30, "modifier": "EXACT"}},
        {"start": {"modifier": "UNKNOWN"}, "end": {"value": 30, "modifier": "EXACT"}},
        {"sequence": "P00001-2"},
        {"end": {"value": 81, "modifier": "EXACT"}},
        {"start": {"value": 31, "modifier": "EXACT"}},
        {"start": {"value": 0, "modifier": "EXACT"}},
    ],
)
def test_uncertain_features_are_refused_and_the_entry_stays(save, json_entry, json_feature_of, change):
    feature = json_feature_of("Motif", 21, 30, "Nuclear export signal", **change)
    entry, (refused,) = only(read_uniprot_json(save(json_entry(features=[feature]))))
    assert (refused.accession, refused.field) == ("P00001", "MOTIF")
    assert nes_reference(entry) is None
    assert entry.record is not None


def test_features_of_other_kinds_may_be_uncertain(save, json_entry, json_feature_of):
    chain = json_feature_of("Chain", 1, 80, start={"modifier": "UNKNOWN"})
    _, rejects = only(read_uniprot_json(save(json_entry(features=[chain]))))
    assert rejects == []


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ({"inactiveReasonType": "MERGED", "mergeDemergeTo": ["P23141"]}, "merged this entry into P23141"),
        ({"inactiveReasonType": "DEMERGED", "mergeDemergeTo": ["P68250", "P68251"]}, "into P68250, P68251"),
        ({"inactiveReasonType": "DELETED", "deletedReason": "Not in a reference proteome"}, "Not in a reference"),
        ({}, "inactive"),
    ],
)
def test_inactive_entries_are_refused_with_where_they_went(save, json_entry, reason, told):
    inactive = {"entryType": "Inactive", "primaryAccession": "Q00015", "inactiveReason": reason}
    entry, (refused,) = only(read_uniprot_json(save({"results": [inactive, json_entry()]})))
    assert refused.accession == "Q00015"
    assert told in refused.reason
    assert entry.accession == "P00001"


@pytest.mark.parametrize(
    "change",
    [
        {"primaryAccession": "nonsense"},
        {"sequence": {"value": "MK1"}},
        {"sequence": {}},
        {"features": "none"},
        {"features": [{"type": "Motif"}]},
        {"entryType": None},
        {"organism": [1]},
        {"keywords": [{}]},
        {"entryAudit": 5},
    ],
)
def test_an_entry_of_another_shape_is_refused_and_the_next_goes_on(save, json_entry, change):
    entry, (refused,) = only(read_uniprot_json(save([json_entry(**change), json_entry(primaryAccession="P00002")])))
    assert isinstance(refused, Reject)
    assert entry.accession == "P00002"


@pytest.mark.parametrize("wrap", ["results", "list", "lines", "one", "pretty"])
def test_json_however_it_is_wrapped(save, json_entry, wrap):
    entries = [json_entry(primaryAccession=f"P0000{i}") for i in range(1 if wrap == "one" else 3)]
    content = {
        "results": json.dumps({"results": entries}),
        "list": json.dumps(entries),
        "lines": "\n".join(json.dumps(e) for e in entries) + "\n",
        "one": json.dumps(entries[0]),
        "pretty": json.dumps({"results": entries}, indent=2),
    }[wrap]
    assert [e.accession for e in read_uniprot(save(content))] == [e["primaryAccession"] for e in entries]


def test_json_is_read_packed(tmp_path, json_entry):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(json.dumps({"results": [json_entry()]}).encode(), mtime=0))
    (entry,) = read_uniprot(path)
    assert entry.accession == "P00001"


def test_empty_results(save):
    assert list(read_uniprot_json(save({"results": []}))) == []


def test_entries_without_sequence_carry_annotations_only(save, json_entry, residues):
    entry = json_entry()
    del entry["sequence"]
    (found,) = read_uniprot_json(save(entry))
    assert found.record is None
    assert len(found.annotations) == 7
    assert nes_reference(found, lambda accession: residues).residues == residues
    assert "no sequence" in nes_reference(found).reason
    assert "ends behind" in nes_reference(found, lambda accession: "MKL").reason


def test_tsv_without_sequence_column(save, tsv_text, tsv_cells):
    del tsv_cells["Sequence"]
    (entry,) = read_uniprot_tsv(save(tsv_text(tsv_cells)))
    assert entry.record is None
    assert entry.annotations


@pytest.mark.parametrize("location", ["<21..30", "?..30", "21..>30", "?21..30", "P00001-2:21..30", "21..99", "30..21"])
def test_uncertain_features_of_tsv_and_flat(save, tsv_text, tsv_cells, flat_text, location):
    tsv_cells["Motif"] = tsv_cells["Motif"].replace("21..30", location)
    for mixed in (
        read_uniprot_tsv(save(tsv_text(tsv_cells), "a.tsv")),
        read_uniprot_flat(save(flat_text.replace("21..30", location), "a.dat")),
    ):
        entry, (refused,) = only(mixed)
        assert refused.field == "MOTIF"
        assert nes_reference(entry) is None
        assert len([a for a in entry.annotations if a.kind is AnnotationKind.FEATURE]) == 2


def test_quotes_and_semicolons_inside_notes(save, tsv_text, tsv_cells):
    tsv_cells["Motif"] = 'MOTIF 1..5; /note="a; b: ""c"""; MOTIF 7; /note="d"'
    (entry,) = read_uniprot_tsv(save(tsv_text(tsv_cells)))
    notes = [(a.text, str(a.span)) for a in entry.annotations if a.identifier == "MOTIF"]
    assert notes == [('a; b: "c"', "1-5"), ("d", "7-7")]


def test_rubbish_in_a_feature_column_is_refused(save, tsv_text, tsv_cells):
    tsv_cells["Motif"] = "no feature at all"
    _, (refused,) = only(read_uniprot_tsv(save(tsv_text(tsv_cells))))
    assert (refused.field, refused.line) == ("Motif", 2)


def test_a_row_with_too_few_cells(save, tsv_text):
    mixed = list(read_uniprot_tsv(save(tsv_text() + "P00002\tx\n")))
    assert (mixed[1].line, mixed[1].accession) == (3, "P00002")
    assert "2 cells" in mixed[1].reason


@pytest.mark.parametrize("count", [2, 3])
def test_flat_files_of_several_entries(save, flat_text, count):
    entries = list(read_uniprot_flat(save(flat_text * count)))
    assert len(entries) == count
    assert [entry.record.line for entry in entries] == [1 + i * flat_text.count("\n") for i in range(count)]


def test_flat_file_with_a_bad_entry_between_good_ones(save, flat_text):
    bad = flat_text.replace("P00001; Q00002;", "nonsense;")
    first, refused, last = read_uniprot_flat(save(flat_text + bad + flat_text))
    assert (first.accession, last.accession) == ("P00001", "P00001")
    assert refused.line == 1 + flat_text.count("\n")


def test_flat_fragment_and_unreviewed(save, flat_text):
    text = flat_text.replace("DE   AltName: Full=Other name;", "DE   Flags: Precursor; Fragment;")
    (entry,) = read_uniprot_flat(save(text.replace("Reviewed;", "Unreviewed;")))
    assert (entry.record.fragment, entry.record.reviewed) == (True, False)


def test_old_feature_syntax_is_refused_by_name(save, flat_text):
    text = flat_text.replace("FT   MOTIF           1..5\n", "FT   MOTIF         1      5       Old syntax.\n")
    _, rejects = only(read_uniprot_flat(save(text)))
    assert any(reject.field in ("FT", "MOTIF") for reject in rejects)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html></html>", "HTML"),
        (">P1\nMK\n", "FASTA"),
        ("", "empty"),
        ("a\tb\n1\t2\n", "no TSV of UniProt"),
        ('{"results": [{"a": 1}', "not valid JSON"),
        ('{"results": [1]}', "not valid JSON"),
        ('{"results": [{"a": tru}]}', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"a": ' * 100_000, "not valid JSON"),
        ("ID   X  Reviewed; 1 AA.\nAC   P00001;\n", "ends inside an entry"),
        ("ID   \n" * 3, "ends inside an entry"),
    ],
)
def test_what_is_no_file_of_uniprot_is_one_error(save, content, message):
    with pytest.raises(InputError, match=message):
        list(read_uniprot(save(content)))


def test_json_cut_off_in_the_middle(save, json_entry):
    text = json.dumps({"results": [json_entry(), json_entry()]})
    for share in (0.3, 0.7, 0.99):
        with pytest.raises(InputError, match="not valid JSON"):
            list(read_uniprot_json(save(text[: int(len(text) * share)])))


def test_json_larger_than_the_buffer(save, json_entry):
    entries = [json_entry(primaryAccession="P00001", note="x" * 700_000) for _ in range(6)]
    assert len(list(read_uniprot_json(save({"results": entries})))) == 6


def test_standard_input_needs_a_format():
    with pytest.raises(UsageError, match="must be named"):
        read_uniprot("-")
    with pytest.raises(UsageError, match="no such format"):
        read_uniprot("x", "xml")


def test_positions():
    assert parse_location("187..195") == ResidueSpan(187, 195)
    assert parse_location("273") == ResidueSpan(273, 273)


def test_locations_of_isoforms_and_topology():
    text = "[Isoform 2]: Cell membrane {ECO:1}; Single-pass membrane protein {ECO:2}. Nucleus {ECO:1, ECO:3}. Nucleus."
    assert parse_locations(text) == [("Cell membrane", ("ECO:1", "ECO:2")), ("Nucleus", ("ECO:1", "ECO:3"))]


def test_real_flat_files(shared_data):
    entries = {p.stem: only(read_uniprot(p)) for p in (shared_data / "uniprot_samples").glob("*.dat")}
    assert {name: len(entry.record.residues) for name, (entry, _) in entries.items()} == {
        "P03431": 757,
        "Q8IWB6": 1497,
        "Q8NDV7": 1962,
    }
    assert not any(rejects for _, rejects in entries.values())
    spans = [str(a.span) for a in entries["P03431"][0].annotations if a.identifier == "MOTIF"]
    assert spans == ["187-195", "203-216"]
    location = next(a for a in entries["P03431"][0].annotations if a.kind is AnnotationKind.LOCATION)
    assert location.evidence == ("ECO:0000255|HAMAP-Rule:MF_04065", "ECO:0000269|PubMed:19906916")


def test_real_tsv(shared_data):
    entries = list(read_uniprot(shared_data / "uniprot_samples/sample_uniprot.tsv"))
    assert [entry.accession for entry in entries] == ["Q8I1R6", "Q8IB24"]
    assert [(a.identifier, str(a.span)) for a in entries[0].annotations if a.span] == [("SIGNAL", "1-19")]


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\uDC00\\uD800", "x\\uD83D"])
def test_json_with_what_is_no_character(save, json_entry, text):
    content = json.dumps(json_entry(uniProtkbId="PLACE")).replace("PLACE", text)
    with pytest.raises(InputError, match="not valid JSON"):
        list(read_uniprot_json(save(content)))


def test_json_with_characters_beyond_the_basic_plane(save, json_entry):
    (entry,) = read_uniprot_json(save(json.dumps(json_entry(uniProtkbId="\U0001f9ec"))))
    assert entry.record.entry_name == "\U0001f9ec"


@pytest.mark.parametrize("number", ["x", -1, 10**12, None, 1.5, [1]])
def test_numbers_that_are_none(save, json_entry, number):
    changes = {"entryAudit": {"sequenceVersion": number}, "organism": {"taxonId": number, "scientificName": "H"}}
    (entry,) = read_uniprot_json(save(json_entry(**changes)))
    assert (entry.record.sequence_version, entry.record.taxon_id) == (None, None)


def test_endless_identifiers_are_refused(save, flat_text):
    entry, (refused,) = only(
        read_uniprot_flat(save(flat_text.replace("KW   Nucleus.", f"KW   {'x' * 256}; Membrane.")))
    )
    assert refused.field == "keyword"
    assert "longer than 255" in refused.reason
    assert [a.text for a in entry.annotations if a.kind is AnnotationKind.KEYWORD] == ["Membrane"]


def test_nul_in_a_text_format_is_one_error(save, flat_text, tsv_text):
    for text in (flat_text, tsv_text()):
        with pytest.raises(InputError, match="NUL"):
            list(read_uniprot(save(text.replace("Made-up", "Made\0up"), "nul")))


def test_an_entry_without_end_is_not_waited_for(save, flat_text, monkeypatch):
    monkeypatch.setattr(uniprot_flat, "MAXIMUM_ENTRY_LINES", 100)
    with pytest.raises(InputError, match="no end"):
        list(read_uniprot_flat(save(flat_text.replace("//\n", "") * 20)))


def test_an_entry_without_its_first_line(save, flat_text):
    first, refused = read_uniprot_flat(save(flat_text + flat_text.replace("ID   MADE_HUMAN", "XX   MADE_HUMAN")))
    assert first.accession == "P00001"
    assert (refused.field, refused.line) == ("ID", 1 + flat_text.count("\n"))


@pytest.mark.parametrize("gene", [{"orderedLocusNames": [{"value": "YAL1"}]}, {"orfNames": [{"value": "YAL1"}]}])
def test_genes_without_a_name(save, json_entry, gene):
    (entry,) = read_uniprot_json(save(json_entry(genes=[{}, gene])))
    assert entry.record.gene == "YAL1"
    (entry,) = read_uniprot_json(save(json_entry(genes=[])))
    assert entry.record.gene is None


def test_submitted_name_and_fragment_flag_of_json(save, json_entry):
    description = {"submissionNames": [{"fullName": {"value": "Submitted"}}], "flag": "Precursor, Fragment"}
    kind = "UniProtKB unreviewed (TrEMBL)"
    (entry,) = read_uniprot_json(save(json_entry(proteinDescription=description, entryType=kind)))
    assert (entry.record.protein_name, entry.record.fragment, entry.record.reviewed) == ("Submitted", True, False)


def test_go_terms_of_tsv_without_their_aspect(save, tsv_text, tsv_cells):
    del tsv_cells["Gene Ontology (cellular component)"]
    tsv_cells["Gene Ontology (GO)"] = "nucleus [GO:0005634]; nonsense"
    entry, (refused,) = only(read_uniprot_tsv(save(tsv_text(tsv_cells))))
    assert [(a.identifier, a.text) for a in entry.annotations if a.kind is AnnotationKind.GO] == [
        ("GO:0005634", "nucleus")
    ]
    assert "'nonsense' is no GO term" in refused.reason


def test_tsv_of_accessions_that_are_none(save, tsv_text, tsv_cells):
    tsv_cells["Entry"] = "nonsense"
    (refused,) = read_uniprot_tsv(save(tsv_text(tsv_cells)))
    assert (refused.line, refused.field) == (2, "accession")
    del tsv_cells["Sequence"]
    (refused,) = read_uniprot_tsv(save(tsv_text(tsv_cells)))
    assert (refused.line, refused.field) == (2, "Entry")
