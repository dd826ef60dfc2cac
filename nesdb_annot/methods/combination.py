"""The one formula of the combined score, from the parts that are stored of every candidate and its protein.

    in a cargo  = calibration(first stage - competition)
    probability = logistic(log-odds in a cargo) * logistic(log-odds of a cargo + shift)

The first stage is of the candidate, by all methods. The competition is what other candidates of the protein take from
it, and the log-odds of a cargo are those of the protein at `cargo.CARGO_SHARE`; both are the selector's. The shift
stands for another share of cargoes. SQL knows only the second line, as the function ``nesannot.logistic``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration, logistic, logit

Floats = NDArray[np.float64]

STORED = np.float32
"""Type of stored raw scores; every number that follows from them is computed from their rounded values."""


@dataclass(frozen=True, slots=True)
class Combined:
    """Combined scores of the candidates of one protein, shape (n,) each.

    Attributes:
        log_odds: that a candidate is a motif if its protein is a cargo, rounded as they are stored.
        probability: that it is a motif.
    """

    log_odds: Floats
    probability: Floats


def combined(
    first: Floats, competition: Floats, cargo: float, calibration: Calibration, shift: float = 0.0
) -> Combined:
    """Combined scores of the candidates of one protein.

    Args:
        first: first-stage log-odds, shape (n,).
        competition: what competing candidates take from them, shape (n,).
        cargo: log-odds that the protein is a cargo at `cargo.CARGO_SHARE`.
        calibration: of first stage less competition, to the probability of a motif in a cargo.
        shift: added to `cargo`; see `workflow.rank.prior_shift`.

    Example:
        >>> from .calibration import PlattCalibration
        >>> scores = combined(np.array([2.0]), np.array([2.0]), 0.0, PlattCalibration(1.0, 0.0))
        >>> scores.log_odds.tolist(), scores.probability.tolist()
        ([0.0], [0.25])
    """
    log_odds = logit(calibration.apply(first - competition)).astype(STORED).astype(np.float64)
    return Combined(log_odds, logistic(log_odds) * logistic(np.array([cargo + shift])))
