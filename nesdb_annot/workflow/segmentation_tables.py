"""Figures of segmentations as tables: each beside the blind tilings of its budget, and the lattice at every budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .figure_table import Table

if TYPE_CHECKING:
    from ..segmentation.evaluation import SegmentationQuality
    from ..segmentation.tilings import Tiling

BUDGETS: tuple[float, ...] = tuple(round(0.01 * hundredth, 2) for hundredth in range(3, 26))
"""Candidates per residue that the lattice is compared at."""

BINS: tuple[tuple[int, int], ...] = (
    (1, 7), (8, 11), (12, 15), (16, 19), (20, 25), (26, 40), (41, 60), (61, 100_000),
)  # fmt: skip
"""Lengths of segments that are counted together, residues."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A segmentation, what it reaches, and the best blind tilings with no more segments per residue.

    Attributes:
        name: of the segmentation.
        proteins: number measured on.
        quality: what it reaches.
        by_recall: the tiling of highest oracle recall.
        by_iou: the tiling of highest mean IoU.
    """

    name: str
    proteins: int
    quality: SegmentationQuality
    by_recall: Tiling
    by_iou: Tiling


@dataclass(frozen=True, slots=True)
class Compared:
    """The lattice at a budget of candidates per residue."""

    budget: float
    measured: Measured

    @property
    def better(self) -> str:
        """Whether it is better than every tiling on recall and on IoU.

        Where a tiling finds every signal, recall can at best be equal.
        """
        ours = self.measured.quality
        recall, iou = self.measured.by_recall.quality.oracle_recall, self.measured.by_iou.quality.mean_best_iou
        if ours.mean_best_iou <= iou or ours.oracle_recall < recall:
            return "no"
        if ours.oracle_recall > recall:
            return "both"
        return "IoU; both find all" if recall == 1 else "IoU"


def windows(tiling: Tiling) -> str:
    """A tiling in words: width/step of each set of its windows.

    Example:
        >>> from ..segmentation.tilings import Tiling
        >>> windows(Tiling(((11, 8), (20, 8)), None))
        '11/8 + 20/8'
    """
    return " + ".join(f"{width}/{step}" for width, step in tiling.windows)


def quality_table(measured: Sequence[Measured]) -> Table:
    """One row for each segmentation, with the best blind tilings of at most as many segments per residue."""
    rows: list[tuple[object, ...]] = [
        (
            one.name,
            one.proteins,
            one.quality.truths,
            one.quality.wholly_inside,
            one.quality.mean_best_iou,
            one.quality.oracle_recall,
            one.quality.cut_rate,
            one.quality.per_residue,
            one.by_recall.quality.oracle_recall,
            windows(one.by_recall),
            one.by_iou.quality.mean_best_iou,
            windows(one.by_iou),
        )
        for one in measured
    ]
    columns = (
        *("segmentation", "proteins", "NESs", "inside", "mean IoU", "recall", "cut", "per residue"),
        *("tiling recall", "width/step", "tiling IoU", "width/step"),
    )
    title = "Truth B, functional ranges of 8-40 residues: wholly inside a segment, mean best IoU, recall at IoU >= 0.5"
    return Table(title, columns, rows)


def length_table(measured: Sequence[Measured]) -> Table:
    """Share of each segmentation's segments by length."""
    columns = ("segmentation", "segments", *(_bin_name(*one) for one in BINS))
    return Table("Lengths of segments, residues: per cent of all", columns, [_length_row(one) for one in measured])


def _length_row(one: Measured) -> tuple[object, ...]:
    total = sum(one.quality.lengths.values())
    counts = [sum(n for size, n in one.quality.lengths.items() if low <= size <= high) for low, high in BINS]
    return one.name, total, *(f"{100 * count / total:.1f}" for count in counts)


def _bin_name(low: int, high: int) -> str:
    return f"> {low - 1}" if high > 1000 else f"{low}-{high}"


def budget_table(compared: Sequence[Compared]) -> Table:
    """The lattice beside the best blind tilings at every budget."""
    rows: list[tuple[object, ...]] = [
        (
            f"{one.budget:.2f}",
            one.measured.quality.per_residue,
            one.measured.quality.oracle_recall,
            one.measured.by_recall.quality.oracle_recall,
            windows(one.measured.by_recall),
            one.measured.quality.mean_best_iou,
            one.measured.by_iou.quality.mean_best_iou,
            windows(one.measured.by_iou),
            one.better,
        )
        for one in compared
    ]
    columns = (
        *("budget", "lattice has", "lattice recall", "tiling recall", "width/step"),
        *("lattice IoU", "tiling IoU", "width/step", "lattice better on"),
    )
    return Table("The lattice and the best blind tilings at equal candidates per residue", columns, rows)
