"""Chooses the reference vectors of `methods.similarity`, how segments are pooled, and how many neighbours count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..methods.pooling import POOLINGS
from ..methods.reference_index import ReferenceIndex
from ..methods.similarity import LEAST_DISTANCE, whitened
from ..residues import bounds
from .examples import TrainingProtein
from .metrics import Events, average_precision, precision_recall
from .truth import Verdict

Array = NDArray[Any]
Floats = NDArray[np.float32]

LEAST_VARIANCE = 1e-4
"""Share of the mean variance that is added to that of each direction, so that empty ones are not blown up."""


@dataclass(frozen=True, slots=True)
class ReferenceSettings:
    """Which segments become references of the similarity, and the grid that is searched on the training folds.

    Attributes:
        poolings: of `methods.pooling`. The merit of the similarity alone decides; the neural head reads what is chosen,
            and it is stored with scores. Four parts side by side were as good as `CENTRED`, at four times the length.
        neighbours: numbers of nearest references of each kind that may count; 1,000 were worse than 360.
        dimensions: of the whitened vectors, at most.
        motifs: most candidates on motifs that become references.
        others: most candidates that overlap no motif; drawn by their weight as examples.
        queries: of other candidates, that each fold is tried with.
    """

    poolings: tuple[str, ...] = POOLINGS
    neighbours: tuple[int, ...] = (10, 40, 120, 360)
    dimensions: int = 128
    motifs: int = 1_500
    others: int = 2_500
    queries: int = 1_500


class Choice(NamedTuple):
    """One setting of the grid: how segments are pooled, and how many neighbours of each kind count."""

    pooling: str
    neighbours: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates that may be references, n of them.

    Attributes:
        place: among the candidates of their protein.
        vectors: shape (n, k).
        is_motif: whether it is a clear one.
        owner: number of the protein.
        spans: first and last residue, shape (n, 2).
        group: fold of the protein.
    """

    place: NDArray[np.int64]
    vectors: Floats
    is_motif: NDArray[np.bool_]
    owner: NDArray[np.int64]
    spans: NDArray[np.int64]
    group: NDArray[np.int64]

    def where(self, chosen: NDArray[Any]) -> _Rows:
        return _Rows(*(getattr(self, column.name)[chosen] for column in fields(self)))


def fit_references(
    proteins: Sequence[TrainingProtein], folds: Sequence[int], settings: ReferenceSettings, seed: int
) -> tuple[dict[str, Array], Choice]:
    """References of `proteins` as arrays, and what was chosen of the grid.

    Every fold is scored by the references of the others, with each setting of the grid; the one with the highest
    average precision over candidates wins. With one fold there is nothing to choose by, and the first setting is taken.
    """
    chosen = _chosen_rows(proteins, folds, settings, seed)
    tried = {pooling: _whiten(proteins, chosen, pooling, settings.dimensions) for pooling in settings.poolings}
    merits = {
        Choice(pooling, neighbours): merit
        for pooling, (rows, _, _) in tried.items()
        for neighbours, merit in zip(settings.neighbours, _merits(rows, settings, seed), strict=True)
    }
    best = max(merits, key=merits.__getitem__)
    rows, center, projection = tried[best.pooling]
    kept = rows.where(_drawn(rows.is_motif, settings, seed))
    arrays: dict[str, Array] = {
        "vectors": kept.vectors.astype(np.float16),
        "is_motif": kept.is_motif.astype(np.uint8),
        "spans": kept.spans.astype(np.int32),
        "owner": kept.owner.astype(np.int32),
        "center": center.astype(np.float16),
        "projection": projection.astype(np.float16),
    }
    return arrays, best


