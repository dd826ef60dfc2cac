"""Segmentation `zps`: zero-shot protein segmentation as published, for comparison.

Source: PLoS Comput Biol 2025, doi 10.1371/journal.pcbi.1012929: a window of 30 residues slides along the embedding,
its halves are compared by the gain of an RBF kernel cost, and the highest peaks become breakpoints (`Window` of
ruptures). With that width no segment is shorter than 15 residues, whatever number of breakpoints is asked for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ..motifs import NES
from ..records import SegmentationIdentity
from ..residues import ResidueSpan
from .bounded import partition
from .checks import check_embedding

WIDTH = 30
"""Residues in the sliding window, as published."""

AUTHORS_BREAKPOINTS = 3.0
"""Breakpoints per 100 residues that the authors of the method use."""

PAPER_BREAKPOINTS = 10.0
"""Breakpoints per 100 residues in the paper that this package follows."""


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """Consecutive segments between the most marked changes of the embedding.

    Attributes:
        breakpoints: at most so many per 100 residues; fewer where the peaks run out.
    """

    breakpoints: float = AUTHORS_BREAKPOINTS

    def __post_init__(self) -> None:
        """Refuse a number that asks for nothing, or for more than segments of two residues."""
        if not 0 < self.breakpoints <= 40:
            raise ValueError(f"{self.breakpoints} breakpoints per 100 residues: 0 to 40 can be asked for")

    @property
    def identity(self) -> SegmentationIdentity:
        """Algorithm, version and parameters."""
        return SegmentationIdentity("zps", 1, {**asdict(self), "width": WIDTH, "kernel": "rbf"})

    def spans(self, residues: str, embedding: NDArray[np.float32]) -> list[ResidueSpan]:
        """Consecutive segments that cover the protein; one that is shorter than `WIDTH` is a single segment.

        A protein that is shorter than the motif has none.
        """
        check_embedding(residues, embedding)
        length = len(residues)
        if length < WIDTH:
            return [ResidueSpan(1, length)] if length >= NES.lengths[0] else []
        return partition(self._ends(embedding))

    def _ends(self, embedding: NDArray[np.float32]) -> list[int]:
        from ruptures import Window

        from .banded_rbf import BandedRbf

        wanted = max(int(len(embedding) * self.breakpoints / 100), 1)
        search = Window(width=WIDTH, custom_cost=BandedRbf(WIDTH), jump=1).fit(embedding)
        return [int(end) for end in search.predict(n_bkps=wanted)]
