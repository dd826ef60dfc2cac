"""Blind tilings: what windows laid without looking reach, the least that a segmentation must beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .evaluation import ProteinSegments, SegmentationQuality, TruthFigures

Windows: TypeAlias = tuple[tuple[int, int], ...]
"""One or two sets of windows: (width, step) each, residues."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """A blind tiling and what it reaches."""

    windows: Windows
    quality: SegmentationQuality


def searched_windows(widths: Sequence[int] = range(8, 26)) -> list[Windows]:
    """The tilings that a search goes through: one width with many steps, and pairs of `widths` with fewer steps.

    Single windows are tried up to 40 residues wide and 80 apart, so that sparse segmentations have their equals too.
    """
    steps = (5, 6, 8, 10, 12, 16, 20, 28, 40)
    apart = (*range(3, 21), 22, 24, 26, 28, 30, 33, 36, 40, 45, 50, 60, 80)
    single: list[Windows] = [((width, step),) for width in sorted({*widths, 28, 30, 33, 36, 40}) for step in apart]
    double: list[Windows] = [
        ((short, a), (long, b))
        for short in widths
        for long in widths
        if short + 4 <= long
        for a in steps
        for b in steps
    ]
    return [*single, *double]


def tilings(proteins: Sequence[ProteinSegments], windows: Iterable[Windows]) -> list[Tiling]:
    """Quality of each blind tiling on the lengths and truths of `proteins`; their segments are not used.

    Raises:
        ValueError: if there is no truth at all.
    """
    ground = _Ground(proteins)
    return [Tiling(choice, ground.quality(choice)) for choice in windows]


def best_tilings(searched: Sequence[Tiling], per_residue: float) -> tuple[Tiling, Tiling]:
    """Of the tilings with at most `per_residue` segments: the one of best oracle recall, and that of best mean IoU.

    Raises:
        ValueError: if none is that sparse.
    """
    within = [tiling for tiling in searched if tiling.quality.per_residue <= per_residue]
    if not within:
        raise ValueError(f"no tiling searched has as few as {per_residue} segments per residue")
    by_recall = max(within, key=lambda tiling: (tiling.quality.oracle_recall, tiling.quality.mean_best_iou))
    by_iou = max(within, key=lambda tiling: (tiling.quality.mean_best_iou, tiling.quality.oracle_recall))
    return by_recall, by_iou


class _Ground:
    """Truths and lengths as arrays; figures of one set of windows are computed once for all its pairs."""

    def __init__(self, proteins: Sequence[ProteinSegments]) -> None:
        self.lengths = np.array([protein.length for protein in proteins], dtype=np.int64)
        truths = [(t.first, t.last, protein.length) for protein in proteins for t in protein.truths]
        self.first, self.last, self.within = np.array(truths, dtype=np.int64).reshape(-1, 3).T
        self._known: dict[tuple[int, int], TruthFigures] = {}

    def quality(self, windows: Windows) -> SegmentationQuality:
        figures = self._figures(*windows[0])
        for window in windows[1:]:
            figures = figures.beside(self._figures(*window))
        lengths: Counter[int] = Counter()
        for width, step in windows:
            whole = self.lengths[self.lengths > width]
            lengths[width] += int((np.ceil((whole - width) / step) + 1).sum())
        # A protein not longer than a window is one segment, however many sets of windows find so.
        for place, (width, _) in enumerate(windows):
            wider = max((other for other, _ in windows[:place]), default=0)
            lengths.update(self.lengths[(self.lengths <= width) & (self.lengths > wider)].tolist())
        return figures.quality({size: number for size, number in lengths.items() if number}, int(self.lengths.sum()))

    def _figures(self, width: int, step: int) -> TruthFigures:
        if (width, step) not in self._known:
            self._known[width, step] = self._against(self._near(width, step), width)
        return self._known[width, step]

    def _near(self, width: int, step: int) -> NDArray[np.int64]:
        """First residues of all windows that can touch each truth, shape (truths, windows)."""
        rightmost = np.maximum(self.within - width + 1, 1)
        reach = int((width + (self.last - self.first).max(initial=0)) // step + 2)
        number = (self.first - width)[:, None] // step + np.arange(reach)
        regular = 1 + step * np.clip(number, 0, ((rightmost - 1) // step)[:, None])
        return np.column_stack((regular, rightmost))

    def _against(self, first: NDArray[np.int64], width: int) -> TruthFigures:
        last = np.minimum(first + width - 1, self.within[:, None])
        size = (self.last - self.first + 1)[:, None]
        shared = np.minimum(last, self.last[:, None]) - np.maximum(first, self.first[:, None]) + 1
        shared = np.maximum(shared, 0)
        ious = shared / (last - first + 1 + size - shared)
        holds = shared == size
        return TruthFigures(ious.max(axis=1), holds.any(axis=1), ((shared > 0) & ~holds).any(axis=1))
