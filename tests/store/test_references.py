"""References, annotations, head sets and runs: what is said again changes nothing, and every row knows its run."""

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import text

from nesdb_annot.errors import InputError, NesannotError
from nesdb_annot.records import Annotation, AnnotationKind, ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store import runs
from nesdb_annot.store.annotations import replace_annotations, stated_stretches
from nesdb_annot.store.head_sets import head_sets_of, load_payload, save_head_set
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
from nesdb_annot.store.references import ingest_entries, load_entries
from nesdb_annot.store.runs import finish_run, list_runs, report_run, run, start_run


@pytest.fixture
def run_id(store):
    return start_run(store, "ingest", {})


@pytest.fixture
def entries(make):
    def site(first, last, sign=Sign.MOTIF, kind=SiteKind.FUNCTIONAL_SIGNAL, note=""):
        return ReferenceSite(kind, ResidueSpan(first, last), sign, note)

    rich = ReferenceEntry(
        "nesdb",
        "1",
        "P04637",
        make.residues(1),
        (site(3, 12), site(20, 20, Sign.DOUBTFUL, SiteKind.EXPORT_MUTATION, "L20A")),
        doubtful=True,
        sequence_version=4,
        protein_name="p53",
        gene="TP53",
        organism="Homo sapiens",
        evidence=("LMB Sensitive", "Binds CRM1"),
        citations=("PMID:1", "doi:10/x"),
    )
    return [
        rich,
        ReferenceEntry("nesdb", "2", "Q1", make.residues(2), (site(1, 9),)),
        ReferenceEntry("nesdb", "10", "Q2", make.residues(2), ()),
        ReferenceEntry("nesdb", "3", "Q3", make.residues(3), (site(5, 9),)),
    ]


def test_entries_read_back_as_they_were_given(store, entries, run_id):
    report = ingest_entries(store, "nesdb", entries, run_id)
    assert (report.new, report.changed, report.unchanged, report.gone, report.total) == (4, 0, 0, 0, 4)
    assert report.shared_sequences == [("10", "2")]
    assert sorted(load_entries(store), key=lambda e: e.entry_id) == sorted(entries, key=lambda e: e.entry_id)
    assert load_entries(store, sources=["uniprot"]) == []
    assert load_entries(store, "NLS") == []
    assert len(load_entries(store, sources=["nesdb", "uniprot"])) == 4


def test_the_same_again_changes_nothing(store, entries, run_id):
    ingest_entries(store, "nesdb", entries, run_id)
    later = start_run(store, "ingest", {})
    report = ingest_entries(store, "nesdb", iter(entries), later)
    assert (report.new, report.changed, report.unchanged, report.gone) == (0, 0, 4, 0)
    with store.transaction() as connection:
        assert connection.execute(text("SELECT DISTINCT run_id FROM nesannot.reference_entry")).scalars().all() == [
            run_id
        ]


def test_changes_are_told_apart(store, entries, run_id):
    ingest_entries(store, "nesdb", entries, run_id)
    later = start_run(store, "ingest", {})
    moved = replace(entries[1], sites=(ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(2, 9), Sign.NON_MOTIF),))
    fresh = replace(entries[1], entry_id="99")
    report = ingest_entries(store, "nesdb", [entries[0], moved, fresh], later, replace=True)
    assert (report.new, report.changed, report.unchanged, report.gone) == (1, 1, 1, 2)
    assert {e.entry_id for e in load_entries(store)} == {"1", "2", "99"}
    assert next(e for e in load_entries(store) if e.entry_id == "2") == moved
    part = ingest_entries(store, "nesdb", [entries[3]], later, complete=False)
    assert (part.new, part.gone) == (1, 0)


def test_a_source_that_would_lose_more_than_a_tenth_stays(store, make, run_id):
    site = (ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(2, 9), Sign.MOTIF),)
    entries = [ReferenceEntry("nesdb", str(n), f"P{n}", make.residues(n), site) for n in range(10, 30)]
    ingest_entries(store, "nesdb", entries, run_id)
    moved = replace(entries[3], sites=())
    report = ingest_entries(store, "nesdb", [moved, *entries[4:]], run_id)
    assert (report.new, report.changed, report.gone, report.missing) == (0, 0, 0, ("10", "11", "12"))
    assert report.unchanged == 20
    assert sorted(load_entries(store), key=lambda e: e.entry_id) == entries, "the changed entry stays, too"
    without = ingest_entries(store, "nesdb", [], run_id, complete=False, without=["10", "11", "12"])
    assert without.missing == ("10", "11", "12")
    assert ingest_entries(store, "nesdb", entries[2:], run_id).gone == 2
    assert ingest_entries(store, "nesdb", entries[19:], run_id, replace=True).gone == 17


