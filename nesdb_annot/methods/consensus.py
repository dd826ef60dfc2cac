"""Scoring method `consensus`: how well the best spacing pattern in a segment fits a nuclear export signal.

The best match counts, not the sum of matches: sums reward plain hydrophobicity, so that membrane helices win.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from ..residues import ResidueSpan, bounds
from ..scoring_methods import version_of
from . import consensus_terms
from .consensus_terms import TERMS, core_terms
from .patterns import PATTERNS, TOLERATED, WINDOW, PatternHits, encoded, find_hits, find_relaxed_hits
from .protocol import Floats, ProteinContext
from .topology import StatedStretches
from .weights import Weights

UNMATCHED = -10.0
"""Score of a segment without a match, on which matched segments are floored too."""

OUTSIDE_COST = 3.0
"""A core counts for a segment that holds at least three of its Φ1..Φ4; the one that lies outside costs this much."""


class ScoredCores:
    """The strict hits of one protein with their terms, computed once for all its segments.

    Attributes:
        hits: in the order of Φ1, n of them.
        cores: 1-based positions of Φ0..Φ4, shape (n, 5); 0 for an absent Φ0.
        terms: shape (n, len(TERMS)).
        totals: sum of the terms, shape (n,).
    """

    def __init__(self, residues: str, hits: PatternHits, stated: StatedStretches = ()) -> None:
        cores = hits.cores()
        order = np.argsort(cores[:, 1], kind="stable")
        self.hits = hits.where(order)
        self.cores = cores[order]
        self.terms = core_terms(encoded(residues), self.hits, stated)
        self.totals = self.terms.sum(axis=1)

    def best_in(self, spans: list[ResidueSpan]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Index of the best hit in each span (-1 for none) and its score there, shape (m,) each."""
        from ._pattern_kernels import best_hits

        return best_hits(bounds(spans), self.cores[:, 1:], self.totals, WINDOW, OUTSIDE_COST)

    def evidence(self, hit: int, span: ResidueSpan) -> dict[str, Json]:
        """Class, orientation, core positions and term contributions of one hit, seen from `span`."""
        pattern = PATTERNS[self.hits.pattern[hit]]
        core = self.cores[hit].tolist()
        return {
            "class": pattern.nes_class,
            "pattern": pattern.name,
            "orientation": pattern.orientation,
            "core": {f"phi{n}": position for n, position in enumerate(core) if position},
            "outside": sum(not span.first <= position <= span.last for position in core[1:]),
            "terms": dict(zip(TERMS, np.round(self.terms[hit], 3).tolist(), strict=True)),
        }


@lru_cache(maxsize=4)
def strict_cores(residues: str, stated: StatedStretches = ()) -> ScoredCores:
    """The strict hits of a protein with their terms; several methods read them of one protein after the other."""
    return ScoredCores(residues, find_hits(residues), stated)


def best_cores(residues: str, spans: Sequence[ResidueSpan]) -> list[ResidueSpan | None]:
    """Φ1 to Φ4 of the best match of each span, of which one may lie outside; None where none matches.

    Example:
        >>> [str(core) for core in best_cores("GSNELALKLAGLDINKTE", [ResidueSpan(5, 16), ResidueSpan(1, 5)])]
        ['5-14', 'None']
    """
    scored = strict_cores(residues)
    hit, _ = scored.best_in(list(spans))
    ends = scored.cores[:, [1, 4]].tolist()
    return [ResidueSpan(*ends[place]) if place >= 0 else None for place in hit.tolist()]


class Consensus:
    """Method `consensus`. Untrained, needs no embedding; raw scores run from `UNMATCHED` to about 14."""

    @cached_property
    def identity(self) -> MethodIdentity:
        """Name, version, patterns and all weights; also what the cores of `consensus_cores` depend on besides."""
        patterns: list[Json] = [f"{p.name}:{p.regex}:{p.weight:g}" for p in PATTERNS]
        own: dict[str, Json] = {
            "patterns": patterns,
            "unmatched": UNMATCHED,
            "outside_cost": OUTSIDE_COST,
            "tolerated": TOLERATED,
        }
        return MethodIdentity("consensus", version_of("consensus"), {**own, **consensus_terms.weights()})

    def raw(self, context: ProteinContext) -> Floats:
        """Score of the best match of each segment, shape (n,); `UNMATCHED` where none matches."""
        hit, value = self._best(context)
        return np.where(hit < 0, UNMATCHED, np.maximum(value, UNMATCHED))

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """The best match of each of these segments; ``{"class": None}`` where none matches."""
        scored, (hit, _) = strict_cores(context.residues, context.stated), self._best(context)
        chosen = [(int(hit[i]), context.spans[i]) for i in indices]
        return [scored.evidence(match, span) if match >= 0 else {"class": None} for match, span in chosen]

    def _best(self, context: ProteinContext) -> tuple[NDArray[np.int64], Floats]:
        scored = strict_cores(context.residues, context.stated)
        return context.once(self, lambda: scored.best_in(list(context.spans)))


def consensus_cores(residues: str) -> list[ResidueSpan]:
    """Distinct cores (Φ1 to Φ4) of a protein, best first: what a segmentation can anchor its candidates at.

    Relaxed matches, with one Φ outside LIVMF, are included; their terms rank them behind strict ones of equal merit.
    The membrane term is left out of the order: whether a helix spans a membrane is for the scores to say.

    Example:
        >>> consensus_cores("GSNELALKLAGLDINKTE")[0].of("GSNELALKLAGLDINKTE")
        'LALKLAGLDI'
    """
    scored = ScoredCores(residues, find_relaxed_hits(residues))
    merit = scored.totals - scored.terms[:, TERMS.index("membrane")]
    best_first = np.argsort(-merit, kind="stable")
    ends = scored.cores[best_first][:, [1, 4]]
    return [ResidueSpan(first, last) for first, last in dict.fromkeys(map(tuple, ends.tolist()))]


def build(_: Weights) -> Consensus:
    """Return the method; it has no weights."""
    return Consensus()
