"""From a method's own scale to a probability, by parameters that are plain numbers; fitted in `learning.calibration`.

A probability names its population: that of the segments a calibration was fitted on, which is stored with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json

Floats = NDArray[np.float64]

LEAST_PROBABILITY = 1e-6
"""No calibration says never or always."""


def logistic(logit: Floats) -> Floats:
    """Probability of a log-odds.

    Example:
        >>> logistic(np.array([0.0, -800.0])).tolist()
        [0.5, 0.0]
    """
    outcome: Floats = np.exp(np.minimum(logit, 0)) / (1 + np.exp(-np.abs(logit)))
    return outcome


def logit(probability: Floats) -> Floats:
    """Log-odds of a probability, which is first kept `LEAST_PROBABILITY` away from 0 and 1."""
    kept = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    outcome: Floats = np.log(kept / (1 - kept))
    return outcome


class Calibration(Protocol):
    """A monotone map from raw scores to probabilities."""

    def apply(self, raw: Floats) -> Floats:
        """Probability of each raw score, same shape."""
        ...

    def to_json(self) -> dict[str, Json]:
        """Kind and parameters."""
        ...


@dataclass(frozen=True, slots=True)
class PlattCalibration:
    """Logistic curve (Platt 1999): probability = logistic(slope * raw + intercept)."""

    slope: float
    intercept: float

    def apply(self, raw: Floats) -> Floats:
        """Probability of each raw score."""
        return np.clip(logistic(self.slope * raw + self.intercept), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)

    def to_json(self) -> dict[str, Json]:
        """Kind and parameters."""
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}


def calibration_from_json(stored: Mapping[str, Json]) -> Calibration:
    """The calibration that `to_json` described.

    Raises:
        ConfigurationError: if the kind is unknown or a parameter is missing.
    """
    try:
        if stored["kind"] == "platt":
            return PlattCalibration(float(stored["slope"]), float(stored["intercept"]))  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("a stored calibration cannot be read", why=repr(error)) from error
    raise ConfigurationError(f"unknown kind of calibration {stored['kind']!r}")
