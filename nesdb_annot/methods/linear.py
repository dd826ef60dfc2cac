"""A logistic model of standardised features as plain arrays: scores, and what each feature contributed to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = 4.0
"""Standard deviations beyond which a feature says nothing more: one odd protein must not outweigh all else."""

ARRAYS = ("center", "inverse_scale", "weight", "intercept")
_PREFIX = "linear."


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights of features that are centred, scaled and clipped at `CLIP`.

    Attributes:
        center: mean of each feature over the training rows, shape (k,).
        inverse_scale: 1 / standard deviation of each, shape (k,).
        weight: of each standardised feature, log-odds, shape (k,).
        intercept: log-odds of a row whose features are all at their means.
    """

    center: Floats
    inverse_scale: Floats
    weight: Floats
    intercept: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LinearModel:
        """From stored arrays named as in `ARRAYS`, with the prefix ``linear.``.

        Raises:
            KeyError: if one is missing.
        """
        center, inverse_scale, weight, intercept = (arrays[_PREFIX + name].astype(np.float64) for name in ARRAYS)
        return cls(center, inverse_scale, weight, float(intercept[0]))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays to store."""
        values = (self.center, self.inverse_scale, self.weight, np.array([self.intercept]))
        return {_PREFIX + name: np.asarray(value, dtype=np.float64) for name, value in zip(ARRAYS, values, strict=True)}

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to the log-odds of each row, shape (n, k); with `intercept` they add up to them.

        Example:
            >>> model = LinearModel(np.array([1.0]), np.array([2.0]), np.array([0.5]), -1.0)
            >>> model.contributions(np.array([[2.0], [9.0]])).tolist()
            [[1.0], [2.0]]
        """
        outcome: Floats = standardised(features, self.center, self.inverse_scale) * self.weight
        return outcome


def standardised(features: Floats, center: Floats, inverse_scale: Floats) -> Floats:
    """Features of shape (n, k) as standard deviations from their means, at most `CLIP` either way."""
    outcome: Floats = np.clip((features - center) * inverse_scale, -CLIP, CLIP)
    return outcome
