"""What the tagger reads of each residue besides its embedding: letter and scales, cores that cover it, its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .consensus import UNMATCHED, strict_cores
from .descriptors import LETTER_FEATURES, letter_indices

END_LENGTHS = (10.0, 40.0, 150.0)
"""Residues over which nearness to either end decays."""

CORE_TRACKS = 2
CONTEXT_FEATURES = CORE_TRACKS + 2 * len(END_LENGTHS) + 1
FEATURES = LETTER_FEATURES.shape[1] + CONTEXT_FEATURES


def place_features(length: int) -> NDArray[np.float32]:
    """Nearness to the first and to the last residue, and the length of the protein; shape (length, 7)."""
    place = np.arange(length, dtype=np.float32)
    near = [np.exp(-distance / scale) for distance in (place, place[::-1]) for scale in END_LENGTHS]
    size = np.full(length, np.log(length / 400.0) / 2, dtype=np.float32)
    return np.stack([*near, size], axis=1).astype(np.float32)


def core_features(residues: str) -> NDArray[np.float32]:
    """Score of the best consensus core that covers each residue, and that has it as a phi; shape (L, 2).

    0 stands for no core, 1 for one that scores ten more than no match.
    """
    scored = strict_cores(residues)
    best = np.zeros((CORE_TRACKS, len(residues)), dtype=np.float32)
    height = ((scored.totals - UNMATCHED) / 10).clip(0).astype(np.float32)
    first, last = scored.cores[:, 1] - 1, scored.cores[:, 4] - 1
    for offset in range(int((last - first).max(initial=-1)) + 1):
        inside = first + offset <= last
        np.maximum.at(best[0], first[inside] + offset, height[inside])
    for phi in range(1, scored.cores.shape[1]):
        np.maximum.at(best[1], scored.cores[:, phi] - 1, height)
    return np.ascontiguousarray(best.T)


def context_features(residues: str) -> NDArray[np.float32]:
    """`core_features` and `place_features` side by side, shape (L, `CONTEXT_FEATURES`)."""
    return np.hstack([core_features(residues), place_features(len(residues))])


def residue_features(residues: str) -> NDArray[np.float32]:
    """All features of each residue, shape (L, `FEATURES`)."""
    return np.hstack([LETTER_FEATURES[letter_indices(residues)], context_features(residues)])
