"""Entries that a source no longer has: which are removed, and when all of them stay."""

from dataclasses import replace

import pytest

from nesdb_annot.errors import IncompleteError, InputError
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Reject, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store.references import load_entries
from nesdb_annot.store.runs import list_runs
from nesdb_annot.workflow.annotate import ingest_uniprot
from nesdb_annot.workflow.ingest import ingest_references

SITE = ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(3, 12), Sign.MOTIF)
ONE = ReferenceEntry("user:x", "1", "P1", "MKLALKLAGLDIKK", (SITE,))
TWO = ReferenceEntry("user:x", "2", "P2", "MKLALKLAGLDIKR", (SITE,))


def test_a_rejected_entry_stays(store):
    assert "2 new" in ingest_references(store, "user:x", [ONE, TWO]).sentences[-1]
    done = ingest_references(store, "user:x", [ONE, Reject("x.tsv", 3, "P2", "unreadable")])
    assert "nothing changed" in done.sentences[-1]
    assert len(done.rejects.all) == 1


def test_an_entry_that_its_source_no_longer_has_goes(store):
    entries = [replace(ONE, entry_id=str(number)) for number in range(10)]
    ingest_references(store, "user:x", entries)
    done = ingest_references(store, "user:x", entries[1:])
    assert "1 gone" in done.sentences[-1]
    assert done.problem is None


def test_a_source_that_would_lose_half_is_kept_and_named(store):
    ingest_references(store, "user:x", [ONE, TWO])
    done = ingest_references(store, "user:x", [ONE])
    assert isinstance(done.problem, IncompleteError)
    assert done.problem.what == "user:x would lose 1 of its 2 entries; the stored ones were kept"
    assert "--replace" in done.problem.remedy
    assert not done.changed
    assert "1 gone" in ingest_references(store, "user:x", [ONE], replace=True).sentences[-1]


def test_a_crawl_and_an_export_of_nesdb_are_two_sources(store):
    exported = [replace(ONE, source="nesdb", entry_id=str(number)) for number in range(10)]
    ingest_references(store, "nesdb", exported)
    done = ingest_references(store, "nesdb_site", [replace(ONE, source="nesdb_site")])
    assert (done.problem, done.sentences[-1]) == (None, "nesdb_site: 1 new, 0 changed, 0 gone, 0 unchanged entries")
    assert len(load_entries(store, sources=["nesdb"])) == 10


def test_equal_entry_counts_once_and_another_content_is_refused(store):
    other = replace(ONE, evidence=("LMB sensitive",))
    done = ingest_references(store, "user:x", [ONE, TWO, ONE, other])
    assert "2 new" in done.sentences[-1]
    assert done.rejects.merged == 1
    assert [one.reason for one in done.rejects.all] == ["entry 1 came before with other content"]
    stored = list_runs(store)[0].counts
    assert (stored["rejects"], stored["merged"]) == (1, 1)
    assert "entry 1 came before with other content" in stored["refused"][0]


def test_entries_that_are_all_refused_change_nothing(store):
    ingest_references(store, "user:x", [ONE])
    with pytest.raises(InputError, match="every record of user:x was refused: 1"):
        ingest_references(store, "user:x", [Reject("x.tsv", 2, "P1", "unreadable")])
    assert [entry.entry_id for entry in load_entries(store, sources=["user:x"])] == ["1"]


def test_uniprot_entry_that_comes_twice_counts_once(store, tmp_path):
    path = tmp_path / "entries.tsv"
    rows = ["P12345\tNucleus", "P12345\tNucleus", "Q12345\tNucleus", "Q12345\tCytoplasm"]
    path.write_text("\n".join(["Entry\tKeywords", *rows]) + "\n")
    done = ingest_uniprot(store, str(path), kind="tsv")
    assert "2 proteins" in done.sentences[0]
    assert done.rejects.merged == 1
    assert [(one.accession, one.reason) for one in done.rejects.all] == [
        ("Q12345", "other content than before under the same accession")
    ]
