"""The RBF kernel cost of ruptures, without its L x L matrix: a window of width w needs w diagonals only.

Imports ruptures and SciPy (0.9 s), so import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from ruptures.base import BaseCost
from scipy.spatial.distance import pdist

WHOLE = 3000
"""Residues up to which all pairwise distances are held at once (36 MB); beyond, they are made twice, in blocks."""

BLOCK = 2_000_000
"""Distances held at once (16 MB, and as much again a few times over) when they are made in blocks."""

BINS = 1 << 20

FloatRows = NDArray[np.float64]


class BandedRbf(BaseCost):  # type: ignore[misc]
    """Drop-in for ruptures' ``CostRbf`` in a search that asks for costs of at most `width` samples.

    The kernel is exp(-clip(gamma * squared distance, 0.01, 100)) with gamma = 1 / median of all pairwise squared
    distances, and 1 on the diagonal, as there.

    Attributes:
        width: longest segment whose cost can be asked for.
    """

    model = "banded_rbf"
    min_size = 1

    def __init__(self, width: int) -> None:
        self.width = width

    def fit(self, signal: NDArray[np.float32]) -> BandedRbf:
        """Kernel values of `signal`, shape (L, dimension), near the diagonal."""
        self.signal = signal
        rows = signal.astype(np.float64)
        median = median_squared_distance(rows)
        gamma = 1 / median if median else 1.0
        band = np.zeros((len(rows), self.width))
        band[:, 0] = 0.5
        for apart in range(1, min(self.width, len(rows))):
            squared = ((rows[apart:] - rows[:-apart]) ** 2).sum(axis=1)
            band[:-apart, apart] = np.exp(-np.clip(gamma * squared, 1e-2, 1e2))
        self._running = np.cumsum(band, axis=1)
        self._costs: dict[int, FloatRows] = {}
        return self

    def error(self, start: int, end: int) -> float:
        """Cost of the samples `start` to `end`, 0-based half-open, at most `width` of them."""
        size = end - start
        if size not in self._costs:
            self._costs[size] = self._of_size(size)
        return float(self._costs[size][start])

    def _of_size(self, size: int) -> FloatRows:
        """Costs of all segments of one size: a sliding window asks for three sizes only."""
        starts = len(self._running) - size + 1
        half_of_block = np.zeros(starts)
        for row in range(size):
            half_of_block += self._running[row : row + starts, size - 1 - row]
        costs: FloatRows = size - 2 * half_of_block / size
        return costs

    def sum_of_costs(self, bkps: list[int]) -> float:
        """0: a search for a number of breakpoints asks for this sum and does not use it."""
        del bkps
        return 0.0


def median_squared_distance(rows: FloatRows, whole: int = WHOLE) -> float:
    """Median of the squared Euclidean distances of all pairs of rows; exact.

    Args:
        rows: shape (L, dimension), L at least 2.
        whole: number of rows up to which all distances are held at once.
    """
    if len(rows) <= whole:
        return float(np.median(pdist(rows, metric="sqeuclidean")))
    rows = rows - rows.mean(axis=0)
    ceiling = 4 * float((rows**2).sum(axis=1).max()) or 1.0
    counts = np.zeros(BINS, dtype=np.int64)
    for squared in _blocks(rows):
        counts += np.bincount(_bins(squared, ceiling), minlength=BINS)
    pairs = len(rows) * (len(rows) - 1) // 2
    middle = ((pairs - 1) // 2, pairs // 2)
    below = np.concatenate(([0], np.cumsum(counts)))
    low, high = (int(np.searchsorted(below, rank, side="right")) - 1 for rank in middle)
    near = np.sort(np.concatenate([s[(b >= low) & (b <= high)] for s in _blocks(rows) for b in [_bins(s, ceiling)]]))
    return float(sum(near[rank - below[low]] for rank in middle) / 2)


def _bins(squared: FloatRows, ceiling: float) -> NDArray[np.intp]:
    bins: NDArray[np.intp] = np.minimum(squared * (BINS / ceiling), BINS - 1).astype(np.intp)
    return bins


def _blocks(rows: FloatRows) -> Iterator[FloatRows]:
    """Squared distances of all pairs, each once, a block of rows at a time."""
    squares = (rows**2).sum(axis=1)
    height = max(1, BLOCK // len(rows))
    for begin in range(0, len(rows), height):
        block = rows[begin : begin + height]
        squared = squares[begin : begin + height, None] + squares[None, begin:] - 2 * (block @ rows[begin:].T)
        later = np.arange(len(rows) - begin)[None, :] > np.arange(len(block))[:, None]
        yield np.maximum(squared[later], 0.0)
