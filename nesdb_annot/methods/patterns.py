"""The spacing patterns of nuclear export signals, as a declared table, and a matcher over whole sequences.

Φ stands for a large hydrophobic residue. Φ1 to Φ4 are numbered from the N-terminus in both orientations; Φ0 lies before
Φ1 and is optional.

Sources:
    Kosugi 2008 (Traffic 9:2053): classes 1a to 1d, 2 and 3. Fung 2015 (eLife 4:e10034): the reverse of the four
    classes 1, which bind in the opposite (minus) orientation. Fung 2017 (eLife 6:e23961): class 4. Güttler 2010
    (NSMB 17:1367): Φ0 of the PKI class, and the proline that docks at Φ1 in the Rev class. The gaps of classes 2, 3
    and 4 read the same in both directions, so these have no reverse. Weights 4, 3 and 2 and half of them for the
    reverse classes are those of the published pipeline; that of class 4, which it lacks, is set equal to class 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

PHI = "LIVMF"
"""Residues at any Φ (Fung 2015, 2017)."""

TOLERATED = "ACTWY"
"""Residues that a relaxed search admits at one of Φ1..Φ4: after Kosugi's wider sets, which are not verified."""

NUMBER_OF_PHI = 5
"""Columns of a table of core positions: Φ0, Φ1, Φ2, Φ3, Φ4."""

Orientation: TypeAlias = Literal["plus", "minus"]


@dataclass(frozen=True, slots=True)
class NesPattern:
    """One spacing pattern.

    Attributes:
        name: unique name.
        nes_class: one of the eleven classes of the literature, which several patterns may share.
        gaps: numbers of residues between consecutive Φ.
        first_set: residues admitted at the first Φ; all others admit `PHI`.
        orientation: of the bound peptide in the groove of CRM1.
        weight: of the class, 1 to 4.
        has_phi0: whether the first position is Φ0 (five positions) or Φ1 (four).
    """

    name: str
    nes_class: str
    gaps: tuple[int, ...]
    weight: float
    orientation: Orientation = "plus"
    first_set: str = PHI
    has_phi0: bool = False

    @property
    def offsets(self) -> tuple[int, ...]:
        """Offset of each Φ from the first one, residues."""
        return tuple(accumulate((gap + 1 for gap in self.gaps), initial=0))

    @property
    def length(self) -> int:
        """Residues from the first to the last Φ."""
        return self.offsets[-1] + 1

    @property
    def regex(self) -> str:
        """The pattern as a regular expression, without look-ahead.

        Example:
            >>> PATTERNS[4].regex
            '[LIVMF].[LIVMF]..[LIVMF].[LIVMF]'
        """
        return f"[{self.first_set}]" + "".join("." * gap + f"[{PHI}]" for gap in self.gaps)


def _reverse(pattern: NesPattern) -> NesPattern:
    name = pattern.name + "-R"
    return NesPattern(name, name, pattern.gaps[::-1], pattern.weight / 2, "minus")


_CLASS_1 = (
    NesPattern("1a", "1a", (3, 2, 1), 4.0),
    NesPattern("1b", "1b", (2, 2, 1), 3.0),
    NesPattern("1c", "1c", (3, 3, 1), 3.0),
    NesPattern("1d", "1d", (2, 3, 1), 3.0),
)

PATTERNS: tuple[NesPattern, ...] = (
    *_CLASS_1,
    NesPattern("2", "2", (1, 2, 1), 3.0),
    NesPattern("3", "3", (2, 3, 2), 2.0),
    NesPattern("4", "4", (3, 2, 3), 2.0),
    *(_reverse(pattern) for pattern in _CLASS_1),
    NesPattern("PKI", "1a", (2, 3, 2, 1), 4.0, has_phi0=True),
    NesPattern("4-Phi0", "4", (2, 3, 2, 3), 2.0, has_phi0=True),
    NesPattern("Rev", "2", (1, 2, 1), 3.0, first_set="P"),
)
"""All patterns. The first eleven are the classes as they stand in the literature; the others refine one of them."""

NES_CLASSES: tuple[str, ...] = tuple(pattern.name for pattern in PATTERNS[:11])

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
