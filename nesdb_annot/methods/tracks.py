"""Running sums of per-residue values along one protein, for means over any stretch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .descriptors import CHARGE, DISORDER, HELIX, HYDROPATHY, HYDROPHOBICITY, SCALES, letter_indices

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

GROUPS = {
    "L": "L", "I": "I", "V": "V", "M": "M", "F": "F", "A": "A", "P": "P", "G": "G", "acidic": "DE", "basic": "KR",
    "S_T": "ST", "N_Q": "NQ", "C_H": "CH", "W_Y": "WY",
}  # fmt: skip
"""Name -> residues; each is a track of ones and zeros. ``hydrophobic`` (LIVMF) and the scales are tracks, too."""


_TRACK_SCALES = (HYDROPATHY, HELIX, DISORDER, CHARGE, HYDROPHOBICITY)
_TRACK_NAMES = {name: row for row, name in enumerate((*GROUPS, "hydrophobic", *_TRACK_SCALES))}


@cache
def _track_table() -> Floats:
    """What each letter counts on each track, shape (tracks, letters)."""
    letters = np.arange(len(SCALES[HYDROPATHY]))
    groups = [np.isin(letters, letter_indices(group)) for group in (*GROUPS.values(), "LIVMF")]
    return np.stack([*groups, *(SCALES[name] for name in _TRACK_SCALES)]).astype(np.float64)


def within(places: Places, least: int | Places, greatest: int) -> Places:
    """`np.clip` without its checks, which cost more than a few candidates' work."""
    return np.minimum(np.maximum(places, least), greatest)


class Tracks:
    """Running sums of per-residue values of one protein, for means over any stretch."""

    def __init__(self, residues: str) -> None:
        self.length = len(residues)
        self.names = _TRACK_NAMES
        self.table = _track_table()[:, letter_indices(residues)]
        self.sums = np.zeros((len(self.table), self.length + 1))
        np.cumsum(self.table, axis=1, out=self.sums[:, 1:])

    def means(self, names: Sequence[str], begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        """Means of the named tracks over residues [begin, end), 0-based, cut at the ends; shape (n, names)."""
        rows = np.array([self.names[name] for name in names])[:, None]
        low, high = within(begin, 0, self.length), within(end, 0, self.length)
        outcome: Floats = ((self.sums[rows, high] - self.sums[rows, low]) / np.maximum(high - low, 1)).T
        return outcome

    def best_window(self, values: Floats, window: int, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        """Highest of `values` (one per window start) over the windows that begin in [begin - window / 2, end)."""
        if len(values) == 0:
            return np.zeros(len(begin))
        low = within(begin - window // 2, 0, len(values) - 1)
        high = within(end - window // 2, low + 1, len(values))
        edges = np.stack([low, high], axis=1).ravel()
        outcome: Floats = np.maximum.reduceat(np.append(values, values[-1]), edges)[::2]
        return outcome
