"""Fitting of calibrations; they are applied by `methods.calibration`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import PlattCalibration
from .logistic import fit_logistic

Floats = NDArray[np.float64]


def fit_platt(raw: Floats, positive: NDArray[np.bool_], weight: Floats | None = None) -> PlattCalibration:
    """Logistic curve through scores and outcomes, both of shape (n,); it never falls.

    Targets are drawn in by one pseudo-count (Platt 1999), so that perfectly separated scores keep finite slopes.
    """
    counts = np.array([(~positive).sum(), positive.sum()], dtype=np.float64)
    target = np.where(positive, (counts[1] + 1) / (counts[1] + 2), 1 / (counts[0] + 2))
    share = np.ones(len(raw)) if weight is None else weight
    center, spread = float(np.mean(raw)), float(np.std(raw)) or 1.0
    slope, intercept = fit_logistic(((raw - center) / spread)[:, None], target, share, ridge=1e-6)
    rising = max(float(slope[0]), 0.0) / spread
    return PlattCalibration(rising, intercept - rising * center)
