"""How the methods' scores become one probability: the one visible formula.

    first    = intercept + sum over methods of weight * logit(calibrated probability)
    combined = context_intercept + sum over context features of weight * feature(first, candidates of the protein)

The first line is a stack (Wolpert 1992) of methods that were calibrated apart. The second sees the protein's other
candidates: a signal usually stands out in its own protein. The odds `combined` are calibrated at the end.
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

NAME = "combined"
Floats = NDArray[np.float64]

CONTEXT_FEATURES = ("first", "lead", "behind")
LEAD_LIMIT = 3.0
"""Log-odds beyond which a further distance to the best rival says nothing more."""

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


def context_features(first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
    """The columns `CONTEXT_FEATURES` of each candidate, shape (n, 3).

    `lead` is the distance above the best rival and `behind` the one below it, both at most `LEAD_LIMIT`; they have
    weights of their own, so that a second signal need not suffer for the first. The length of the protein and the
    mean of its candidates are left out: they tell bacterial proteins from cargoes rather than motifs from others.
    """
    gap = first - best_rivals(first, spans)
    return np.column_stack([first, np.clip(gap, 0, LEAD_LIMIT), np.clip(-gap, 0, LEAD_LIMIT)])


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of both stages.

    Attributes:
        methods: names, in the order of `weights`.
        weights: of the logit of each method's calibrated probability.
        intercept: of the first stage.
        context_weights: of `CONTEXT_FEATURES`.
        context_intercept: of the second stage.
    """

    methods: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float
    context_weights: tuple[float, ...]
    context_intercept: float

    def first(self, logits: Floats) -> Floats:
        """First-stage log-odds, shape (n,), from the methods' logits, shape (n, methods)."""
        outcome: Floats = self.intercept + logits @ np.array(self.weights)
        return outcome

    def combined(self, logits: Floats, spans: Sequence[ResidueSpan]) -> Floats:
        """Combined log-odds of the candidates of one protein, shape (n,).

        Args:
            logits: of the methods' calibrated probabilities, shape (n, methods).
            spans: the candidates, n of them.
        """
        if not len(spans):
            return np.empty(0)
        features = context_features(self.first(logits), spans)
        outcome: Floats = self.context_intercept + features @ np.array(self.context_weights)
        return outcome

    def to_json(self) -> dict[str, Json]:
        """All weights by name."""
        plain: dict[str, Any] = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

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
                tuple(map(float, stored["context_weights"])),
                float(stored["context_intercept"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError("the stored ranking cannot be read", why=repr(error)) from None
        if len(ranking.methods) != len(ranking.weights) or len(ranking.context_weights) != len(CONTEXT_FEATURES):
            raise ConfigurationError("the stored ranking has weights missing", remedy="nesannot train")
        return ranking
