"""Scores that chance gives: of shuffled proteins, and of proteomes without CRM1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .engine import Store
from .queries import execute


@dataclass(frozen=True, slots=True)
class StoredDecoys:
    """Combined scores of all decoys of a proteome, in no order, and the residues of the proteins they come from."""

    residues: int
    combined: list[float]


@dataclass(frozen=True, slots=True)
class DecoyCandidates:
    """Candidates of a chunk of shuffled proteins, as bytes whose inside is the workflow's business."""

    chunk: int
    chunks: int
    proteins: int
    residues: int
    candidates: bytes


@dataclass(frozen=True, slots=True)
class SequenceScores:
    """Combined scores of the candidates of one sequence, in no order."""

    sha256: str
    length: int
    combined: list[float]


def save_decoys(
    store: Store,
    configuration_id: int,
    proteome_id: int,
    run_id: int,
    *,
    proteins: int,
    residues: int,
    chunk: tuple[int, int],
    combined: Sequence[float],
    candidates: bytes | None = None,
) -> None:
    """Store the scores of a chunk of a proteome's shuffled proteins, in place of those that it had.

    Args:
        chunk: its number, from 1, and the number of chunks that are to be scored.
        combined: score of each candidate.
        candidates: what other pooled heads need to score them again.
    """
    with store.transaction() as connection:
        execute(
            connection,
            "save_decoys",
            configuration_id=configuration_id,
            proteome_id=proteome_id,
            run_id=run_id,
            proteins=proteins,
            residues=residues,
            chunk=chunk[0],
            chunks=chunk[1],
            combined=sorted(combined),
            candidates=candidates,
        )


def stored_chunks(store: Store, configuration_id: int, proteome_id: int) -> set[int]:
    """Numbers of the chunks of a proteome's shuffled proteins that are scored."""
    place = {"configuration_id": configuration_id, "proteome_id": proteome_id}
    with store.transaction() as connection:
        return set(execute(connection, "stored_chunks", **place).scalars())


def decoy_candidates(store: Store, configuration_ids: Sequence[int], proteome_id: int) -> list[DecoyCandidates]:
    """Candidates of all chunks, from the newest of these configurations that has them all; empty if none has."""
    place = {"configuration_ids": list(configuration_ids), "proteome_id": proteome_id}
    with store.transaction() as connection:
        rows = execute(connection, "decoy_candidates", **place).mappings()
        return [DecoyCandidates(**{**row, "candidates": bytes(row["candidates"])}) for row in rows]


def find_decoys(store: Store, configuration_id: int, proteome: str) -> StoredDecoys | None:
    """Scores of all shuffled proteins of a proteome; None if a chunk is missing. Reads views only."""
    place = {"configuration_id": configuration_id, "proteome": proteome}
    with store.transaction() as connection:
        rows = execute(connection, "find_decoys", **place).all()
    if not rows or len(rows) < max(row.chunks for row in rows):
        return None
    return StoredDecoys(sum(row.residues for row in rows), [score for row in rows for score in row.combined])


def ranked_scores(store: Store, ranking_id: int) -> list[SequenceScores]:
    """Combined scores of each distinct sequence that was scored for a ranking. Reads views only."""
    with store.transaction() as connection:
        return [SequenceScores(**row) for row in execute(connection, "ranked_scores", ranking_id=ranking_id).mappings()]


def combined_scores(store: Store, configuration_id: int, proteome_id: int, release_id: int) -> list[SequenceScores]:
    """Combined scores of each distinct sequence of a release that was scored under a configuration."""
    place = {"configuration_id": configuration_id, "proteome_id": proteome_id, "release_id": release_id}
    with store.transaction() as connection:
        return [SequenceScores(**row) for row in execute(connection, "combined_scores", **place).mappings()]
