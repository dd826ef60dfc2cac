"""An entry that is refused this time is not taken to be gone from its source."""

from nesdb_annot.records import ReferenceEntry, ReferenceSite, Reject, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
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
    ingest_references(store, "user:x", [ONE, TWO])
    assert "1 gone" in ingest_references(store, "user:x", [ONE]).sentences[-1]
