"""How likely a protein is a cargo of CRM1 at all: what stands between a signal of a known cargo and one in a proteome.

    P(motif) = P(motif | its protein is a cargo) * P(cargo | what its candidates look like)
    logit P(cargo | ...) = logit(share of cargoes) + intercept + sum of weight * (feature - growth * log(peaks))

The first factor is the combination of `ranking`, which may take for granted that some candidate of a cargo is its
signal. The second must not: its features are of the first stage, which knows nothing of competing candidates.

By chance alone the best of many candidates is better than the best of few. `growth` is how fast each feature grows with
the logarithm of the number of peaks among motif-free proteins, so that length alone makes no protein a cargo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json
from ..residues import ResidueSpan
from .calibration import logistic
from .ranking import peaks

Floats = NDArray[np.float64]

NAME = "cargo"

CARGO_SHARE = 0.1
"""Share of cargoes among the proteins that stored probabilities and thresholds are for; the default of ranking."""

PROTEIN_FEATURES = ("three_best", "total")

SHORTEST_PROTEIN = 30
"""Residues; a shorter sequence says nothing about whether its protein is a cargo."""

MEAN_OF_BEST = 3
"""Peaks that `three_best` is the mean of."""


def protein_features(first: Floats, spans: Sequence[ResidueSpan]) -> Floats:
    """The columns `PROTEIN_FEATURES` of a protein and the logarithm of the number of its peaks, shape (3,).

    Mean first-stage log-odds of the three best `peaks`, or of as many as there are; and the logarithm of the summed
    odds of all of them. The number of peaks is no feature with a weight of its own: it tells bacterial proteins from
    cargoes rather than cargoes from others. It only corrects the features; see `CargoOdds.growth`.

    Args:
        first: first-stage log-odds, shape (n,), n at least 1; see `Ranking.first`.
        spans: the candidates.

    Example:
        >>> spans = [ResidueSpan(1, 9), ResidueSpan(5, 12), ResidueSpan(20, 30), ResidueSpan(40, 50)]
        >>> protein_features(np.log([1.0, 2.0, 0.5, 0.5]), spans).round(4).tolist()
        [-0.231, 1.0986, 1.0986]
    """
    best = first[peaks(first, spans)]
    return np.array([best[:MEAN_OF_BEST].mean(), np.logaddexp.reduce(best), log(len(best))])


@dataclass(frozen=True, slots=True)
class CargoOdds:
    """What the candidates of a protein say about whether it is a cargo.

    Attributes:
        weights: of `PROTEIN_FEATURES`.
        intercept: such that the whole is the logarithm of a likelihood ratio: the share of cargoes is not in it.
        growth: of each of `PROTEIN_FEATURES` with the logarithm of the number of peaks, among motif-free proteins.
    """

    weights: tuple[float, ...] = (0.0,) * len(PROTEIN_FEATURES)
    intercept: float = 0.0
    growth: tuple[float, ...] = (0.0,) * len(PROTEIN_FEATURES)

    def log_odds(self, first: Floats, spans: Sequence[ResidueSpan], length: int) -> float:
        """Log-odds that a protein of `length` residues is a cargo, where `CARGO_SHARE` of the proteins are.

        They are those of the share alone below `SHORTEST_PROTEIN`; see `protein_features` for the other arguments.
        """
        prior = log(CARGO_SHARE / (1 - CARGO_SHARE))
        if length < SHORTEST_PROTEIN:
            return prior
        *features, log_peaks = protein_features(first, spans)
        corrected = np.array(features) - np.array(self.growth) * log_peaks
        return float(corrected @ np.array(self.weights)) + self.intercept + prior

    def probability(self, first: Floats, spans: Sequence[ResidueSpan], length: int) -> float:
        """The same as a probability."""
        return float(logistic(np.array([self.log_odds(first, spans, length)]))[0])

    def to_json(self) -> dict[str, Json]:
        """Weights by name."""
        return {"weights": list(self.weights), "intercept": self.intercept, "growth": list(self.growth)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CargoOdds:
        """What `to_json` described; without `growth`, as earlier versions stored it, the features are not corrected.

        Raises:
            ConfigurationError: if a weight is missing.
        """
        try:
            weights, intercept = tuple(map(float, stored["weights"])), float(stored["intercept"])
            growth = tuple(map(float, stored.get("growth", (0.0,) * len(PROTEIN_FEATURES))))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError("the stored odds of cargoes cannot be read", why=repr(error)) from error
        if not len(weights) == len(growth) == len(PROTEIN_FEATURES):
            raise ConfigurationError("the stored odds of cargoes have weights missing", remedy="nesannot train")
        return cls(weights, intercept, growth)


NOTHING_KNOWN = CargoOdds()
"""A protein is a cargo as often as any other, whatever its candidates are."""
