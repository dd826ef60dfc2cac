"""How the methods' scores become one probability: the one visible formula.

    weight   = base weight of the method + sum over segment context of adaptive weight * context, never below zero
    first    = intercept + sum over context of shift * context + sum over methods of weight * logit(probability)
    combined = context_intercept + sum over rivals of weight * feature(first, candidates of the protein)

The first stage is a stack (Wolpert 1992) of methods that were calibrated apart; where nothing adapts to the segment's
context (`segment_context`), shifts and adaptive weights are zero. The second sees the protein's other candidates: a
signal usually stands out in its own protein. The odds `combined` are calibrated at the end. They are those of a motif
in a cargo; how likely the protein is one, `cargo` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json
from ..residues import ResidueSpan
from .segment_context import SEGMENT_CONTEXT

NAME = "combined"
Floats = NDArray[np.float64]

CONTEXT_FEATURES = ("first", "lead", "behind", "above")
LEAD_LIMIT = 3.0
"""Log-odds beyond which a further distance to the best rival says nothing more."""

PEAKS = 3
"""Candidates that share no residue, the best first: the last of them is what `above` is measured from, so that two
signals of one protein both stand out."""

ROWS_AT_ONCE = 512


def best_rivals(first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
    """Highest first-stage log-odds among the candidates that share no residue with each one, shape (n,).

    Where there is no such candidate, the lowest of the protein stands in.

    Example:
        >>> spans = [ResidueSpan(1, 9), ResidueSpan(5, 12), ResidueSpan(20, 30)]
        >>> best_rivals(np.array([1.0, 2.0, -1.0]), spans).tolist()
        [-1.0, -1.0, 2.0]
    """
    begin, end = np.array([span.first for span in spans]), np.array([span.last for span in spans])
    outcome = np.empty(len(spans))
    for low in range(0, len(spans), ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        apart = (end[None, :] < begin[rows, None]) | (begin[None, :] > end[rows, None])
        outcome[rows] = np.where(apart, first[None, :], -np.inf).max(axis=1)
    return np.where(np.isfinite(outcome), outcome, first.min(initial=np.inf))


def peaks(first: Floats, spans: Sequence[ResidueSpan], most: int = PEAKS) -> list[int]:
    """Numbers of candidates that share no residue, taken from the best down, at most `most` of them.

    Example:
        >>> spans = [ResidueSpan(1, 9), ResidueSpan(5, 12), ResidueSpan(20, 30), ResidueSpan(40, 50)]
        >>> peaks(np.array([1.0, 2.0, -1.0, 0.5]), spans, 2)
        [1, 3]
    """
    begin, end = np.array([span.first for span in spans]), np.array([span.last for span in spans])
    left, found = first.copy(), list[int]()
    while len(found) < most:
        best = int(left.argmax())
        if not np.isfinite(left[best]):
            break
        found.append(best)
        left[(begin <= end[best]) & (end >= begin[best])] = -np.inf
    return found


def last_peak(first: Floats, spans: Sequence[ResidueSpan]) -> float:
    """First-stage log-odds of the last of `PEAKS` peaks; where there are fewer, the lowest of the protein stands in."""
    found = peaks(first, spans)
    return float(first[found[-1]]) if len(found) == PEAKS else float(first.min())


def context_features(first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
    """The columns `CONTEXT_FEATURES` of each candidate, shape (n, 4).

    `lead` is the distance above the best rival and `behind` the one below it, both at most `LEAD_LIMIT`; they have
    weights of their own, so that a second signal need not suffer for the first. `above` is the distance above the
    third peak of the protein, or below it, at most twice as much: it does not ask whether one signal stands out or
    two. The length of the protein and the mean of its candidates are left out: they tell bacterial proteins from
    cargoes rather than motifs from others.
    """
    gap = first - best_rivals(first, spans)
    above = np.clip(first - last_peak(first, spans), -2 * LEAD_LIMIT, 2 * LEAD_LIMIT)
    return np.column_stack([first, np.clip(gap, 0, LEAD_LIMIT), np.clip(-gap, 0, LEAD_LIMIT), above])


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of both stages.

    Attributes:
        methods: names, in the order of `weights`.
        weights: of the logit of each method's calibrated probability.
        intercept: of the first stage.
        context_weights: of `CONTEXT_FEATURES`.
        context_intercept: of the second stage.
        combination: how the weights came about, one of the names in `learning.combinations`.
        shift: of the columns of `SEGMENT_CONTEXT`, or empty.
        adaptive: for each method, what each of these columns adds to its weight; or empty.
    """

    methods: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float
    context_weights: tuple[float, ...]
    context_intercept: float
    combination: str = "stack"
    shift: tuple[float, ...] = ()
    adaptive: tuple[tuple[float, ...], ...] = ()

    def method_weights(self, context: Floats) -> Floats:
        """Weight of each method for each segment, shape (n, methods), given its context, shape (n, columns)."""
        base = np.broadcast_to(np.array(self.weights), (len(context), len(self.weights)))
        return np.maximum(base + context @ np.array(self.adaptive).T, 0.0) if self.adaptive else base

    def first(self, logits: Floats, context: Floats) -> Floats:
        """First-stage log-odds, shape (n,), from the methods' logits, shape (n, methods), and the segments' context."""
        added = (logits * self.method_weights(context)).sum(axis=1)
        outcome: Floats = self.intercept + added + (context @ np.array(self.shift) if self.shift else 0.0)
        return outcome

    def second(self, first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
        """Combined log-odds of the candidates of one protein, shape (n,); there may be none.

        Args:
            first: of the first stage, shape (n,).
            spans: the candidates, n of them.
        """
        if not len(spans):
            return np.empty(0)
        outcome: Floats = self.context_intercept + context_features(first, spans) @ np.array(self.context_weights)
        return outcome

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
                _padded(tuple(map(float, stored["context_weights"]))),
                float(stored["context_intercept"]),
                str(stored["combination"]),
                tuple(map(float, stored["shift"])),
                tuple(tuple(map(float, row)) for row in stored["adaptive"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError("the stored ranking cannot be read", why=repr(error)) from None
        if not ranking._complete():
            raise ConfigurationError("the stored ranking has weights missing", remedy="nesannot train")
        return ranking

    def _complete(self) -> bool:
        columns = len(SEGMENT_CONTEXT)
        adaptive = [len(row) for row in self.adaptive]
        return (
            len(self.methods) == len(self.weights)
            and len(self.context_weights) == len(CONTEXT_FEATURES)
            and len(self.shift) in (0, columns)
            and adaptive in ([], [columns] * len(self.methods))
        )


def _padded(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Weights of `CONTEXT_FEATURES`; head sets from before `above` was one have none for it."""
    return (*weights, 0.0) if len(weights) == len(CONTEXT_FEATURES) - 1 else weights
