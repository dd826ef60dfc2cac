"""How the methods' scores become one probability: the one visible formula.

    context     = segment context, and how far the methods agree
    weight      = base weight of the method + sum over context of adaptive weight * context, never below zero
    first       = intercept + sum over context of shift * context + sum over methods of weight * logit(probability)
    competition = log(elsewhere + sum over competing candidates, but for the `spared` strongest, of exp(their first))
    combined    = first - competition

The first stage is a stack (Wolpert 1992) of methods that were calibrated apart; where nothing adapts to the segment's
context (`segment_context` and `agreement`), shifts and adaptive weights are zero. The second sees the protein's other
candidates: in the form of a conditional logit (McFadden 1974), the log-odds that this one is the signal of a cargo,
rather than a competing candidate or the outside option. A second signal of the protein then loses to the first, unless
the strongest competing candidate of each is `spared`. `combination` makes probabilities of these numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json
from ..residues import ResidueSpan, bounds
from .segment_context import SEGMENT_CONTEXT

NAME = "combined"
CONTEXT = (*SEGMENT_CONTEXT, "agreement")
"""What weights may depend on."""

Floats = NDArray[np.float64]


def agreement(logits: Floats) -> Floats:
    """How far methods agree that a segment is a motif, shape (n,): what the most doubtful of them says.

    Args:
        logits: log-odds by method, shape (n, methods). Where the least is -4 (about 1 in 55), agreement is 0; at even
            odds it is 2. Without a method it is 0.

    Example:
        >>> agreement(np.array([[0.0, 1.5], [3.0, -4.0]])).tolist()
        [2.0, 0.0]
    """
    outcome: Floats = logits.min(axis=1, initial=np.inf) / 2 + 2 if logits.shape[1] else np.zeros(len(logits))
    return outcome


def peak_of(first: Floats, spans: Sequence[ResidueSpan]) -> NDArray[np.int64]:
    """Number of the peak that each candidate belongs to, shape (n,): of itself if it is one.

    Peaks are taken from the best down; a candidate that shares a residue with some belongs to the best of them.

    Example:
        >>> spans = [ResidueSpan(1, 9), ResidueSpan(5, 12), ResidueSpan(20, 30), ResidueSpan(40, 50)]
        >>> peak_of(np.array([1.0, 2.0, -1.0, 0.5]), spans).tolist()
        [1, 1, 2, 3]
    """
    from . import _segment_kernels as kernels

    return kernels.peak_of(bounds(spans), np.argsort(-first, kind="stable"))


def peaks(first: Floats, spans: Sequence[ResidueSpan]) -> NDArray[np.intp]:
    """Numbers of the peaks, best first."""
    found = np.flatnonzero(peak_of(first, spans) == np.arange(len(spans)))
    return found[np.argsort(-first[found], kind="stable")]


def competing_sums(peak: Floats, spared: int = 0) -> Floats:
    """Logarithm of the summed odds of all peaks but each one and its `spared` strongest competitors, shape (n,).

    Args:
        peak: log-odds of the peaks, shape (n,).
        spared: competitors of each peak that do not count, the strongest; -inf is the sum where there are no others.

    Example:
        >>> peak = np.log([3.0, 1.0, 2.0])
        >>> np.exp(competing_sums(peak)).round(6).tolist(), np.exp(competing_sums(peak, 1)).round(6).tolist()
        ([3.0, 5.0, 4.0], [1.0, 2.0, 1.0])
    """
    order = np.argsort(-peak, kind="stable")
    fallen = peak[order]
    # Of those before it and those behind it: to take each one's share from the whole would lose its digits.
    behind = np.append(np.logaddexp.accumulate(fallen[::-1])[::-1], [-np.inf] * (spared + 1))
    counted = np.concatenate([np.full(min(spared, len(peak)), -np.inf), fallen[spared:]])
    before = np.concatenate([[-np.inf], np.logaddexp.accumulate(counted)[:-1]])
    number = np.arange(len(peak))
    sums = np.empty(len(peak))
    sums[order] = np.logaddexp(before, behind[np.maximum(number, spared) + 1])
    return sums


def competition_between(first: Floats, spans: Sequence[ResidueSpan], elsewhere: float, spared: int = 0) -> Floats:
    """What competing candidates take from the log-odds of each candidate, shape (n,).

    The peaks of the protein compete, but for the one that the candidate belongs to.

    Args:
        first: first-stage log-odds, shape (n,).
        spans: the candidates.
        elsewhere: see `Ranking`.
        spared: see `Ranking`.

    Example:
        >>> spans = [ResidueSpan(1, 9), ResidueSpan(20, 30)]
        >>> np.exp(competition_between(np.log([3.0, 1.0]), spans, 0.5)).round(6).tolist()
        [1.5, 3.5]
        >>> np.exp(competition_between(np.log([3.0, 1.0]), spans, 0.5, 1)).round(6).tolist()
        [0.5, 0.5]
    """
    peak, member = np.unique(peak_of(first, spans), return_inverse=True)
    competition: Floats = np.logaddexp(log(elsewhere), competing_sums(first[peak], spared))[member]
    return competition


def _spared(stored: Mapping[str, Any]) -> int:
    """How many competitors a stored ranking spares; one from before there was a choice spares none.

    Raises:
        ValueError: if it weighs sets of signals, which this version does not.
    """
    if stored.get("several"):
        raise ValueError("sets of several signals")
    return int(stored.get("spared", 0))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of the first stage, and the shares of the second.

    Attributes:
        methods: names, in the order of `weights`.
        weights: of the logit of each method's calibrated probability.
        intercept: of the first stage.
        elsewhere: odds of the outside option, a signal that is none of the candidates. The larger they are, the less a
            second signal of a protein loses to the first, and the less a candidate gains for being the best of a poor
            protein. None: there is no second stage.
        spared: strongest competitors of a candidate that do not count. With 1, a second signal of a protein is not held
            down by the first.
        combination: how the weights came about, one of the names in `learning.combinations`.
        shift: of the columns of `CONTEXT`, or empty.
        adaptive: for each method, what each of these columns adds to its weight; or empty.
    """

    methods: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float
    combination: str = "stack"
    elsewhere: float | None = None
    shift: tuple[float, ...] = ()
    adaptive: tuple[tuple[float, ...], ...] = ()
    spared: int = 0

    def context(self, logits: Floats, around: Floats) -> Floats:
        """The columns of `CONTEXT`, from the methods' logits, shape (n, methods), and the segments' surroundings.

        Methods that have no base weight have no say in whether methods agree.
        """
        return np.column_stack([around, agreement(logits[:, np.array(self.weights) > 0])])

    def method_weights(self, context: Floats) -> Floats:
        """Weight of each method for each segment, shape (n, methods), given its `context`."""
        base = np.broadcast_to(np.array(self.weights), (len(context), len(self.weights)))
        return np.maximum(base + context @ np.array(self.adaptive).T, 0.0) if self.adaptive else base

    def first(self, logits: Floats, around: Floats) -> Floats:
        """First-stage log-odds, shape (n,).

        Args:
            logits: of the methods, shape (n, methods).
            around: from `segment_context.segment_context`.
        """
        return self.parts(logits, around)[0]

    def parts(self, logits: Floats, around: Floats) -> tuple[Floats, Floats]:
        """First-stage log-odds, shape (n,), and what each method adds to them, shape (n, methods); see `first`."""
        context = self.context(logits, around)
        added = logits * self.method_weights(context)
        first = self.intercept + added.sum(axis=1) + (context @ np.array(self.shift) if self.shift else 0.0)
        return first, added

    def competition(self, first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
        """What competing candidates of one protein take from each one's log-odds, shape (n,); there may be none.

        Args:
            first: log-odds of the first stage, shape (n,).
            spans: the candidates, n of them.
        """
        if self.elsewhere is None or not spans:
            return np.zeros(len(first))
        return competition_between(first, spans, self.elsewhere, self.spared)

    @property
    def outside_option(self) -> float:
        """Competition of a candidate that is the only one of its protein; 0 where there is no second stage."""
        return 0.0 if self.elsewhere is None else log(self.elsewhere)

    def only(self, methods: Sequence[str]) -> Ranking:
        """The same ranking with the weights of these methods alone; the others must have none."""
        columns = [self.methods.index(name) for name in methods]
        weights = tuple(self.weights[column] for column in columns)
        adaptive = tuple(self.adaptive[column] for column in columns) if self.adaptive else ()
        return replace(self, methods=tuple(methods), weights=weights, adaptive=adaptive)

    def to_json(self) -> dict[str, Json]:
        """All weights by name."""
        plain: dict[str, Any] = asdict(self)
        stored = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return {**stored, "adaptive": [list(row) for row in self.adaptive]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Ranking:
        """The ranking that `to_json` described.

        Raises:
            ConfigurationError: if a weight is missing.
        """
        try:
            ranking = cls(
                tuple(stored["methods"]),
                tuple(map(float, stored["weights"])),
                float(stored["intercept"]),
                str(stored["combination"]),
                None if stored["elsewhere"] is None else float(stored["elsewhere"]),
                tuple(map(float, stored["shift"])),
                tuple(tuple(map(float, row)) for row in stored["adaptive"]),
                _spared(stored),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ConfigurationError(
                "the stored ranking cannot be read", why=repr(error), remedy="nesannot train"
            ) from error
        if not ranking._complete():
            raise ConfigurationError("the stored ranking has weights missing", remedy="nesannot train")
        return ranking

    def _complete(self) -> bool:
        columns = len(CONTEXT)
        adaptive = [len(row) for row in self.adaptive]
        return (
            len(self.methods) == len(self.weights)
            and len(self.shift) in (0, columns)
            and adaptive in ([], [columns] * len(self.methods))
            and (self.elsewhere is None or self.elsewhere > 0)
            and self.spared >= 0
        )
