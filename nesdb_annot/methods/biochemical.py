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
        largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :SHOWN]
        names = feature_names()
        return [
            RawScore(logit, {"contributions": [_entry(names[k], features[i, k], contributions[i, k]) for k in row]})
            for i, (logit, row) in enumerate(zip(self.trees.logits(features).tolist(), largest.tolist(), strict=True))
        ]


def _entry(name: str, value: float, contribution: float) -> dict[str, Json]:
    return {"feature": name, "value": round(float(value), 3), "log_odds": round(float(contribution), 3)}
