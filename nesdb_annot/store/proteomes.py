"""Proteomes: ingest of a release, and what is there.

An ingest streams. Sequences are stored chunk by chunk (they are content-addressed: one too many does no harm); the
proteins wait in a temporary table and become visible in one last transaction. A killed ingest leaves no half release
and no staging rows, and running it again starts clean.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from ..errors import InputError, UsageError
from ..records import ProteinRecord, Release
from ..residues import sequence_digest
from .bulk import STAGED, add_sequences, chunks, copy_rows, staged_row
from .changes import record_release
from .engine import Store
from .organisms import check_organism
from .queries import count, execute
from .releases import Slot, StoredRelease, dated_like, publish, releases_of, remove, slot_for
from .text import storable_text


@dataclass(frozen=True, slots=True)
class ProteomeKey:
    """What a proteome is called: its UPID or the user's own name."""

    name: str
    title: str | None = None
    taxon_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What an ingest found, compared with the release before it by date.

    Attributes:
        total: proteins in this release.
        unchanged: neither sequence nor header differ.
        new: accessions that the release before did not have.
        changed: accessions with another sequence.
        gone: accessions that only the release before had.
        header_only: same sequence, another header.
        examples: some accessions of each kind.
        kinds: proteins for each kind of change (`schema.changes.ChangeKind`), as recorded.
        previous: name of the release before; None for the oldest one.
        rows_added: rows that this ingest added to the database, of all tables.
    """

    total: int
    unchanged: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    header_only: int = 0
    examples: Mapping[str, list[str]] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    previous: str | None = None
    rows_added: int = 0

    @property
    def nothing_new(self) -> bool:
        """Whether this very release was there already."""
        return self.rows_added == 0


@dataclass(frozen=True, slots=True)
class StoredProteome:
    """A proteome and its newest release."""

    id: int
    name: str
    title: str | None
    taxon_id: int | None
    release_id: int
    release: str
    released: date | None
    proteins: int
    releases: int


def ingest_release(
    store: Store,
    proteome: ProteomeKey,
    release: Release,
    proteins: Iterable[ProteinRecord],
    run_id: int,
    *,
    chunk: int = 2000,
    replace: bool = False,
    newest: bool = False,
) -> ReleaseReport:
    """Store a release of a proteome. An error raised by `proteins` leaves no release behind.

    Args:
        store: where to.
        proteome: made known if it is not; its title and taxon are updated where given.
        release: without a date only if it is the proteome's only one, or with `newest`.
        proteins: consumed lazily; an equal record that comes twice counts once.
        run_id: the run that ingests.
        chunk: records per transaction.
        replace: a release of this name with other content is replaced instead of refused.
        newest: an undated release is newer than all others.

    Raises:
        InputError: no proteins; one accession with two contents; another organism's proteins, unless `replace`; a
            release of this name with other content; a date that is missing or taken.
    """
    with store.session() as connection:
        sequences = _stage(connection, proteins, chunk)
        with connection.begin():
            total, digest = _check_staged(connection, proteome.name)
            proteome_id = _claimed(connection, proteome, replace)
            others = releases_of(connection, proteome_id)
            stored = next((other for other in others if other.name == storable_text(release.name)), None)
            if stored is not None:
                release = dated_like(release, stored)
                if stored.content_digest == digest and release.released == stored.released:
                    return ReleaseReport(total, unchanged=total, rows_added=sequences)
                _may_replace(proteome, stored, replace, stored.content_digest == digest)
                others.remove(stored)
                remove(connection, proteome_id, stored, others)
            slot = slot_for(release, others, newest)
            report = _publish(connection, proteome_id, slot, total)
            row = {"name": release.name, "released": release.released, "proteins": total, "content_digest": digest}
            count(connection, "add_release", proteome_id=proteome_id, at=slot.at, run_id=run_id, **row)
            kinds = record_release(connection, proteome_id, slot.at, slot.before)
            if slot.after is not None:
                record_release(connection, proteome_id, slot.after, slot.at)
            return dataclasses.replace(report, kinds=kinds, rows_added=report.rows_added + sequences + 1)


def _claimed(connection: Connection, proteome: ProteomeKey, replace: bool) -> int:
    """Key of the proteome, made known if it is not; its organism is that of the staged proteins."""
    found = check_organism(connection, proteome.name, replace)
    known = dataclasses.replace(proteome, taxon_id=found if found is not None else proteome.taxon_id)
    key: int = execute(connection, "claim_proteome", **dataclasses.asdict(known)).scalar_one()
    return key


def _stage(connection: Connection, proteins: Iterable[ProteinRecord], size: int) -> int:
    """Put all records into the staging table; returns the number of new sequences."""
    with connection.begin():
        execute(connection, "stage_proteins")
    added = 0
    for chunk in chunks(proteins, size):
        digests = [sequence_digest(protein.residues) for protein in chunk]
        rows = (
            staged_row(protein, digest, _record_digest(protein, digest))
            for protein, digest in zip(chunk, digests, strict=True)
        )
        residues_of = {digest: protein.residues for protein, digest in zip(chunk, digests, strict=True)}
        with connection.begin():
            added += add_sequences(connection, residues_of)
            copy_rows(connection, ["staged_protein"], STAGED, rows)
    return added


def _record_digest(protein: ProteinRecord, digest: str) -> str:
    """Digest of all that a release says about a protein."""
    return hashlib.sha256("\x1f".join(map(repr, staged_row(protein, digest, ""))).encode()).hexdigest()


def _check_staged(connection: Connection, name: str) -> tuple[int, str]:
    """Number of proteins and digest of the content.

    Raises:
        InputError: if there are none, or one accession stands for two contents.
    """
    conflicts = [row.accession for row in execute(connection, "conflicting_accessions")]
    if conflicts:
        raise InputError(
            f"accessions with two different records: {', '.join(conflicts)}",
            where=name,
            why="an accession names one protein",
            remedy="remove one of the two records",
        )
    execute(connection, "drop_repeated")
    row = execute(connection, "staged_digest").one()
    if row.proteins == 0:
        raise InputError("no proteins", where=name, remedy="correct the refused records, or give another file")
    return row.proteins, row.content_digest


def _may_replace(proteome: ProteomeKey, stored: StoredRelease, replace: bool, same: bool) -> None:
    if not replace:
        what = f"another date ({stored.released or 'none'})" if same else "other content"
        why = "" if same else f"the stored release was ingested from another file, of {stored.proteins:,} proteins"
        raise InputError(
            f"release {stored.name} of {proteome.name} already exists, with {what}",
            why=why,
            remedy="give the new file its own --release name, or replace the old one with --replace",
        )


def _publish(connection: Connection, proteome_id: int, slot: Slot, total: int) -> ReleaseReport:
    """Make the staged proteins members, and say how they differ from those of the release before."""
    rows = count(connection, "add_proteins")
    execute(connection, "resolve_staged")
    execute(connection, "index_incoming")
    kinds = execute(connection, "compare_releases", proteome_id=proteome_id, before=slot.before).all()
    rows += publish(connection, proteome_id, slot)
    counts = {row.kind: row.proteins for row in kinds}
    examples = {row.kind: list(row.examples) for row in kinds if row.kind != "unchanged"}
    return ReleaseReport(total, **counts, examples=examples, previous=slot.previous, rows_added=rows)


def list_proteomes(store: Store) -> list[StoredProteome]:
    """All proteomes by name, each with its newest release."""
    with store.transaction() as connection:
        return [StoredProteome(**row) for row in execute(connection, "list_proteomes").mappings()]


def proteome_of(store: Store, name: str) -> StoredProteome:
    """The proteome of this name.

    Raises:
        UsageError: if there is none, naming those that are there or the one that was probably meant.
    """
    proteomes = {proteome.name: proteome for proteome in list_proteomes(store)}
    return proteomes[matching_name(name, list(proteomes))]


def matching_name(name: str, names: list[str]) -> str:
    """The one of `names` that is `name`, whatever its case.

    Raises:
        UsageError: if there is none, naming the one that was probably meant.
    """
    name = storable_text(name)
    exact = [one for one in names if one == name] or [one for one in names if one.upper() == name.upper()]
    if exact:
        return exact[-1]
    close = difflib.get_close_matches(name.upper(), [one.upper() for one in names], n=1)
    meant = next((one for one in names if close and one.upper() == close[0]), None)
    there = f"did you mean {meant}?" if meant else f"there are: {', '.join(names)}" if names else "there is none yet"
    raise UsageError(f"no proteome {name!r}", why=there, remedy="nesannot ingest proteome FILE")


def release_of(store: Store, proteome: StoredProteome, name: str | None = None) -> StoredRelease:
    """A release of a proteome by name, or its newest one.

    Raises:
        UsageError: if there is none of that name.
    """
    with store.transaction() as connection:
        releases = releases_of(connection, proteome.id)
    stored = None if name is None else storable_text(name)
    found = releases[-1] if stored is None else next((one for one in releases if one.name == stored), None)
    if found is None:
        there = ", ".join(release.name for release in releases)
        told = f"no release {name!r} of {proteome.name}"
        raise UsageError(told, why=f"there are: {there}", remedy="name one of these, or none for the newest")
    return found


def all_releases(store: Store, proteome: StoredProteome) -> list[StoredRelease]:
    """Releases of a proteome, oldest first."""
    with store.transaction() as connection:
        return releases_of(connection, proteome.id)


def has_isoforms(store: Store, proteome: StoredProteome) -> bool:
    """Whether the newest release of a proteome has alternative isoforms, too."""
    with store.transaction() as connection:
        found: bool = execute(connection, "has_isoforms", proteome_id=proteome.id).scalar_one()
        return found


def residues_of(store: Store, accession: str) -> str | None:
    """Residues of an accession, as the newest release that has it states them; None if no proteome has it."""
    with store.transaction() as connection:
        found: str | None = execute(connection, "residues_of_accession", accession=accession).scalar()
        return found


def accessions_of(store: Store, digests: Sequence[str]) -> dict[str, str]:
    """Return the first accession of each of these sequences that a protein has, by digest."""
    with store.transaction() as connection:
        rows = execute(connection, "accessions_of_sequences", digests=list(digests))
        return {row.sha256: row.accession for row in rows}


def sequences_of(store: Store, proteome_id: int, release_id: int) -> list[tuple[str, str]]:
    """Digest and residues of each distinct sequence of a release, in the order of digests."""
    place = {"proteome_id": proteome_id, "release_id": release_id}
    with store.transaction() as connection:
        return [(row.sha256, row.residues) for row in execute(connection, "sequences_of_release", **place)]
