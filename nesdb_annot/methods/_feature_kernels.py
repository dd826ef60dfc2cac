"""Compiled kernels of the biochemical features; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@compiled
def running_sums(table: Floats, letters: Places) -> Floats:
    """Sums of what the letters count on each track up to each residue, shape (L + 1, tracks); the first row is 0.

    Args:
        table: shape (letters of the alphabet, tracks).
        letters: index of each residue, shape (L,).
    """
    tracks = table.shape[1]
    sums = np.zeros((len(letters) + 1, tracks))
    for row in range(len(letters)):
        counted = table[letters[row]]
        for track in range(tracks):
            sums[row + 1, track] = sums[row, track] + counted[track]
    return sums


@compiled
def stretch_means(sums: Floats, tracks: Places, stretches: Places, begins: Places, ends: Places) -> Floats:
    """Means of tracks over residues [begin, end) of each segment's stretches, cut at the ends; 0 over none.

    Args:
        sums: from `running_sums`.
        tracks: of each column, shape (columns,).
        stretches: of each column, shape (columns,).
        begins: 0-based, shape (stretches, n).
        ends: likewise.

    Returns:
        Shape (n, columns).
    """
    length, count = len(sums) - 1, begins.shape[1]
    means = np.empty((count, len(tracks)))
    for segment in range(count):
        for column in range(len(tracks)):
            stretch = stretches[column]
            low = min(max(begins[stretch, segment], 0), length)
            high = min(max(ends[stretch, segment], 0), length)
            total = sums[high, tracks[column]] - sums[low, tracks[column]]
            means[segment, column] = total / max(high - low, 1)
    return means
