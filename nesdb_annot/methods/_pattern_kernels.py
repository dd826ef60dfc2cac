"""Compiled kernels of the pattern methods; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled


@compiled
def match_windows(
    codes: NDArray[np.uint8], letters: NDArray[np.uint8], fits: NDArray[np.uint16], width: int, patterns: int
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Pattern index and 1-based first position of every hit, ordered by position, then pattern.

    A bit window slides along the sequence; bit j says whether the residue j places on may stand at a Φ. One look-up
    yields all patterns at once. Positions are collected without a branch: a hit is too unpredictable for one.

    Args:
        codes: ASCII codes of the residues, shape (L,).
        letters: 1 for residues of Φ, 2 for proline, 0 for all others, shape (256,).
        fits: patterns (bits) that a window admits when it begins with another residue than proline (row 0) or with
            proline (row 1), shape (2, 2^width).
        width: residues in a window.
        patterns: number of patterns, at most 16.
    """
    length = len(codes)
    sites = np.empty(length + width, dtype=np.int32)
    admitted = np.empty(length + width, dtype=np.uint16)
    found, total = 0, 0
    one, top = np.uint32(1), np.uint32(width - 1)
    window, prolines = np.uint32(0), np.uint32(0)
    for end in range(length + width - 1):
        kind = np.uint32(letters[codes[end]]) if end < length else np.uint32(0)
        window = (window >> one) | ((kind & one) << top)
        prolines = (prolines >> one) | ((kind >> one) << top)
        hits = fits[prolines & one, window]
        admitted[found] = hits
        sites[found] = end - width + 2
        found += hits != 0
    for site in range(found):
        for index in range(patterns):
            total += (admitted[site] >> index) & 1
    pattern = np.empty(total, dtype=np.uint8)
    first = np.empty(total, dtype=np.int32)
    total = 0
    for site in range(found):
        hits = admitted[site]
        index = 0
        while hits:
            if hits & 1:
                pattern[total] = index
                first[total] = sites[site]
                total += 1
            hits >>= 1
            index += 1
    return pattern, first


@compiled
def best_hits(
    spans: NDArray[np.int64],
    cores: NDArray[np.int32],
    score: NDArray[np.float64],
    reach: int,
    outside_cost: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Best hit of each span and its score there; -1 and 0 where no hit has at least three of Φ1..Φ4 inside.

    Args:
        spans: first and last residue of each span, 1-based inclusive, shape (m, 2).
        cores: positions of Φ1..Φ4, ascending in Φ1, shape (n, 4).
        score: of each hit, shape (n,).
        reach: no hit is longer, residues from Φ1 to Φ4.
        outside_cost: subtracted for a Φ outside the span.
    """
    best = np.full(len(spans), -1, dtype=np.int64)
    value = np.zeros(len(spans))
    for span in range(len(spans)):
        first, last = spans[span]
        hit = np.searchsorted(cores[:, 0], first - reach)
        while hit < len(score) and cores[hit, 0] <= last:
            outside = 0
            for phi in range(4):
                outside += cores[hit, phi] < first or cores[hit, phi] > last
            there = score[hit] - outside_cost * outside
            if outside <= 1 and (best[span] < 0 or there > value[span]):
                best[span], value[span] = hit, there
            hit += 1
    return best, value
