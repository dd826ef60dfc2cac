"""A UniProtKB entry, made up, in the three formats that UniProt gives entries in."""

import json

import pytest

RESIDUES = "MSDKE" * 4 + "LALKLAGLDI" + "NKTGS" * 10
NES_TEXT = "Nuclear export signal 1"


def evidence(code, number=None):
    return {"evidenceCode": code} | ({"source": "PubMed", "id": number} if number else {})


def json_feature(kind, first, last, description="", evidences=(), **extra):
    ends = {"start": {"value": first, "modifier": "EXACT"}, "end": {"value": last, "modifier": "EXACT"}}
    return {"type": kind, "location": ends | extra, "description": description, "evidences": list(evidences)}


def make_json_entry(**changes):
    return {
        "entryType": "UniProtKB reviewed (Swiss-Prot)",
        "primaryAccession": "P00001",
        "uniProtkbId": "MADE_HUMAN",
        "entryAudit": {"sequenceVersion": 2, "entryVersion": 9},
        "organism": {"scientificName": "Homo sapiens", "commonName": "Human", "taxonId": 9606},
        "proteinExistence": "1: Evidence at protein level",
        "proteinDescription": {"recommendedName": {"fullName": {"value": "Made-up protein"}}},
        "genes": [{"geneName": {"value": "MADE"}}],
        "comments": [
            {"commentType": "FUNCTION", "texts": [{"value": "None."}]},
            {
                "commentType": "SUBCELLULAR LOCATION",
                "subcellularLocations": [
                    {"location": {"value": "Nucleus", "id": "SL-0191", "evidences": [evidence("ECO:0000269", "111")]}},
                    {"location": {"value": "Cytoplasm", "id": "SL-0086"}},
                ],
            },
        ],
        "features": [
            json_feature("Chain", 1, 80),
            json_feature("Motif", 21, 30, NES_TEXT, [evidence("ECO:0000269", "222")]),
            json_feature("Motif", 1, 5, "Nuclear localization signal", [evidence("ECO:0000255")]),
            json_feature("Coiled coil", 31, 50),
        ],
        "keywords": [{"id": "KW-0539", "category": "Cellular component", "name": "Nucleus"}],
        "uniProtKBCrossReferences": [
            {"database": "PDB", "id": "1ABC"},
            {
                "database": "GO",
                "id": "GO:0005634",
                "properties": [
                    {"key": "GoTerm", "value": "C:nucleus"},
                    {"key": "GoEvidenceType", "value": "IDA:UniProtKB"},
                ],
            },
        ],
        "sequence": {"value": RESIDUES, "length": 80},
    } | changes


FLAT = f"""ID   MADE_HUMAN              Reviewed;          80 AA.
AC   P00001; Q00002;
DT   25-JUL-2006, integrated into UniProtKB/Swiss-Prot.
DT   25-JUL-2006, sequence version 2.
DT   22-APR-2020, entry version 9.
DE   RecName: Full=Made-up protein {{ECO:0000303|PubMed:1}};
DE   AltName: Full=Other name;
GN   Name=MADE {{ECO:0000303|PubMed:1}}; Synonyms=OTHER;
OS   Homo sapiens.
OX   NCBI_TaxID=9606;
CC   -!- FUNCTION: None.
CC   -!- SUBCELLULAR LOCATION: Nucleus {{ECO:0000269|PubMed:111}}. Cytoplasm.
CC       Note=Shuttles. Often.
CC   -!- SIMILARITY: None.
DR   PDB; 1ABC; X-ray; 2.00 A; A=1-80.
DR   GO; GO:0005634; C:nucleus; IDA:UniProtKB.
PE   1: Evidence at protein level;
KW   Nucleus.
FT   CHAIN           1..80
FT                   /note="Made-up protein"
FT   MOTIF           21..30
FT                   /note="Nuclear export
FT                   signal 1"
FT                   /evidence="ECO:0000269|PubMed:222"
FT   MOTIF           1..5
FT                   /note="Nuclear localization signal"
FT                   /evidence="ECO:0000255"
FT   COILED          31..50
SQ   SEQUENCE   80 AA;  8000 MW;  0000000000000000 CRC64;
     {RESIDUES[:10]} {RESIDUES[10:20]} {RESIDUES[20:30]}
     {RESIDUES[30:]}
//
"""

TSV_CELLS = {
    "Entry": "P00001",
    "Entry Name": "MADE_HUMAN",
    "Reviewed": "reviewed",
    "Protein names": "Made-up protein",
    "Gene Names (primary)": "MADE",
    "Organism": "Homo sapiens",
    "Organism (ID)": "9606",
    "Protein existence": "Evidence at protein level",
    "Sequence version": "2",
    "Motif": 'MOTIF 21..30; /note="Nuclear export signal 1"; /evidence="ECO:0000269|PubMed:222"; '
    'MOTIF 1..5; /note="Nuclear localization signal"; /evidence="ECO:0000255"',
    "Signal peptide": "",
    "Transmembrane": "",
    "Coiled coil": "COILED 31..50",
    "Keywords": "Nucleus",
    "Keyword ID": "KW-0539",
    "Gene Ontology (cellular component)": "nucleus [GO:0005634]",
    "Subcellular location [CC]": "SUBCELLULAR LOCATION: Nucleus {ECO:0000269|PubMed:111}. Cytoplasm. "
    "Note=Shuttles. Often.",
    "Sequence": RESIDUES,
}


def make_tsv(*rows):
    rows = rows or (TSV_CELLS,)
    quoted = [{k: '"' + v.replace('"', '""') + '"' if '"' in v else v for k, v in row.items()} for row in rows]
    return "\n".join(["\t".join(rows[0]), *("\t".join(row.values()) for row in quoted), ""])


@pytest.fixture
def residues():
    return RESIDUES


@pytest.fixture
def json_entry():
    """Makes an entry as REST JSON, with changes."""
    return make_json_entry


@pytest.fixture
def json_feature_of():
    """Makes a feature as REST JSON."""
    return json_feature


@pytest.fixture
def flat_text():
    return FLAT


@pytest.fixture
def tsv_text():
    """Makes a REST TSV."""
    return make_tsv


@pytest.fixture
def tsv_cells():
    return dict(TSV_CELLS)


@pytest.fixture(scope="session")
def uniprot_texts():
    """Two entries in each format."""
    entries = [make_json_entry(), make_json_entry(primaryAccession="P00002")]
    return {"json": json.dumps({"results": entries}), "flat": FLAT * 2, "tsv": make_tsv(TSV_CELLS, TSV_CELLS)}
