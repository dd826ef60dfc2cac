"""How well segments serve known signals, and what blind tiling with as many segments would reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan

Spans = Sequence[ResidueSpan]

FOUND_AT = 0.5
"""IoU from which a segment counts as having found a signal."""


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


def evaluate_segments(proteins: Iterable[ProteinSegments]) -> SegmentationQuality:
    """Figures of `SegmentationQuality` over `proteins`.

    Raises:
        ValueError: if there is no truth at all.
    """
    best: list[float] = []
    inside: list[bool] = []
    cut: list[bool] = []
    lengths: dict[int, int] = {}
    residues = 0
    for protein in proteins:
        residues += protein.length
        segments = _ends(protein.segments)
        for size, number in zip(*np.unique(segments[:, 1] - segments[:, 0] + 1, return_counts=True), strict=True):
            lengths[int(size)] = lengths.get(int(size), 0) + int(number)
        for truth in protein.truths:
            ious, holds, crosses = _against(truth, segments)
            best.append(float(ious.max(initial=0.0)))
            inside.append(bool(holds.any()))
            cut.append(bool(crosses.any() and not holds.any()))
    if not best:
        raise ValueError("no signal is known in these proteins")
    return SegmentationQuality(
        truths=len(best),
        wholly_inside=float(np.mean(inside)),
        mean_best_iou=float(np.mean(best)),
        oracle_recall=float(np.mean(np.array(best) >= FOUND_AT)),
        cut_rate=float(np.mean(cut)),
        per_residue=sum(lengths.values()) / residues,
        lengths=dict(sorted(lengths.items())),
    )


def blind_tiling(length: int, width: int, step: int) -> list[ResidueSpan]:
    """Windows of `width` residues every `step`, the last one moved back to end with the protein.

    Example:
        >>> [str(span) for span in blind_tiling(20, 8, 5)]
        ['1-8', '6-13', '11-18', '13-20']
    """
    if length <= width:
        return [ResidueSpan(1, length)]
    firsts = list(range(1, length - width + 2, step))
    if firsts[-1] != length - width + 1:
        firsts.append(length - width + 1)
    return [ResidueSpan(first, first + width - 1) for first in firsts]


@dataclass(frozen=True, slots=True)
class Tiling:
    """Windows of one or two widths, each with a step, and what they reach."""

    windows: tuple[tuple[int, int], ...]
    quality: SegmentationQuality


def tilings(proteins: Sequence[ProteinSegments], windows: Iterable[tuple[tuple[int, int], ...]]) -> list[Tiling]:
    """Quality of each blind tiling, given as ((width, step), ...), on the truths of `proteins`."""
    return [Tiling(choice, evaluate_segments(_tiled(proteins, choice))) for choice in windows]


def searched_windows(widths: Sequence[int] = range(10, 26, 2)) -> list[tuple[tuple[int, int], ...]]:
    """The tilings that a search goes through: one width with steps 3 to 40, and pairs of widths with coarser steps."""
    single = [((width, step),) for width in widths for step in (*range(3, 21), 24, 28, 33, 40)]
    steps = (5, 6, 8, 10, 12, 16, 20, 28, 40)
    double = [
        ((short, a), (long, b))
        for short in widths
        for long in widths
        if short + 4 <= long
        for a in steps
        for b in steps
    ]
    return [*single, *double]


def best_tilings(searched: Sequence[Tiling], per_residue: float) -> tuple[Tiling, Tiling]:
    """Of the tilings with at most `per_residue` segments: the one of best oracle recall, and of best mean IoU.

    Raises:
        ValueError: if none is that sparse.
    """
    within = [tiling for tiling in searched if tiling.quality.per_residue <= per_residue]
    if not within:
        raise ValueError(f"no tiling searched has as few as {per_residue} segments per residue")
    by_recall = max(within, key=lambda tiling: (tiling.quality.oracle_recall, tiling.quality.mean_best_iou))
    by_iou = max(within, key=lambda tiling: (tiling.quality.mean_best_iou, tiling.quality.oracle_recall))
    return by_recall, by_iou


def _tiled(proteins: Iterable[ProteinSegments], windows: tuple[tuple[int, int], ...]) -> Iterable[ProteinSegments]:
    for protein in proteins:
        spans = {span for width, step in windows for span in blind_tiling(protein.length, width, step)}
        yield ProteinSegments(protein.length, sorted(spans), protein.truths)


def _ends(spans: Spans) -> NDArray[np.int64]:
    return np.array([(span.first, span.last) for span in spans], dtype=np.int64).reshape(-1, 2)


def _against(
    truth: ResidueSpan, segments: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """IoU of each segment with `truth`, whether it holds all of it, and whether it has a boundary inside it."""
    first, last = segments[:, 0], segments[:, 1]
    shared = np.maximum(0, np.minimum(last, truth.last) - np.maximum(first, truth.first) + 1)
    ious = shared / (last - first + 1 + len(truth) - shared)
    holds = shared == len(truth)
    return ious, holds, (shared > 0) & ~holds
