"""A matcher of the spacing patterns of nuclear export signals (see `motifs.nes`) over whole sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..motifs import NES

PATTERNS = NES.patterns
"""All patterns. The first eleven are the classes as they stand in the literature; the others refine one of them."""

PHI = PATTERNS[0].phi
"""Residues at any Φ."""

TOLERATED = "ACTWY"
"""Residues that a relaxed search admits at one of Φ1..Φ4: after Kosugi's wider sets, which are not verified."""

NUMBER_OF_PHI = 5
"""Columns of a table of core positions: Φ0, Φ1, Φ2, Φ3, Φ4."""


WINDOW = max(pattern.length for pattern in PATTERNS)
"""Residues that the longest pattern spans."""


def _offset_table() -> NDArray[np.int32]:
    table = np.full((len(PATTERNS), NUMBER_OF_PHI), -1, dtype=np.int32)
    for row, pattern in zip(table, PATTERNS, strict=True):
        row[0 if pattern.has_phi0 else 1 :] = pattern.offsets
    return table


OFFSETS = _offset_table()
"""Offset of Φ0..Φ4 from the first Φ of each pattern, shape (patterns, 5); -1 where a pattern has no Φ0."""


@dataclass(frozen=True, slots=True)
class PatternHits:
    """All hits of all patterns in one sequence, in the order of `first`, then `pattern`.

    Attributes:
        pattern: index into `PATTERNS`, shape (n,).
        first: position of the hit's first Φ (Φ0 if it has one), 1-based, shape (n,).
    """

    pattern: NDArray[np.uint8]
    first: NDArray[np.int32]

    def __len__(self) -> int:
        """Number of hits."""
        return len(self.pattern)

    def cores(self) -> NDArray[np.int32]:
        """1-based positions of Φ0..Φ4, shape (n, 5); 0 where a pattern has no Φ0."""
        offsets = OFFSETS[self.pattern]
        return np.where(offsets < 0, 0, offsets + self.first[:, None])

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> PatternHits:
        """The hits that a mask of shape (n,) or a list of indices chooses, in the order of the indices."""
        return PatternHits(self.pattern[chosen], self.first[chosen])


def encoded(residues: str) -> NDArray[np.uint8]:
    """Residues as ASCII codes, shape (L,)."""
    return np.frombuffer(residues.encode("ascii"), dtype=np.uint8)


@cache
def _letters(tolerated: str) -> NDArray[np.uint8]:
    """Kind of each letter, as `match_words` takes it."""
    letters = np.zeros(256, dtype=np.uint8)
    letters[encoded(PHI + tolerated)] = 1
    letters[ord("P")] = 2
    return letters


def _place_table() -> NDArray[np.uint8]:
    table = np.zeros((len(PATTERNS), NUMBER_OF_PHI + 1), dtype=np.uint8)
    for row, pattern in zip(table, PATTERNS, strict=True):
        row[:2] = len(pattern.offsets), pattern.first_set != PHI
        row[2 : 1 + len(pattern.offsets)] = pattern.offsets[1:]
    return table


_PLACES = _place_table()
"""Of each pattern the number of its Φ, whether the first is a proline, and the offsets of the others."""


def find_hits(residues: str) -> PatternHits:
    """All overlapping hits of `PATTERNS`, the same as those of their regular expressions under look-ahead.

    Args:
        residues: cleaned residues.

    Example:
        >>> hits = find_hits("SNELALKLAGLDI")
        >>> [(PATTERNS[p].name, int(first)) for p, first in zip(hits.pattern, hits.first)]
        [('1a', 4), ('2', 6)]
    """
    return _matched(residues, "")


def find_relaxed_hits(residues: str) -> PatternHits:
    """Hits of `PATTERNS` with at most one of Φ1..Φ4 taken by a residue of `TOLERATED`, strict hits included."""
    hits = _matched(residues, TOLERATED)
    # A leading Φ stands for an absent Φ0 and, through its position 0, for the proline of the Rev class.
    padded = encoded(PHI[:1] + residues)
    cores = hits.cores()[:, 1:]
    cores[:, 0] = np.where(_PROLINE_FIRST[hits.pattern], 0, cores[:, 0])
    return hits.where(_IS_PHI[padded[cores]].sum(axis=1) >= cores.shape[1] - 1)


_IS_PHI = np.isin(np.arange(256), encoded(PHI))
_PROLINE_FIRST = np.array([pattern.first_set != PHI for pattern in PATTERNS])


def _matched(residues: str, tolerated: str) -> PatternHits:
    return PatternHits(*_matcher()(residues.encode("ascii"), _letters(tolerated), _PLACES))


@cache
def _matcher() -> Callable[..., tuple[NDArray[np.uint8], NDArray[np.int32]]]:
    from ._pattern_kernels import match_words

    return match_words
