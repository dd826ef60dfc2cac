"""Pooled vectors of stored segments: which there are, their values, and the file that holds an index of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..residues import ResidueSpan
from .engine import Store
from .queries import execute

PAGE = 2_000
"""Sequences whose vectors are read at once; about 20 MB."""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment of a sequence, and its pooled vector as float16 bytes."""

    number: int
    span: ResidueSpan
    pooled: bytes


@dataclass(frozen=True, slots=True)
class SequenceVectors:
    """Numbers of the segments of a sequence, and their pooled vectors as float16 bytes, one after the other."""

    sequence_id: int
    numbers: list[int]
    pooled: bytes


@dataclass(frozen=True, slots=True)
class ScoredProtein:
    """The sequence of an accession under the configuration that scored it last."""

    accession: str
    sequence_id: int
    configuration_id: int
    segments: tuple[StoredSegment, ...]


def scored_protein(store: Store, accession: str) -> ScoredProtein:
    """The stored segments of an accession.

    Raises:
        InputError: if there is no such protein, or it has no stored segment.
    """
    with store.transaction() as connection:
        row = execute(connection, "newest_scores_of_protein", accession=accession).one_or_none()
        if row is None:
            why = "no ingested proteome has this accession"
            raise InputError(f"{accession} is not in the database", why=why, remedy="nesannot ingest proteome FILE")
        if row.configuration_id is None:
            why = "no command has scored its proteome yet"
            raise InputError(f"{accession} has no scores", why=why, remedy="nesannot score NAME")
        key = {"configuration_id": row.configuration_id, "sequence_id": row.sequence_id}
        segments = tuple(
            StoredSegment(s.segment, ResidueSpan(s.first_residue, s.last_residue), bytes(s.pooled))
            for s in execute(connection, "spans_of_sequence", **key)
        )
    if not segments:
        raise InputError(f"{accession} has no candidate segment", why="the protein was scored, and nothing was kept")
    return ScoredProtein(accession, row.sequence_id, row.configuration_id, segments)


def head_set_digest(store: Store, configuration_id: int) -> str:
    """Digest of the head set of a configuration."""
    with store.transaction() as connection:
        digest: str = execute(connection, "head_set_of_configuration", configuration_id=configuration_id).scalar_one()
        return digest


def scored_moments(store: Store, configuration_id: int) -> list[tuple[int, int]]:
    """Keys of the sequences with stored segments, ascending, and when each was scored, in microseconds."""
    with store.transaction() as connection:
        rows = execute(connection, "scored_moments", configuration_id=configuration_id)
        return [(row.sequence_id, row.at) for row in rows]


def pooled_vectors(store: Store, configuration_id: int, sequence_ids: Sequence[int]) -> Iterator[list[SequenceVectors]]:
    """Pages of those of these sequences that have segments."""
    for first in range(0, len(sequence_ids), PAGE):
        page = list(sequence_ids[first : first + PAGE])
        with store.transaction() as connection:
            rows = execute(connection, "pooled_vectors", configuration_id=configuration_id, sequence_ids=page).all()
        if rows:
            yield [SequenceVectors(row.sequence_id, row.segments, bytes(row.pooled)) for row in rows]


def index_digest(store: Store, configuration_id: int) -> str:
    """SHA-256 of the newest file of stored vectors; empty if there is none."""
    with store.transaction() as connection:
        return execute(connection, "vector_index_digest", configuration_id=configuration_id).scalar() or ""


def save_index_digest(store: Store, configuration_id: int, sha256: str, vectors: int) -> None:
    """Record that a file of stored vectors was written."""
    with store.transaction() as connection:
        row = {"configuration_id": configuration_id, "sha256": sha256, "vectors": vectors}
        execute(connection, "save_vector_index", **row)


def describe_segments(
    store: Store, configuration_id: int, segments: Sequence[tuple[int, int]]
) -> list[dict[str, object]]:
    """Accession, gene, organism, span and peptide of segments, each given by sequence key and number, in this order."""
    sequence_ids, numbers = [key for key, _ in segments], [number for _, number in segments]
    key = {"configuration_id": configuration_id, "sequence_ids": sequence_ids, "segments": numbers}
    with store.transaction() as connection:
        return [dict(row) for row in execute(connection, "describe_segments", **key).mappings()]


def describe_sequences(store: Store, digests: Sequence[str]) -> dict[str, dict[str, object]]:
    """Accession, gene, organism and residues of those of these sequences that are stored, by digest."""
    with store.transaction() as connection:
        rows = execute(connection, "describe_sequences", digests=sorted(set(digests))).mappings()
        return {str(row["sha256"]): dict(row) for row in rows}
