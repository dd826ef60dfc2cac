"""`nesannot changes` and `nesannot reannotate` as a user calls them."""

import json
from datetime import date

import pytest

from nesdb_annot.records import ProteinRecord, Release
from nesdb_annot.store.locks import only_one
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
from nesdb_annot.store.runs import start_run
from nesdb_annot.workflow.reannotate import LOCK


@pytest.fixture
def two_releases(store):
    run_id = start_run(store, "ingest", {})
    for number, residues in enumerate(("MKL", "MKLV", "MKLVA")):
        proteins = [ProteinRecord("P12345", residues), ProteinRecord(f"Q{number}AAA1", "MMMM" + "A" * number)]
        release = Release(f"r{number}", date(2020, 1, 1 + number))
        ingest_release(store, ProteomeKey("mine"), release, proteins, run_id)


def test_changes_are_counted_by_kind(invoke, two_releases):
    done = invoke("changes", "mine")
    assert done.exit_code == 0, done.output
    assert "mine, r1 to r2: 1 deleted, 1 new, 1 new sequence version" in done.output
    assert "candidates: 0 gained, 0 lost, 0 moved" in done.output
    assert (
        "mine, r0 to r2: 2 deleted, 2 new, 2 new sequence version" in invoke("changes", "mine", "--from", "r0").output
    )
    assert "mine, r0 to r1" in invoke("changes", "--proteins", "mine", "--to", "r1").output
    assert "mine, r1 to r2" in invoke("changes").output


def test_proteins_as_a_file(invoke, two_releases, tmp_path):
    path = tmp_path / "changes.jsonl"
    done = invoke("changes", "mine", "--proteins", "--format", "jsonl", "-o", str(path))
    assert done.exit_code == 0, done.output
    head, *lines = map(json.loads, path.read_text().splitlines())
    assert (head["schema"], head["from"], head["to"]) == ("nesannot.release_changes/1", "r1", "r2")
    assert [(line["kind"], line["accession"]) for line in lines] == [
        ("deleted", "Q1AAA1"),
        ("new", "Q2AAA1"),
        ("new_sequence_version", "P12345"),
    ]
    path = tmp_path / "changes.tsv"
    assert invoke("changes", "mine", "--format", "tsv", "-o", str(path)).exit_code == 0
    assert path.read_text().splitlines()[-1].startswith("proteome\tprevious_release\trelease\toutcome\tcause")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mine", "--from", "r2", "--to", "r1"), "r2 is not older than r1"),
        (("mine", "--to", "r0"), "there is no release before r0"),
        (("mine", "--to", "r9"), "no release 'r9' of mine"),
        (("yours",), "no proteome 'yours'"),
        (("--from", "r1"), "which proteome?"),
        (("mine", "--format", "xml"), "no such format: 'xml'"),
        (("mine", "-o", "x"), "a table goes to the terminal only"),
    ],
)
def test_what_cannot_be_is_said(invoke, two_releases, words, told):
    done = invoke("changes", *words)
    assert told in str(done.exception)
    assert done.exception.exit_code == 2


def test_reannotate_with_nothing_to_do(invoke, store):
    done = invoke("reannotate")
    assert done.exit_code == 0, done.output
    assert "offline: UniProt is not asked" in done.output
    assert "everything is current; nothing was computed" in done.output


def test_reannotate_beside_another_says_so_and_exits_0(invoke, store):
    with only_one(store, LOCK):
        done = invoke("reannotate")
    assert done.exit_code == 0
    assert "a re-annotation is under way already; nothing was done" in done.output
