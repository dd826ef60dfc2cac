"""Compiled kernels of the pattern methods; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

_SEQUENCE = 0x03F79D71B4CB0A89
"""De Bruijn's: its windows of 6 bits are all different, so that a product with a power of two tells which power."""

_POWERS = np.empty(64, dtype=np.uint8)
_POWERS[[(_SEQUENCE << power & (1 << 64) - 1) >> 58 for power in range(64)]] = range(64)


@compiled
def lowest_bit(word: np.uint64) -> int:
    """Number of the lowest bit that is set in a word other than 0."""
    lowest = word & (~word + np.uint64(1))
    return int(_POWERS[(lowest * np.uint64(_SEQUENCE)) >> np.uint64(58)])


@compiled
def kinds_of(residues: bytes, letters: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Which residues are Φ (row 0) and which are proline (row 1), a bit each, 64 to a word; one more word is 0."""
    words = (len(residues) + 63) // 64
    kinds = np.zeros((2, words + 1), dtype=np.uint64)
    for word in range(words):
        phi, proline = np.uint64(0), np.uint64(0)
        for bit in range(min(64, len(residues) - 64 * word)):
            kind = np.uint64(letters[residues[64 * word + bit]])
            phi |= (kind & np.uint64(1)) << np.uint64(bit)
            proline |= (kind >> np.uint64(1)) << np.uint64(bit)
        kinds[0, word], kinds[1, word] = phi, proline
    return kinds


@compiled
def match_words(
    residues: bytes, letters: NDArray[np.uint8], places: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Pattern index and 1-based first position of every hit, ordered by position, then pattern.

    64 places are compared at once: a pattern stands where the words of its Φ, each moved by its offset, agree.

    Args:
        residues: ASCII; bytes, since to make an array of them takes longer than to match a short protein.
        letters: 1 for residues of Φ, 2 for proline, 0 for all others, shape (256,).
        places: of each pattern, how many Φ it has, whether the first is a proline, and the offsets of the others from
            the first, each 1 to 63; shape (patterns, 2 + most Φ - 1).
    """
    kinds = kinds_of(residues, letters)
    patterns, words = len(places), kinds.shape[1] - 1
    matches = np.empty((words, patterns), dtype=np.uint64)
    total = 0
    for word in range(words):
        here, after = kinds[0, word], kinds[0, word + 1]
        for pattern in range(patterns):
            match = kinds[places[pattern, 1], word]
            for phi in range(1, places[pattern, 0]):
                offset = np.uint64(places[pattern, phi + 1])
                match &= (here >> offset) | (after << (np.uint64(64) - offset))
            matches[word, pattern] = match
            while match:
                match &= match - np.uint64(1)
                total += 1
    pattern_of = np.empty(total, dtype=np.uint8)
    first = np.empty(total, dtype=np.int32)
    found = 0
    for word in range(words):
        some = np.uint64(0)
        for pattern in range(patterns):
            some |= matches[word, pattern]
        while some:
            bit = lowest_bit(some)
            some &= some - np.uint64(1)
            for pattern in range(patterns):
                if (matches[word, pattern] >> np.uint64(bit)) & np.uint64(1):
                    pattern_of[found] = pattern
                    first[found] = 64 * word + bit + 1
                    found += 1
    return pattern_of, first


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
