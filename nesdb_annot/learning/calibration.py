"""Fitting of calibrations; they are applied by `methods.calibration`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import IsotonicCalibration, PlattCalibration
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


def fit_isotonic(raw: Floats, positive: NDArray[np.bool_], least_rows: int = 30) -> IsotonicCalibration:
    """Pooled adjacent violators over blocks of at least `least_rows` scores, joined by straight lines."""
    order = np.argsort(raw, kind="stable")
    blocks = np.array_split(order, max(1, len(order) // least_rows))
    pooled: list[tuple[float, float, int]] = []
    for block in blocks:
        pooled.append((float(raw[block].mean()), float(positive[block].mean()), len(block)))
        while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
            (x, p, n), (y, q, m) = pooled.pop(-2), pooled.pop(-1)
            pooled.append(((x * n + y * m) / (n + m), (p * n + q * m) / (n + m), n + m))
    return IsotonicCalibration(tuple(x for x, _, _ in pooled), tuple(p for _, p, _ in pooled))
