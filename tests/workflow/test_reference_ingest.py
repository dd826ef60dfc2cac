"""Entries that a source no longer has: which are removed, and when all of them stay."""

from dataclasses import replace

from nesdb_annot.errors import IncompleteError
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Reject, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store.references import load_entries
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
