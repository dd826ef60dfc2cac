"""The ten kinds of change, from files on the command line to what `nesannot changes` and ``release_change`` say."""

import json
import random

import pytest

from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.schema.changes import ChangeKind

pytestmark = pytest.mark.xdist_group("score")

DRAW = random.Random(29)
SEQUENCES = ["".join(DRAW.choices("ADEGHKNPQRSTVLIC", k=60)) + "LALKLAGLDI" for _ in range(12)]


def fasta(*proteins):
    """Entries as UniProt's FASTA has them, from (accession, sequence, facts)."""
    lines = []
    for accession, residues, facts in proteins:
        told = {"db": "sp", "sv": 1, "gene": accession[:3], "name": "Protein", **facts}
        tail = "" if "-" in accession else f" PE=1 SV={told['sv']}"
        title = f"{told['db']}|{accession}|{accession[:6]}_TEST {told['name']} OS=Test OX=1 GN={told['gene']}{tail}"
        lines.append(f">{title}\n{residues}\n")
    return "".join(lines)


BEFORE = fasta(
    ("P00001", SEQUENCES[0], {}),  # gets another sequence
    ("P00002", SEQUENCES[1], {}),  # merged into P00012
    ("P00003", SEQUENCES[2], {}),  # demerged into P00013 and P00014
    ("P00004", SEQUENCES[3], {}),  # deleted
    ("P00005", SEQUENCES[4], {"db": "tr"}),  # moved to Swiss-Prot
    ("P00006", SEQUENCES[5], {"gene": "OLD1"}),  # another gene name
    ("P00007", SEQUENCES[6], {}),  # its second isoform becomes canonical
    ("P00007-2", SEQUENCES[7], {}),
    ("P00008", SEQUENCES[8], {}),  # as it was
)
AFTER = fasta(
    ("P00001", SEQUENCES[0] + "SSG", {"sv": 2}),
    ("P00012", SEQUENCES[1], {}),
    ("P00013", SEQUENCES[2], {}),
    ("P00014", SEQUENCES[2], {}),
    ("P00005", SEQUENCES[4], {}),
    ("P00006", SEQUENCES[5], {"gene": "NEW1"}),
    ("P00007", SEQUENCES[7], {"sv": 2}),
    ("P00007-1", SEQUENCES[6], {}),
    ("P00007-2", SEQUENCES[7], {}),
    ("P00008", SEQUENCES[8], {}),
    ("P00009", SEQUENCES[9], {}),  # new
)
WANTED = {
    ("deleted", "P00004"),
    ("demerged", "P00003"),
    ("isoform_switch", "P00007"),
    ("merged", "P00002"),
    ("metadata", "P00006"),
    ("moved", "P00005"),
    ("new", "P00009"),
    ("new", "P00012"),
    ("new", "P00013"),
    ("new", "P00014"),
    ("new", "P00007-1"),
    ("new_sequence_version", "P00001"),
}


@pytest.fixture
def call(invoke):
    """Run a command that must end well; gives what it says."""

    def call(*words):
        done = invoke(*words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.output

    return call


def ingest(call, tmp_path, release, released, text):
    path = tmp_path / f"{release}.fasta"
    path.write_text(text)
    return call(
        *("ingest", "proteome", str(path), "--upid", "UP000000001"), *("--release", release, "--released", released)
    )


def entries(tmp_path, *spans):
    """A file of one UniProt entry with NES motifs."""
    motifs = [
        {
            "type": "Motif",
            "location": {"start": {"value": first}, "end": {"value": last}},
            "description": "Nuclear export signal",
            "evidences": [{"evidenceCode": "ECO:0000269"}],
        }
        for first, last in spans
    ]
    entry = {
        "entryType": "UniProtKB reviewed (Swiss-Prot)",
        "primaryAccession": "P00008",
        "entryAudit": {"sequenceVersion": 1, "entryVersion": 7},
        "sequence": {"value": SEQUENCES[8]},
        "features": motifs,
    }
    path = tmp_path / "entries.json"
    path.write_text(json.dumps({"results": [entry]}))
    return str(path)


def test_all_ten_kinds_are_recorded_computed_and_told(call, store, tmp_path):
    ingest(call, tmp_path, "r1", "2026-01-28", BEFORE)
    call("score", "UP000000001", "--workers", "1")
    call("rank", "UP000000001", "--top", "1")
    call("ingest", "uniprot", entries(tmp_path, (61, 70)))
    assert "gone: 1 merged, 1 demerged, 1 deleted" in ingest(call, tmp_path, "r2", "2026-06-10", AFTER)
    assert "2 sequences embedded and scored, 7 re-scored" in call("reannotate"), "P00001, P00009; a motif is new"
    call("ingest", "uniprot", entries(tmp_path, (61, 70), (2, 11)))
    again = call("reannotate")
    assert "0 sequences embedded and scored, 9 re-scored" in again
    assert "everything is current; nothing was computed" in call("reannotate")

    out = tmp_path / "changes.jsonl"
    call("changes", "UP000000001", "--proteins", "--format", "jsonl", "-o", str(out))
    told = [json.loads(line) for line in out.read_text().splitlines()[1:]]
    assert {(row["kind"], row["accession"]) for row in told if row["kind"] != "pipeline"} == WANTED
    assert [row["release"] for row in told if row["kind"] == "pipeline"] == ["r2", "r2"], "each motif changed the heads"
    (curated,) = [line for line in call("changes", "--references").splitlines() if "motif_curation" in line]
    assert curated.split()[:4] == ["motif_curation", "P00008", "uniprot", "P00008"]
    assert "2-11 (functional signal)" in curated
    stored = run_sql(store, "select distinct kind from release_change").rows
    assert {kind for (kind,) in stored} == {kind.value for kind in ChangeKind}
    causes = run_sql(store, "select distinct cause, outcome from candidate_change").rows
    assert {("deleted", "lost"), ("new", "gained"), ("merged", "moved")} <= set(map(tuple, causes))
    assert "new sequence version" in call("changes", "UP000000001", "--top", "0")


def test_a_change_of_the_pipeline_is_told_where_there_is_one_release(call, tmp_path):
    ingest(call, tmp_path, "r1", "2026-01-28", BEFORE)
    call("score", "UP000000001", "--workers", "1")
    call("rank", "UP000000001", "--top", "1")
    call("ingest", "uniprot", entries(tmp_path, (61, 70)))
    assert call("changes") == ""
    call("ingest", "uniprot", entries(tmp_path, (2, 11)))
    call("reannotate")
    assert "UP000000001, r1: 1 pipeline" in call("changes", "UP000000001", "--proteins")
    assert "UP000000001, r1: 1 pipeline" in call("changes")


@pytest.mark.parametrize("words", [("UP000000001",), ("--proteins",), ("--format", "tsv")])
def test_references_go_alone(store, invoke, words):
    done = invoke("changes", "--references", *words)
    assert done.exception.exit_code == 2
    assert done.exception.what in ("--references goes alone", "which proteome?")
