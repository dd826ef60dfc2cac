"""Experimentally studied sites: what a source says now, compared with what it said before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection

from ..errors import InputError
from ..records import NES, ReferenceEntry, ReferenceSite, Sign, SiteKind
from ..residues import ResidueSpan
from .bulk import add_sequences
from .changes import record_curation
from .engine import Store
from .queries import execute

LARGEST_LOSS = 0.1
"""Share of its entries that a source may lose at once: a broken file or site looks like a source that lost most."""


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What an ingest of references found.

    Attributes:
        new: entries that the source did not have before.
        changed: entries that it states otherwise than before.
        unchanged: entries as before.
        gone: entries that it no longer has; they are removed.
        missing: identifiers of the entries that it no longer has, if they are too many (`LARGEST_LOSS`): then nothing
            was written.
        shared_sequences: identifiers of entries that have one sequence, for each such sequence.
    """

    new: int
    changed: int
    unchanged: int
    gone: int
    shared_sequences: list[tuple[str, ...]]
    missing: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Entries that the source has now."""
        return self.new + self.changed + self.unchanged


def ingest_entries(
    store: Store,
    source: str,
    entries: Iterable[ReferenceEntry],
    run_id: int,
    *,
    complete: bool = True,
    without: Collection[str] = (),
    replace: bool = False,
) -> ReferenceReport:
    """Make the stored entries of `source` equal to the given ones, in one transaction.

    A source that would lose more than `LARGEST_LOSS` of its entries keeps all of them as they are.

    Motifs that are added, changed or removed are recorded as changes, unless the source had no entry before.

    Args:
        store: where to.
        source: ``nesdb``, ``nesdb_site``, ``uniprot``, ``bundled``, or ``user:NAME``.
        entries: all entries of the source; of one motif or several.
        run_id: recorded with entries that are new or changed.
        complete: False if the source may have more entries than those given: then none is taken to be gone.
        without: identifiers of entries that `source` states to have no motif (any more), complete or not.
        replace: accept the loss of any number of entries.

    Raises:
        InputError: if an entry is of another source, or two have one identifier.
    """
    given, stated = _by_key(source, entries), frozenset(without)
    with store.transaction() as connection:
        motifs = {motif for motif, _ in given} or {NES}
        stored = {(motif, entry.entry_id): entry for motif in motifs for entry in _load(connection, motif, [source])}
        new = given.keys() - stored.keys()
        changed = {key for key in given.keys() & stored.keys() if _facts(given[key]) != _facts(stored[key])}
        gone = {key for key in stored.keys() - given.keys() if complete or key[1] in stated}
        if len(gone) > LARGEST_LOSS * len(stored) and not replace:
            missing = tuple(sorted(entry_id for _, entry_id in gone))
            return ReferenceReport(0, 0, len(stored), 0, [], missing)
        add_sequences(connection, {given[key].digest: given[key].residues for key in new | changed})
        for key in sorted(new | changed):
            _write(connection, given[key], run_id)
        # The first entries of a public source are where its history begins; one's own are news from the first on.
        for key in sorted(new | changed | gone) if stored or source.startswith("user:") else ():
            record_curation(connection, stored.get(key), given.get(key), run_id)
        for motif in motifs:
            execute(
                connection,
                "forget_references",
                motif=motif,
                source=source,
                entry_ids=[entry_id for key_motif, entry_id in gone if key_motif == motif],
            )
    unchanged = len(given) - len(new) - len(changed)
    return ReferenceReport(len(new), len(changed), unchanged, len(gone), shared_sequences(given.values()))


def load_entries(store: Store, motif: str = NES, sources: Sequence[str] | None = None) -> list[ReferenceEntry]:
    """Reference entries of a motif, of all sources or of some, by source and identifier."""
    with store.transaction() as connection:
        return _load(connection, motif, sources)


def shared_sequences(entries: Iterable[ReferenceEntry]) -> list[tuple[str, ...]]:
    """Identifiers of entries that have one sequence, for each sequence that several have."""
    by_digest: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        by_digest[entry.digest].append(entry.entry_id)
    return sorted(tuple(sorted(ids)) for ids in by_digest.values() if len(ids) > 1)


def _by_key(source: str, entries: Iterable[ReferenceEntry]) -> dict[tuple[str, str], ReferenceEntry]:
    found: dict[tuple[str, str], ReferenceEntry] = {}
    for entry in entries:
        key = (entry.motif, entry.entry_id)
        if entry.source != source:
            raise InputError(f"entry {entry.entry_id} is of source {entry.source!r}, not {source!r}")
        if key in found:
            raise InputError(f"two entries of {source} have the identifier {entry.entry_id}")
        found[key] = entry
    return found


def _facts(entry: ReferenceEntry) -> tuple[object, ...]:
    return tuple(getattr(entry, field.name) for field in fields(ReferenceEntry))


def _load(connection: Connection, motif: str, sources: Sequence[str] | None) -> list[ReferenceEntry]:
    wanted = None if sources is None else list(sources)
    rows = execute(connection, "load_references", motif=motif, sources=wanted).mappings().all()
    sites: defaultdict[int, list[ReferenceSite]] = defaultdict(list)
    for row in execute(connection, "load_reference_sites", entries=[row["id"] for row in rows]):
        span = ResidueSpan(row.first_residue, row.last_residue)
        sites[row.reference_entry_id].append(ReferenceSite(SiteKind(row.kind), span, Sign(row.sign), row.note))
    return [_entry(dict(row), tuple(sites[row["id"]])) for row in rows]


def _entry(row: dict[str, Any], sites: tuple[ReferenceSite, ...]) -> ReferenceEntry:
    del row["id"]
    evidence, citations = tuple(row.pop("evidence")), tuple(row.pop("citations"))
    return ReferenceEntry(**row, sites=sites, evidence=evidence, citations=citations)


def _write(connection: Connection, entry: ReferenceEntry, run_id: int) -> None:
    facts = {field.name: getattr(entry, field.name) for field in fields(ReferenceEntry)} | {
        "digest": entry.digest,
        "evidence": list(entry.evidence),
        "citations": list(entry.citations),
        "run_id": run_id,
    }
    del facts["sites"], facts["residues"]
    entry_key = execute(connection, "write_reference", **facts).scalar_one()
    execute(connection, "forget_reference_sites", entry=entry_key)
    for position, site in enumerate(entry.sites, 1):
        execute(
            connection,
            "write_reference_site",
            entry=entry_key,
            position=position,
            kind=str(site.kind),
            sign=str(site.sign),
            first=site.span.first,
            last=site.span.last,
            note=site.note,
        )