def _chosen_rows(
    proteins: Sequence[TrainingProtein], folds: Sequence[int], settings: ReferenceSettings, seed: int
) -> _Rows:
    """Clear motifs, and other candidates enough for references and queries; without vectors yet."""
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(len(proteins)), [len(protein.spans) for protein in proteins])
    weight = np.concatenate([protein.example_weights for protein in proteins])
    motif = np.concatenate([protein.verdicts == Verdict.HIT for protein in proteins]) & (weight > 0)
    others = np.flatnonzero(~motif & (weight > 0))
    count = min(len(others), settings.others + settings.queries * len(set(folds)))
    drawn = random.choice(others, count, replace=False, p=weight[others] / weight[others].sum())
    kept = np.sort(np.concatenate([np.flatnonzero(motif), drawn]))
    spans = np.concatenate([bounds(protein.spans) for protein in proteins])
    place = np.concatenate([np.arange(len(protein.spans)) for protein in proteins])
    nothing = np.empty((len(kept), 0), dtype=np.float32)
    return _Rows(place[kept], nothing, motif[kept], owner[kept], spans[kept], np.asarray(folds)[owner[kept]])


def _whiten(
    proteins: Sequence[TrainingProtein], rows: _Rows, pooling: str, dimensions: int
) -> tuple[_Rows, Floats, Floats]:
    """The rows with their vectors, and the center and projection that gave them; the projection knows no labels."""
    pooled = np.concatenate([proteins[i].pooled(pooling)[rows.place[rows.owner == i]] for i in np.unique(rows.owner)])
    center = pooled.mean(axis=0).astype(np.float16).astype(np.float32)
    values, directions = np.linalg.eigh(np.cov(pooled - center, rowvar=False))
    kept = np.argsort(-values, kind="stable")[:dimensions]
    scale = 1 / np.sqrt(values[kept] + LEAST_VARIANCE * values.mean())
    projection = (directions[:, kept] * scale / scale.max()).astype(np.float16).astype(np.float32)
    return replace(rows, vectors=whitened(pooled, center, projection)), center, projection


def _drawn(is_motif: NDArray[np.bool_], settings: ReferenceSettings, seed: int) -> NDArray[np.int64]:
    """Positions of the references among rows: motifs and others, at most as many as the settings say."""
    random = np.random.default_rng(seed)
    sides = (np.flatnonzero(is_motif), settings.motifs), (np.flatnonzero(~is_motif), settings.others)
    kept = [random.choice(side, min(len(side), most), replace=False) for side, most in sides]
    return np.sort(np.concatenate(kept))


def _merits(rows: _Rows, settings: ReferenceSettings, seed: int) -> list[float]:
    """Average precision over candidates for each number of neighbours; 0 for a single fold.

    Each candidate is scored by the references of the other folds.
    """
    score, groups = np.zeros((len(settings.neighbours), len(rows.group))), np.unique(rows.group)
    if len(groups) == 1:
        return [0.0] * len(settings.neighbours)
    index = ReferenceIndex(rows.vectors)
    for group in groups:
        held, others = rows.group == group, np.flatnonzero(rows.group != group)
        allowed = np.zeros(len(rows.group), dtype=bool)
        allowed[others[_drawn(rows.is_motif[others], settings, seed)]] = True
        score[:, held] = _log_folds(index, rows.vectors[held], allowed, rows.is_motif, settings.neighbours)
    return [average_precision(precision_recall(Events(column, rows.is_motif, rows.owner))) for column in score]


def _log_folds(
    index: ReferenceIndex,
    queries: Floats,
    allowed: NDArray[np.bool_],
    is_motif: NDArray[np.bool_],
    neighbours: Sequence[int],
) -> NDArray[np.float64]:
    """Scores of `methods.similarity` by the allowed references, shape (len(neighbours), n)."""
    other, motif = (
        _mean_distances(index, queries, allowed & side, neighbours) + LEAST_DISTANCE for side in (~is_motif, is_motif)
    )
    fold: NDArray[np.float64] = np.log(other) - np.log(motif)
    return fold


def _mean_distances(
    index: ReferenceIndex, queries: Floats, allowed: NDArray[np.bool_], neighbours: Sequence[int]
) -> NDArray[np.float64]:
    """Mean distance to the nearest allowed references, shape (len(neighbours), n); 2 where none is allowed."""
    counts = [min(count, int(allowed.sum())) for count in neighbours]
    if not max(counts):
        return np.full((len(neighbours), len(queries)), 2.0)
    # Nearest first, up to the largest count: every smaller count is a part of it.
    distances, _ = index.nearest(queries, max(counts), allowed)
    total = np.cumsum(distances, axis=1, dtype=np.float64)
    return np.stack([total[:, count - 1] / count for count in counts])
