"""The consensus score of the published pipeline, as its authors computed it: for the record and for comparison.

It is an unbounded sum over all matches. Its class 3 has the spacing of class 1d, its reverse classes include those of
the palindromic classes 2 and 3, its PKI spacing is not the literature's, and its Rev rule never looks at the last
window: all of that is part of the published numbers and is kept. Use `consensus` for work.
"""

from __future__ import annotations

from collections.abc import Iterator

_CORE = frozenset("LIVMF")
_WIDER = _CORE | frozenset("AT")
_STRUCTURAL = _CORE | frozenset("AYWP")
_SETS = (_WIDER, _WIDER, _CORE, _CORE)

FORWARD: tuple[tuple[str, tuple[int, ...], int], ...] = (
    ("1a", (0, 4, 7, 9), 4),
    ("1b", (0, 3, 6, 8), 3),
    ("1c", (0, 4, 8, 10), 3),
    ("1d", (0, 3, 7, 9), 3),
    ("2", (0, 2, 5, 7), 3),
    ("3", (0, 3, 7, 9), 2),
)
"""Name, offsets of Φ1..Φ4 and weight of the published patterns; a reverse pattern has half the weight, rounded down."""

BONUS = 3
"""Weight of a match of the PKI or the Rev rule."""


def _spacing_matches(peptide: str) -> Iterator[tuple[str, int]]:
    for name, offsets, weight in FORWARD:
        length = offsets[-1] + 1
        mirrored = tuple(length - 1 - offset for offset in offsets)
        for begin in range(len(peptide) - length + 1):
            for label, places, worth in ((name, offsets, weight), (name + "_rev", mirrored, weight // 2)):
                if all(peptide[begin + place] in allowed for place, allowed in zip(places, _SETS, strict=True)):
                    yield label, worth


def _pki_matches(peptide: str) -> Iterator[tuple[str, int]]:
    for begin in range(len(peptide)):
        for gap in range(4):
            places = [begin, *(begin + gap + offset for offset in (1, 5, 9, 12))]
            if places[-1] < len(peptide) and all(peptide[place] in _CORE for place in places):
                yield "PKI", BONUS


def _rev_matches(peptide: str) -> Iterator[tuple[str, int]]:
    for begin in range(len(peptide) - 9):
        window = peptide[begin : begin + 9]
        if window[0] in _STRUCTURAL and window[1] == "P" and all(window[place] in _CORE for place in (3, 6, 8)):
            yield "Rev", BONUS


def paper_consensus(peptide: str) -> tuple[int, int]:
    """Published consensus score and number of matches of an isolated peptide.

    Example:
        >>> paper_consensus("LVSSASGNSNELALKLAGLDINK")
        (14, 6)
    """
    matches = [*_spacing_matches(peptide), *_pki_matches(peptide), *_rev_matches(peptide)]
    hydrophobic = sum(residue in _CORE for residue in peptide) / len(peptide)
    score = sum(worth for _, worth in matches)
    score += 2 if hydrophobic >= 0.5 else int(hydrophobic >= 0.35)
    score -= int(peptide.count("P") > 2)
    score += int(peptide[0] in "DE") + int(peptide[-1] in "DE")
    return max(score, 0), len(matches)
