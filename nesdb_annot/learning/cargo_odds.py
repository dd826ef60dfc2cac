"""Training of the odds of a cargo: what tells cargoes from motif-free proteins by their candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..methods.cargo import NOTHING_KNOWN, CargoOdds
from .logistic import fit_nonnegative

Floats = NDArray[np.float64]

RIDGE = 1e-2


def fit_cargo_odds(features: Floats, cargo: NDArray[np.bool_]) -> CargoOdds:
    """A logistic model in which both kinds weigh the same, so that its log-odds are those of a likelihood ratio.

    Where there is only one kind, a protein's candidates say nothing. No weight is negative: a better candidate never
    makes a cargo less likely. The features are first corrected for what chance adds to them in a longer protein.

    Args:
        features: `methods.cargo.protein_features` of each protein, shape (n, 3).
        cargo: which proteins are cargoes, shape (n,).
    """
    if cargo.all() or not cargo.any():
        return NOTHING_KNOWN
    growth = growth_by_chance(features[~cargo])
    corrected = features[:, :-1] - growth * features[:, -1:]
    center, scale = corrected.mean(axis=0), np.maximum(corrected.std(axis=0), 1e-9)
    weight = len(cargo) * np.where(cargo, 0.5 / cargo.sum(), 0.5 / (~cargo).sum())
    weights, intercept = fit_nonnegative((corrected - center) / scale, cargo.astype(np.float64), weight, RIDGE)
    unscaled = weights / scale
    return CargoOdds(tuple(unscaled.tolist()), float(intercept - unscaled @ center), tuple(growth.tolist()))


def growth_by_chance(features: Floats) -> Floats:
    """How fast each feature of motif-free proteins grows with the logarithm of the number of peaks, shape (2,).

    The slope of least squares, never below zero; zero where all proteins have equally many peaks.

    Args:
        features: `methods.cargo.protein_features` of each protein, shape (n, 3).

    Example:
        >>> growth_by_chance(np.array([[0.0, 1.0, 1.0], [0.5, 0.0, 2.0], [1.0, -1.0, 3.0]])).tolist()
        [0.5, 0.0]
    """
    centered = features - features.mean(axis=0)
    spread = float(centered[:, -1] @ centered[:, -1])
    if spread < 1e-9:
        return np.zeros(features.shape[1] - 1)
    slopes: Floats = np.maximum(centered[:, :-1].T @ centered[:, -1] / spread, 0.0)
    return slopes
