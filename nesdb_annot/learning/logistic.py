"""Logistic regression for the few plain numbers of stack and calibration: Newton's method, or SciPy within bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import logistic

Floats = NDArray[np.float64]

STEPS = 50
TOLERANCE = 1e-9
INTERCEPT_RIDGE = 1e-9
"""Keeps the intercept finite where all targets are equal."""


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
    penalty[-1] = INTERCEPT_RIDGE
    solution = np.zeros(design.shape[1])
    solution[-1] = _log_odds_of_mean(target, weight) if offset is None else 0.0
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
    """Return weights, shape (k,), and intercept of the most likely logistic model without a weight below zero.

    Arguments as in `fit_logistic`. The objective is convex, so the bounded minimiser reaches the one optimum.
    """
    from scipy.optimize import minimize

    design = np.column_stack([features, np.ones(len(features))])
    total = weight.sum()
    penalty = np.append(np.full(features.shape[1], ridge), INTERCEPT_RIDGE / total)

    def objective(solution: Floats) -> tuple[float, Floats]:
        """Mean loss with the penalty, and its gradient."""
        log_odds = design @ solution
        loss = weight @ (np.logaddexp(0.0, log_odds) - target * log_odds) / total
        gradient = design.T @ (weight * (logistic(log_odds) - target)) / total + penalty * solution
        return float(loss + 0.5 * penalty @ solution**2), gradient

    begin = np.append(np.zeros(features.shape[1]), _log_odds_of_mean(target, weight))
    bounds = [(0.0, None)] * features.shape[1] + [(None, None)]
    options = {"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-15, "gtol": TOLERANCE}
    solution: Floats = minimize(objective, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return solution[:-1], float(solution[-1])


def _log_odds_of_mean(target: Floats, weight: Floats) -> float:
    mean = np.clip(np.average(target, weights=weight), 1e-6, 1 - 1e-6)
    return float(np.log(mean / (1 - mean)))
