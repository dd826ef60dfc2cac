"""Scoring method `biochemical`: boosted trees on interpretable features, which say what each feature contributed.

Training (scikit-learn) is in `learning.biochemical`; here the trees are plain arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import Json, MethodIdentity
from .biochemical_features import feature_names, segment_features
from .protocol import ProteinContext, RawScore
from .trees import BoostedTrees

NAME = "biochemical"
SHOWN = 5
"""Contributions that the evidence lists, the largest first."""


@dataclass(frozen=True, slots=True)
class Biochemical:
    """Scores a segment by the log-odds of the trees.

    Attributes:
        identity: name, version, parameters and training set.
        trees: over the columns of `biochemical_features.segment_features`.
    """

    identity: MethodIdentity
    trees: BoostedTrees

    def score(self, context: ProteinContext) -> list[RawScore]:
        """Log-odds of each segment; the evidence lists the largest contributions with their features' values."""
        if not len(context.spans):
            return []
        features = segment_features(context.residues, context.spans)
        contributions = self.trees.contributions(features)
        logits = contributions.sum(axis=1) + self.trees.base
        largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :SHOWN]
        values = np.take_along_axis(features, largest, axis=1).round(3).tolist()
        shown = np.take_along_axis(contributions, largest, axis=1).round(3).tolist()
        return [
            RawScore(logit, _evidence(*columns))
            for logit, *columns in zip(logits.tolist(), largest.tolist(), values, shown, strict=True)
        ]


def _evidence(columns: list[int], values: list[float], log_odds: list[float]) -> dict[str, Json]:
    names = feature_names()
    return {
        "contributions": [
            {"feature": names[column], "value": value, "log_odds": contribution}
            for column, value, contribution in zip(columns, values, log_odds, strict=True)
        ]
    }
