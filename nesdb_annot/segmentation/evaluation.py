"""How well segments serve known signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan, bounds

Spans = Sequence[ResidueSpan]

FOUND_AT = 0.5
"""IoU from which a segment counts as having found a signal."""


@dataclass(frozen=True, slots=True)
class KnownProtein:
    """A protein whose signals are known: residues of length L, embedding of shape (L, dimension)."""

    residues: str
    embedding: NDArray[np.float32]
    truths: Spans


@dataclass(frozen=True, slots=True)
class ProteinSegments:
    """One protein: its length in residues, its segments, and the signals known in it."""

    length: int
    segments: Spans
    truths: Spans


@dataclass(frozen=True, slots=True)
class SegmentationQuality:
    """Figures over the truths of all proteins; shares and IoU from 0 to 1.

    Attributes:
        truths: number of signals.
        wholly_inside: share that lies wholly inside one segment.
        mean_best_iou: mean IoU with the best segment.
        oracle_recall: share with a segment of IoU >= `FOUND_AT`: the ceiling of every score on these segments.
        cut_rate: share with a segment boundary inside that no single segment holds as a whole.
        per_residue: segments per residue.
        lengths: number of segments by length in residues.
    """

    truths: int
    wholly_inside: float
    mean_best_iou: float
    oracle_recall: float
    cut_rate: float
    per_residue: float
    lengths: dict[int, int]


@dataclass(frozen=True, slots=True)
class TruthFigures:
    """What segments do to each truth, in the order of proteins and their truths; shape (truths,) each.

    Attributes:
        best: IoU with the best segment.
        inside: whether it lies wholly inside one.
        crossed: whether a segment has a boundary inside it.
    """

    best: NDArray[np.float64]
    inside: NDArray[np.bool_]
    crossed: NDArray[np.bool_]

    def beside(self, other: TruthFigures) -> TruthFigures:
        """Figures of both sets of segments together."""
        return TruthFigures(np.maximum(self.best, other.best), self.inside | other.inside, self.crossed | other.crossed)

    def quality(self, lengths: Mapping[int, int], residues: int) -> SegmentationQuality:
        """Figures over all truths, for segments of the given lengths on so many residues.

        Raises:
            ValueError: if there is no truth at all.
        """
        if not len(self.best):
            raise ValueError("no signal is known in these proteins")
        return SegmentationQuality(
            truths=len(self.best),
            wholly_inside=float(self.inside.mean()),
            mean_best_iou=float(self.best.mean()),
            oracle_recall=float((self.best >= FOUND_AT).mean()),
            cut_rate=float((self.crossed & ~self.inside).mean()),
            per_residue=sum(lengths.values()) / residues,
            lengths=dict(sorted(lengths.items())),
        )


def evaluate_segments(proteins: Iterable[ProteinSegments]) -> SegmentationQuality:
    """Figures of `SegmentationQuality` over `proteins`.

    Raises:
        ValueError: if there is no truth at all.
    """
    lengths: Counter[int] = Counter()
    residues = 0
    figures: list[tuple[float, bool, bool]] = []
    for protein in proteins:
        residues += protein.length
        lengths.update(len(segment) for segment in protein.segments)
        ends = bounds(protein.segments)
        figures += [_figures(truth, ends[:, 0], ends[:, 1]) for truth in protein.truths]
    best, inside, crossed = zip(*figures, strict=True) if figures else ((), (), ())
    return TruthFigures(np.array(best), np.array(inside, bool), np.array(crossed, bool)).quality(lengths, residues)


def _figures(truth: ResidueSpan, first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[float, bool, bool]:
    shared = np.maximum(0, np.minimum(last, truth.last) - np.maximum(first, truth.first) + 1)
    ious = shared / (last - first + 1 + len(truth) - shared)
    holds = shared == len(truth)
    return float(ious.max(initial=0.0)), bool(holds.any()), bool(((shared > 0) & ~holds).any())