def test_sources_do_not_disturb_each_other(store, entries, run_id):
    ingest_entries(store, "nesdb", entries, run_id)
    ingest_entries(store, "user:mine", [replace(entries[0], source="user:mine")], run_id)
    ingest_entries(store, "user:mine", [], run_id, replace=True)
    assert len(load_entries(store)) == 4
    with pytest.raises(InputError, match="is of source 'nesdb', not 'uniprot'"):
        ingest_entries(store, "uniprot", entries, run_id)
    with pytest.raises(InputError, match="two entries of nesdb"):
        ingest_entries(store, "nesdb", [entries[0], entries[0]], run_id)


def test_reference_sites_are_shown_with_their_peptides(store, entries, run_id):
    ingest_entries(store, "nesdb", entries, run_id)
    with store.transaction() as connection:
        row = connection.execute(
            text("SELECT peptide, evidence, gene FROM nes.reference_nes WHERE entry_id = '1' AND sign = 'motif'")
        ).one()
    assert row == (entries[0].residues[2:12], ["LMB Sensitive", "Binds CRM1"], "TP53")


NUCLEUS = Annotation("P1", AnnotationKind.LOCATION, "SL-0191", "Nucleus", evidence=("ECO:0000269|PubMed:1",))
MOTIF = Annotation("P1", AnnotationKind.FEATURE, "MOTIF", "Nuclear export signal", ResidueSpan(5, 14))


def test_annotations_are_replaced_for_each_protein_given(store, run_id):
    counts = replace_annotations(
        store, [("P1", [NUCLEUS, MOTIF]), ("P2", [replace(NUCLEUS, accession="P2")])], run_id, chunk=1
    )
    assert (counts.proteins, counts.added, counts.removed) == (2, 3, 0)
    again = replace_annotations(store, [("P1", [MOTIF, NUCLEUS])], run_id)
    assert (again.added, again.removed) == (0, 0)
    fewer = replace_annotations(store, [("P1", [MOTIF])], run_id)
    assert (fewer.added, fewer.removed) == (0, 1)
    none = replace_annotations(store, [("P1", [])], run_id)
    assert none.removed == 1
    with store.transaction() as connection:
        left = connection.execute(
            text("SELECT accession, identifier, text, first_residue, evidence FROM nes.annotation")
        ).all()
    assert [tuple(row) for row in left] == [("P2", "SL-0191", "Nucleus", None, ["ECO:0000269|PubMed:1"])]


def test_stated_stretches_follow_the_newest_sequence(store, make, run_id):
    def feature(accession, key, first, last):
        return Annotation(accession, AnnotationKind.FEATURE, key, "", ResidueSpan(first, last))

    def take(number, sequences):
        records = [make.protein(accession, residues) for accession, residues in sequences.items()]
        ingest_release(store, ProteomeKey("UPX"), make.release(number), records, run_id)

    old, new, other = make.residues(1), make.residues(2), make.residues(3)
    take(0, {"P1": old, "P2": other})
    take(9, {"P1": new, "P2": other})
    stated = [feature("P1", "TRANSMEM", 3, 20), feature("P1", "SIGNAL", 1, 9), feature("P1", "COILED", 5, 10**6)]
    replace_annotations(store, [("P1", [*stated, MOTIF, NUCLEUS]), ("P9", [feature("P9", "SIGNAL", 1, 5)])], run_id)
    digest = hashlib.sha256(new.encode()).hexdigest()
    found = stated_stretches(store, ("SIGNAL", "TRANSMEM", "COILED"))
    assert found == {digest: (("SIGNAL", 1, 9), ("TRANSMEM", 3, 20))}


def test_a_head_set_in_use_is_the_one_saved_last(store, make, run_id):
    model = make.MODEL
    assert head_sets_of(store, model.digest) == []
    told = {"language_model": model, "references_digest": "r" * 64, "run_id": run_id}
    save_head_set(store, b"one" * 1000, name="one", digest="1" * 64, **told)
    save_head_set(store, b"two", name="two", digest="2" * 64, **told)
    assert head_sets_of(store, model.digest) == ["2" * 64, "1" * 64]
    save_head_set(store, b"one" * 1000, name="one", digest="1" * 64, **told)
    assert head_sets_of(store, model.digest) == ["1" * 64, "2" * 64]
    assert load_payload(store, "1" * 64) == b"one" * 1000
    assert head_sets_of(store, replace(model, layer=5).digest) == []


