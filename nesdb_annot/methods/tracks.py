"""Running sums of per-residue values along one protein, for means over any stretch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

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
    """What each letter counts on each track, shape (letters, tracks)."""
    letters = np.arange(len(SCALES[HYDROPATHY]))
    groups = [np.isin(letters, letter_indices(group)) for group in (*GROUPS.values(), "LIVMF")]
    return np.stack([*groups, *(SCALES[name] for name in _TRACK_SCALES)], axis=1).astype(np.float64)


def within(places: Places, least: int | Places, greatest: int) -> Places:
    """`np.clip` without its checks, which cost more than a few candidates' work."""
    return np.minimum(np.maximum(places, least), greatest)


def turns(angle: float, length: int) -> tuple[Floats, Floats]:
    """Cosine and sine of the direction of each side chain, at least `length` of them, `angle` degrees apart."""
    return _turns(angle, 1 << max(10, (length - 1).bit_length()))


@lru_cache(maxsize=16)
def _turns(angle: float, length: int) -> tuple[Floats, Floats]:
    turned = np.deg2rad(angle) * np.arange(length)
    return np.cos(turned), np.sin(turned)


Stretch = tuple[Sequence[str], Places, Places]
"""Names of tracks, and begins and ends of the stretches over which their means are wanted, shape (n,) each."""


class Tracks:
    """Running sums of per-residue values of one protein, for means over any stretch."""

    def __init__(self, residues: str) -> None:
        from ._feature_kernels import running_sums

        self.length = len(residues)
        self.letters = letter_indices(residues)
        self.sums = running_sums(_track_table(), self.letters)

    def values(self, name: str) -> Floats:
        """What each residue counts on a track, shape (L,)."""
        counted: Floats = _track_table()[self.letters, _TRACK_NAMES[name]]
        return counted

    def means(self, *stretches: Stretch) -> Floats:
        """Means of the named tracks over residues [begin, end), 0-based, cut at the ends.

        Args:
            stretches: of the same n.

        Returns:
            Shape (n, names of all stretches).
        """
        from ._feature_kernels import stretch_means

        begins, ends = np.array([begin for _, begin, _ in stretches]), np.array([end for _, _, end in stretches])
        return stretch_means(self.sums, *_columns(tuple(tuple(names) for names, _, _ in stretches)), begins, ends)

    def best_window(self, values: Floats, window: int, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        """Highest of `values` (one per window start) over the windows that begin in [begin - window / 2, end)."""
        if len(values) == 0:
            return np.zeros(len(begin))
        low = within(begin - window // 2, 0, len(values) - 1)
        high = within(end - window // 2, low + 1, len(values))
        edges = np.stack([low, high], axis=1).ravel()
        outcome: Floats = np.maximum.reduceat(np.append(values, values[-1]), edges)[::2]
        return outcome


@cache
def _columns(names: tuple[tuple[str, ...], ...]) -> tuple[Places, Places]:
    """Track and stretch of each column of `Tracks.means`."""
    tracks = [_TRACK_NAMES[name] for group in names for name in group]
    stretches = [number for number, group in enumerate(names) for _ in group]
    return np.array(tracks, dtype=np.int64), np.array(stretches, dtype=np.int64)
