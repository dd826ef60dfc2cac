"""Chooses the reference vectors of `methods.similarity`, how segments are divided, and how many neighbours count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..methods.similarity import LEAST_DISTANCE, part_means, whitened
from ..residues import ResidueSpan, bounds
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
        parts: numbers of parts that a segment may be divided into. One by default: its vectors are the pooled ones
            that are stored with scores, so that new references score them again without any embedding. Three parts
            tell motifs better by themselves (average precision 0.32 against 0.25 on folds 1 to 3), but added nothing to
            the combination there.
        neighbours: numbers of nearest references of each kind that may count.
        dimensions: of the whitened vectors, at most.
        motifs: most candidates on motifs that become references.
        others: most candidates that overlap no motif; drawn by their weight as examples.
        queries: of other candidates, that each fold is tried with.
    """

    parts: tuple[int, ...] = (1,)
    neighbours: tuple[int, ...] = (10, 40, 120)
    dimensions: int = 128
    motifs: int = 1_500
    others: int = 2_500
    queries: int = 1_500


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates that may be references: vectors (n, k), sign, owner (number of the protein), span, and group."""

    vectors: Floats
    is_motif: NDArray[np.bool_]
    owner: NDArray[np.int64]
    spans: NDArray[np.int64]
    group: NDArray[np.int64]

    def where(self, chosen: NDArray[Any]) -> _Rows:
        return _Rows(*(getattr(self, name)[chosen] for name in ("vectors", "is_motif", "owner", "spans", "group")))


def fit_references(
    proteins: Sequence[TrainingProtein], folds: Sequence[int], settings: ReferenceSettings, seed: int
) -> tuple[dict[str, Array], dict[str, int]]:
    """References of `proteins` as arrays, and the ``parts`` and ``neighbours`` that were chosen.

    Every fold is scored by the references of the others, with each setting of the grid; the one with the highest
    average precision over candidates wins. With one fold there is nothing to choose by, and the first setting is taken.
    """
    chosen = _chosen_rows(proteins, folds, settings, seed)
    tried = {parts: _whiten(proteins, chosen, parts, settings.dimensions) for parts in settings.parts}
    grid = list(product(settings.parts, settings.neighbours))
    merit = [_merit(tried[parts][0], neighbours, settings, seed) for parts, neighbours in grid]
    parts, neighbours = grid[int(np.argmax(merit))]
    rows, center, projection = tried[parts]
    kept = rows.where(_drawn(rows.is_motif, settings, seed))
    arrays: dict[str, Array] = {
        "vectors": kept.vectors.astype(np.float16),
        "is_motif": kept.is_motif.astype(np.uint8),
        "spans": kept.spans.astype(np.int32),
        "owner": kept.owner.astype(np.int32),
        "center": center.astype(np.float16),
        "projection": projection.astype(np.float16),
    }
    return arrays, {"parts": parts, "neighbours": neighbours}


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
    nothing = np.empty((len(kept), 0), dtype=np.float32)
    return _Rows(nothing, motif[kept], owner[kept], spans[kept], np.asarray(folds)[owner[kept]])


def _whiten(
    proteins: Sequence[TrainingProtein], rows: _Rows, parts: int, dimensions: int
) -> tuple[_Rows, Floats, Floats]:
    """The rows with their vectors, and the center and projection that gave them; the projection knows no labels."""
    means = np.concatenate(
        [part_means(proteins[i].embedding, _spans(rows.spans[rows.owner == i]), parts) for i in np.unique(rows.owner)]
    )
    center = means.mean(axis=0).astype(np.float16).astype(np.float32)
    values, directions = np.linalg.eigh(np.cov(means - center, rowvar=False))
    kept = np.argsort(-values, kind="stable")[:dimensions]
    scale = 1 / np.sqrt(values[kept] + LEAST_VARIANCE * values.mean())
    projection = (directions[:, kept] * scale / scale.max()).astype(np.float16).astype(np.float32)
    return replace(rows, vectors=whitened(means, center, projection)), center, projection


def _spans(ends: NDArray[np.int64]) -> list[ResidueSpan]:
    return [ResidueSpan(first, last) for first, last in ends.tolist()]


def _drawn(is_motif: NDArray[np.bool_], settings: ReferenceSettings, seed: int) -> NDArray[np.int64]:
    """Positions of the references among rows: motifs and others, at most as many as the settings say."""
    random = np.random.default_rng(seed)
    sides = (np.flatnonzero(is_motif), settings.motifs), (np.flatnonzero(~is_motif), settings.others)
    kept = [random.choice(side, min(len(side), most), replace=False) for side, most in sides]
    return np.sort(np.concatenate(kept))


def _merit(rows: _Rows, neighbours: int, settings: ReferenceSettings, seed: int) -> float:
    """Average precision over candidates, each scored by the references of the other folds; 0 for a single fold."""
    score = np.zeros(len(rows.group))
    for group in np.unique(rows.group):
        others = rows.where(rows.group != group)
        if not len(others.group):
            return 0.0
        references = others.where(_drawn(others.is_motif, settings, seed))
        held = rows.group == group
        score[held] = _log_folds(rows.vectors[held], references, neighbours)
    return average_precision(precision_recall(Events(score, rows.is_motif, rows.owner)))


def _log_folds(queries: Floats, references: _Rows, neighbours: int) -> NDArray[np.float64]:
    """The score of `methods.similarity`, without an index: all distances at once, shape (len(queries),)."""
    near = []
    for sign in (False, True):
        vectors = references.vectors[references.is_motif == sign]
        squared = np.maximum(2 - 2 * queries @ vectors.T, 0)
        count = min(neighbours, len(vectors))
        near.append(np.sqrt(np.partition(squared, count - 1, axis=1)[:, :count]).mean(axis=1) if count else 2.0)
    outcome: NDArray[np.float64] = np.log(near[0] + LEAST_DISTANCE) - np.log(near[1] + LEAST_DISTANCE)
    return outcome
