"""Logistic regression by Newton's method, for the few plain numbers of stack and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import logistic

Floats = NDArray[np.float64]

STEPS = 50
TOLERANCE = 1e-9


def fit_logistic(
    features: Floats, target: Floats, weight: Floats, ridge: float = 1e-3, offset: Floats | None = None
) -> tuple[Floats, float]:
    """Weights, shape (k,), and intercept of the most likely logistic model.

    Args:
        features: shape (n, k).
        target: 0 to 1, shape (n,).
        weight: of each row, shape (n,).
        ridge: penalty on the squared weights (not the intercept), per unit of total weight.
        offset: log-odds of each row that the model adds to, shape (n,).
    """
    design = np.column_stack([features, np.ones(len(features))])
    penalty = np.full(design.shape[1], ridge * weight.sum())
    penalty[-1] = 1e-9
    solution = np.zeros(design.shape[1])
    mean = np.clip(np.average(target, weights=weight), 1e-6, 1 - 1e-6)
    solution[-1] = np.log(mean / (1 - mean)) if offset is None else 0.0
    given = np.zeros(len(features)) if offset is None else offset
    for _ in range(STEPS):
        probability = logistic(design @ solution + given)
        gradient = design.T @ (weight * (probability - target)) + penalty * solution
        curvature = weight * np.maximum(probability * (1 - probability), 1e-9)
        step = np.linalg.solve((design.T * curvature) @ design + np.diag(penalty), gradient)
        solution -= step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < TOLERANCE:
            break
    return solution[:-1], float(solution[-1])


def fit_nonnegative(features: Floats, target: Floats, weight: Floats, ridge: float = 1e-3) -> tuple[Floats, float]:
    """Like `fit_logistic` with no weight below zero: columns that would get one are left out, the worst first."""
    kept = np.arange(features.shape[1])
    while True:
        weights, intercept = fit_logistic(features[:, kept], target, weight, ridge)
        if not len(kept) or weights.min() >= 0:
            break
        kept = np.delete(kept, int(weights.argmin()))
    outcome = np.zeros(features.shape[1])
    outcome[kept] = weights
    return outcome, intercept
