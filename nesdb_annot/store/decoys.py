"""Scores that chance gives: of shuffled proteins, and of proteomes without CRM1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .engine import Store
from .queries import execute


@dataclass(frozen=True, slots=True)
class StoredDecoys:
    """Combined scores of decoys, ascending, and the residues of the proteins they come from."""

    residues: int
    combined: list[float]


@dataclass(frozen=True, slots=True)
class DecoyCandidates:
    """Candidates of shuffled proteins, as bytes whose inside is the workflow's business."""

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
    combined: Sequence[float],
    candidates: bytes | None = None,
) -> None:
    """Keep the scores of a proteome's shuffled proteins, in place of those kept before.

    Args:
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
            combined=sorted(combined),
            candidates=candidates,
        )


def decoy_candidates(store: Store, configuration_ids: Sequence[int], proteome_id: int) -> DecoyCandidates | None:
    """Candidates that were kept under one of these configurations; None if none were."""
    place = {"configuration_ids": list(configuration_ids), "proteome_id": proteome_id}
    with store.transaction() as connection:
        row = execute(connection, "decoy_candidates", **place).one_or_none()
    return None if row is None else DecoyCandidates(row.proteins, row.residues, bytes(row.candidates))


def find_decoys(store: Store, configuration_id: int, proteome_id: int) -> StoredDecoys | None:
    """What `save_decoys` kept; None if nothing."""
    place = {"configuration_id": configuration_id, "proteome_id": proteome_id}
    with store.transaction() as connection:
        row = execute(connection, "find_decoys", **place).one_or_none()
    return None if row is None else StoredDecoys(row.residues, list(row.combined))


def combined_scores(store: Store, configuration_id: int, proteome_id: int, release_id: int) -> list[SequenceScores]:
    """Combined scores of each distinct sequence of a release that was scored under a configuration."""
    place = {"configuration_id": configuration_id, "proteome_id": proteome_id, "release_id": release_id}
    with store.transaction() as connection:
        return [SequenceScores(**row) for row in execute(connection, "combined_scores", **place).mappings()]
