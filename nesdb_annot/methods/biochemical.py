"""Scoring method `biochemical`: interpretable features judged by two models that say what each feature contributed.

One is a linear model, the other boosted trees; the score is the mean of their log-odds. The first extends trends to
what was rarely seen, the second knows thresholds and pairs of features: they err in different places. Training is in
`learning.linear` and `learning.biochemical`; here both are plain arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from .biochemical_features import feature_names, segment_features
from .linear import LinearModel
from .protocol import Floats, ProteinContext
from .trees import BoostedTrees
from .weights import Weights

NAME = "biochemical"
SHOWN = 5
"""Contributions that the evidence lists, the largest first."""


@dataclass(frozen=True, slots=True)
class Biochemical:
    """Scores a segment by the mean log-odds of the two models.

    Attributes:
        identity: name, version, parameters and training set.
        trees: over the columns of `biochemical_features.segment_features`.
        linear: over the same columns.
    """

    identity: MethodIdentity
    trees: BoostedTrees
    linear: LinearModel

    @property
    def base(self) -> float:
        """Log-odds before any feature is looked at."""
        return (self.trees.base + self.linear.intercept) / 2

    def raw(self, context: ProteinContext) -> Floats:
        """Log-odds of each segment, shape (n,)."""
        if not len(context.spans):
            return np.empty(0)
        raw: Floats = self._parts(context)[1].sum(axis=1) + self.base
        return raw

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """The largest contributions to each of these log-odds, one by one, and the sum of the rest."""
        features, contributions = self._parts(context) if len(indices) else (np.empty((0, 0)),) * 2
        return [_evidence(features[i], contributions[i], self.base) for i in indices]

    def _parts(self, context: ProteinContext) -> tuple[Floats, Floats]:
        """Features of each segment and what each adds to its log-odds, shape (n, k) each."""

        def compute() -> tuple[Floats, Floats]:
            features = segment_features(context.residues, context.spans, context.stated)
            return features, (self.trees.contributions(features) + self.linear.contributions(features)) / 2

        return context.once(self, compute)


def _evidence(features: NDArray[np.float64], contributions: NDArray[np.float64], base: float) -> dict[str, Json]:
    """Why one segment scores as it does, from its features and all contributions, shape (k,) each.

    `base`, the `SHOWN` largest contributions and the rest of them add up to the score, to its third decimal: what
    rounding takes from each is in the rest.
    """
    names = feature_names()
    from ._segment_kernels import largest_sizes

    largest = largest_sizes(contributions, SHOWN)
    values, log_odds = features[largest].round(3).tolist(), contributions[largest].round(3).tolist()
    told = round(float(base), 3)
    rest = round(round(float(contributions.sum()) + base, 3) - told - sum(log_odds), 3)
    return {
        "base": told,
        "contributions": [
            {"feature": names[column], "value": value, "log_odds": added}
            for column, value, added in zip(largest.tolist(), values, log_odds, strict=True)
        ],
        "rest": rest,
    }


def build(weights: Weights) -> Biochemical:
    """Return the method with the trees and the linear model of a head set."""
    arrays = weights.arrays
    return Biochemical(weights.identity, BoostedTrees.from_arrays(arrays), LinearModel.from_arrays(arrays))
