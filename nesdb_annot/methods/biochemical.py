"""Scoring method `biochemical`: boosted trees on interpretable features, which say what each feature contributed.

Training (scikit-learn) is in `learning.biochemical`; here the trees are plain arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from .biochemical_features import feature_names, segment_features
from .protocol import ProteinContext, RawScores
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

    def score(self, context: ProteinContext) -> RawScores:
        """Log-odds of each segment; the evidence lists the largest contributions with their features' values."""
        if not len(context.spans):
            return RawScores([], lambda _: {})
        features = segment_features(context.residues, context.spans, context.stated)
        contributions = self.trees.contributions(features)
        logits = contributions.sum(axis=1) + self.trees.base
        return RawScores(logits.tolist(), lambda i: _evidence(features[i], contributions[i]))


def _evidence(features: NDArray[np.float64], contributions: NDArray[np.float64]) -> dict[str, Json]:
    """The `SHOWN` largest contributions of one segment, from its features and all contributions, shape (k,) each."""
    names = feature_names()
    from ._segment_kernels import largest_sizes

    largest = largest_sizes(contributions, SHOWN)
    values, log_odds = features[largest].round(3).tolist(), contributions[largest].round(3).tolist()
    return {
        "contributions": [
            {"feature": names[column], "value": value, "log_odds": added}
            for column, value, added in zip(largest.tolist(), values, log_odds, strict=True)
        ]
    }
