"""The published combination: a weighted sum of scores brought to 0..1, with stored instead of batch-wise ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """Sum of weight x (score - low) / (high - low), each quotient kept within 0 and 1.

    Attributes:
        weights: by method; they need not add up to 1.
        ranges: lowest and highest raw score by method, stored once, never taken from what is scored.
    """

    weights: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        """Refuse methods without a range, and empty ranges."""
        for name in self.weights:
            low, high = self.ranges.get(name, (0.0, 0.0))
            if not low < high:
                raise ValueError(f"method {name!r} needs a range of raw scores")

    def combine(self, raw: Mapping[str, float]) -> float:
        """Combined score of one segment from its raw scores by method.

        Raises:
            KeyError: if a method that has a weight has no score.
        """
        return sum(weight * self._normalised(name, raw[name]) for name, weight in self.weights.items())

    def _normalised(self, name: str, raw: float) -> float:
        low, high = self.ranges[name]
        return min(max((raw - low) / (high - low), 0.0), 1.0)


PAPER = WeightedSum(
    weights={"paper_consensus": 0.6, "paper_similarity": 0.4, "neural": 0.3},
    ranges={"paper_consensus": (0.0, 88.0), "paper_similarity": (-0.013731, 0.047134), "neural": (-34.957, 22.597)},
)
"""The published run: these weights add up to 1.3, and these ranges, recovered from its 38 published scores, were the
extremes of the 850 segments that it scored, so that its scores changed with the batch.

Example:
    >>> round(PAPER.combine({"paper_consensus": 14, "paper_similarity": 0.0470720, "neural": 17.54175}), 4)
    0.7687
"""
