"""Gradient-boosted trees as plain arrays: scores, and what each feature contributed to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARRAYS = ("feature", "threshold", "left", "right", "value", "baseline")


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """Trees of a boosted model, padded to the same number of nodes; node 0 is the root.

    Attributes:
        feature: that a node splits on, -1 at a leaf; shape (trees, nodes).
        threshold: rows with a value up to it go left; shape (trees, nodes).
        left: child, shape (trees, nodes); a leaf is its own child.
        right: likewise.
        value: mean of the leaves below a node by their training rows; at a leaf its own; shape (trees, nodes).
        baseline: log-odds before the first tree.
        depth: longest path, in splits.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    baseline: float
    depth: int

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BoostedTrees:
        """From stored arrays named as in `ARRAYS`.

        Raises:
            KeyError: if one is missing.
        """
        feature, left, right = (arrays[name].astype(np.int64) for name in ("feature", "left", "right"))
        threshold, value = (arrays[name].astype(np.float64) for name in ("threshold", "value"))
        return cls(
            feature, threshold, left, right, value, float(arrays["baseline"][0]), longest_path(feature, left, right)
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays to store; thresholds as they are, since a feature may equal one, the rest in small types."""
        return {
            "feature": self.feature.astype(np.int16),
            "threshold": self.threshold.astype(np.float64),
            "left": self.left.astype(np.int16),
            "right": self.right.astype(np.int16),
            "value": self.value.astype(np.float32),
            "baseline": np.array([self.baseline], dtype=np.float32),
        }

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of each row, shape (n,), from features of shape (n, k)."""
        outcome: NDArray[np.float64] = self.contributions(features).sum(axis=1) + self.base
        return outcome

    @property
    def base(self) -> float:
        """Log-odds before any split: the baseline and the mean of every tree."""
        return self.baseline + float(self.value[:, 0].sum())

    def contributions(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each feature adds to the log-odds of each row, shape (n, k).

        Along the path of a row each split's change in mean value is credited to the feature it splits on (Saabas
        2014); with `base` they add up to the log-odds.
        """
        from ._segment_kernels import credited

        return credited(features, self.feature, self.threshold, self.left, self.right, self.value)


def longest_path(feature: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """Most splits on the way to a leaf, from arrays of shape (trees, nodes); children stand behind their parents."""
    level = np.zeros(feature.shape, dtype=np.int64)
    for node in range(feature.shape[1]):
        inner = np.flatnonzero(feature[:, node] >= 0)
        for child in (left, right):
            level[inner, child[inner, node]] = level[inner, node] + 1
    return int(level.max(initial=0))