def test_a_run_tells_what_it_did_and_with_what(store):
    with run(
        store, "score", {"model": "tiny", "database_url": "postgresql://u:canary@h", "api_token": "canary"}, "cpu"
    ) as (key, counts):
        report_run(store, key, {"residues": 50, "residues_total": 100})
        assert list_runs(store)[0].status == "running"
        counts["residues"] = 100
    found = list_runs(store)[0]
    assert (found.id, found.kind, found.status, found.device, found.error) == (key, "score", "done", "cpu", "")
    assert found.counts == {"residues": 100, "residues_total": 100}
    assert found.settings == {"model": "tiny"}
    assert {"nesdb-annot", "python", "postgres", "torch"} <= found.software.keys()
    assert found.finished_at >= found.started_at
    with store.transaction() as connection:
        row = connection.execute(
            text("SELECT status, residues, residues_total, seconds_left FROM nes.run_progress")
        ).one()
    assert row == ("done", 100, 100, None)


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (KeyboardInterrupt(), "stopped"),
        (SystemExit(143), "stopped"),
        (ValueError("bad"), "failed"),
        (InputError("x", why="y"), "failed"),
    ],
)
def test_a_run_that_is_left_by_an_error_says_so(store, raised, status):
    with pytest.raises(type(raised)), run(store, "score", {}) as (_, counts):
        counts["sequences"] = 3
        raise raised
    found = list_runs(store)[0]
    assert (found.status, found.counts) == (status, {"sequences": 3})
    assert found.finished_at is not None
    if isinstance(raised, NesannotError):
        assert "why: y" in found.error


def test_progress_is_estimated_while_a_run_lasts(store):
    with run(store, "score", {}) as (key, _):
        report_run(store, key, {"residues": 1, "residues_total": 4})
        with store.transaction() as connection:
            left, speed = connection.execute(
                text("SELECT seconds_left, residues_per_second FROM nes.run_progress")
            ).one()
        assert left is not None
        assert speed > 0
    with pytest.raises(ValueError, match="lost"):
        finish_run(store, key, "lost", {})


def test_a_run_whose_end_cannot_be_recorded_keeps_its_own_error(store, monkeypatch):
    def gone(*_, **__):
        raise NesannotError("no database")

    monkeypatch.setattr(runs, "finish_run", gone)
    with pytest.raises(ValueError, match="first") as raised, run(store, "score", {}):
        raise ValueError("first")
    assert "could not be recorded: no database" in raised.value.__notes__[0]


def test_the_commit_is_read_without_starting_a_program(monkeypatch):
    runs.git_commit.cache_clear()
    monkeypatch.setattr(os, "fork", None, raising=False)
    commit = runs.git_commit()
    assert commit == "" or (len(commit) == 40 and int(commit, 16))


INGEST = """
import sys, os
from datetime import date
from nesdb_annot.records import ProteinRecord, Release
from nesdb_annot.settings import Settings
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
from nesdb_annot.store.runs import run
import random
def proteins():
    rng = random.Random(1)
    for n in range(3000):
        if n == 200: print("go", flush=True)
        yield ProteinRecord(f"P{n}", "".join(rng.choices("ACDEFGHIKLMNPQRSTVWY", k=80)), f"h{n}")
with open_store(Settings(database_url=os.environ["URL"])) as store, run(store, "ingest", {}) as (run_id, _):
    release = Release("r", date(2025, 1, 1))
    print(ingest_release(store, ProteomeKey("UPX"), release, proteins(), run_id, chunk=100).total)
"""


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.15, 0.3])
def test_a_killed_ingest_leaves_no_half_release_and_can_be_run_again(store, settings, after_s):
    def listed():
        with store.transaction() as connection:
            members = connection.execute(
                text("SELECT accession, sequence_sha256 FROM nes.release_membership ORDER BY 1")
            ).all()
            staged = connection.execute(
                text("SELECT count(*) FROM pg_class WHERE relname LIKE 'staged%' OR relname = 'incoming'")
            ).scalar()
        return [tuple(row) for row in members], staged

    command = [sys.executable, "-c", INGEST]
    environment = os.environ | {"URL": settings.database_url}
    victim = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert victim.stdout.readline() == "go\n"
    try:
        victim.wait(after_s)
    except subprocess.TimeoutExpired:
        victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    members, _ = listed()
    assert len(members) in (0, 3000), "all of it or nothing"
    subprocess.run(command, env=environment, check=True, capture_output=True)
    members, staged = listed()
    assert len(members) == 3000
    assert staged == 0
