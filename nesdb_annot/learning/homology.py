"""Which proteins are homologous: local alignment of all against all, and the connected components it gives.

Two proteins are linked where their best local alignment (BLOSUM62, gap opening 12, extension 1) has at least 30 %
identity over 80 % of both, or 30 % over half of either with a score that chance does not reach. The aligner's own
gap penalties are loose and would link nearly everything, hence they are stated here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MATRIX = "BLOSUM62"
GAP_OPEN, GAP_EXTEND = 12, 1
MINIMUM_IDENTITY = 0.30
COVERAGE_OF_BOTH, COVERAGE_OF_EITHER = 0.80, 0.50
MINIMUM_SCORE = 45
"""Alignments that score less are those of unrelated sequences (their median at 640 residues is about 45)."""

DOMAIN_SCORE = 100
"""Least score of a link over half of one protein: below it, proteins of biased composition link whole families."""

SCORE_PER_RESIDUE = 0.25
"""Least alignment score per residue of half the shorter protein that 30 % identity leaves room for."""

WORD_LENGTH, SHARED_WORDS = 5, 2
"""Large sets are aligned only where two sequences share this many distinct words of this length."""

ALL_PAIRS_RESIDUES = 1_000_000
"""Up to this many residues (90 seconds of one core) every pair is aligned; beyond, only those that share words,
which misses links of distant relatives (40 of 113 of NESdb's)."""

_LETTERS = str.maketrans("UO", "CK")


@dataclass(frozen=True, slots=True)
class Homology:
    """Two sequences, by their position in the list, and how alike they are.

    Attributes:
        identity: identical columns over all columns of the alignment, 0 to 1.
        coverage: share of the better and of the worse covered sequence that lies in the alignment.
        score: of the alignment, in the matrix's units (half bits).
    """

    first: int
    second: int
    identity: float
    coverage: tuple[float, float]
    score: int

    @property
    def linked(self) -> bool:
        """Whether the pair counts as homologous under the rule of this module."""
        better, worse = self.coverage
        of_domain = better >= COVERAGE_OF_EITHER and self.score >= DOMAIN_SCORE
        return self.identity >= MINIMUM_IDENTITY and (worse >= COVERAGE_OF_BOTH or of_domain)


def words(residues: str, length: int = WORD_LENGTH) -> set[str]:
    """Distinct words of `length` letters.

    Example:
        >>> sorted(words("MKMKM", 2))
        ['KM', 'MK']
    """
    return {residues[i : i + length] for i in range(len(residues) - length + 1)}


def sharing_words(sequences: Sequence[str]) -> dict[int, list[int]]:
    """For each sequence the later ones that share at least `SHARED_WORDS` words with it."""
    holders: dict[str, list[int]] = defaultdict(list)
    partners: dict[int, list[int]] = {}
    for i, residues in enumerate(sequences):
        counts: dict[int, int] = defaultdict(int)
        for word in words(residues):
            for j in holders[word]:
                counts[j] += 1
            holders[word].append(i)
        for j, shared in counts.items():
            if shared >= SHARED_WORDS:
                partners.setdefault(j, []).append(i)
    return partners


def every_pair_is_aligned(sequences: Iterable[str]) -> bool:
    """Whether `homologous_pairs` aligns all pairs of `sequences`, and not only those that share words."""
    return sum(map(len, sequences)) <= ALL_PAIRS_RESIDUES


def _pairs_to_align(sequences: Sequence[str]) -> dict[int, list[int]]:
    if every_pair_is_aligned(sequences):
        return {i: list(range(i + 1, len(sequences))) for i in range(len(sequences) - 1)}
    return sharing_words(sequences)


def homologous_pairs(sequences: Sequence[str]) -> Iterator[Homology]:
    """Linked pairs among `sequences` (cleaned residues), each once, the earlier sequence first."""
    letters = [residues.translate(_LETTERS) for residues in sequences]
    for i, others in _pairs_to_align(letters).items():
        for j, pair in _alike(letters[i], [letters[j] for j in others]):
            if pair.linked:
                yield replace(pair, first=i, second=others[j])


def strangers(sequences: Sequence[str], known: Sequence[str]) -> NDArray[np.bool_]:
    """Which of `sequences` are linked with none of the `known` ones, shape (n,); every pair is aligned."""
    letters = [residues.translate(_LETTERS) for residues in known]
    found = (_alike(residues.translate(_LETTERS), letters) for residues in sequences)
    return np.array([not any(pair.linked for _, pair in own) for own in found], dtype=bool)


def _alike(query: str, others: Sequence[str]) -> Iterator[tuple[int, Homology]]:
    """Alignments of `query` with those of `others` that may be linked with it, by their position.

    A pass that computes scores only sorts out the unrelated ones; the rest is aligned in full.
    """
    import pyopal

    aligner = pyopal.Aligner(MATRIX, gap_open=GAP_OPEN, gap_extend=GAP_EXTEND)
    scores = aligner.align(query, pyopal.Database(others)) if others else []
    needed = [max(MINIMUM_SCORE, SCORE_PER_RESIDUE * min(len(query), len(other)) / 2) for other in others]
    kept = [j for j, (hit, least) in enumerate(zip(scores, needed, strict=True)) if hit.score >= least]
    full = aligner.align(query, pyopal.Database([others[j] for j in kept]), mode="full") if kept else []
    for j, hit in zip(kept, full, strict=True):
        coverage = sorted((hit.coverage("query"), hit.coverage("target")), reverse=True)
        yield j, Homology(0, j, hit.identity(), (coverage[0], coverage[1]), hit.score)


def connected_components(size: int, links: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Component of each of `size` nodes, shape (size,): the smallest node that it is connected with.

    Example:
        >>> connected_components(4, [(1, 3)]).tolist()
        [0, 1, 2, 1]
    """
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return np.array([root(node) for node in range(size)], dtype=np.int64)
