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
    makes a cargo less likely.

    Args:
        features: `methods.cargo.PROTEIN_FEATURES` of each protein, shape (n, 2).
        cargo: which proteins are cargoes, shape (n,).
    """
    if cargo.all() or not cargo.any():
        return NOTHING_KNOWN
    center, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    weight = len(cargo) * np.where(cargo, 0.5 / cargo.sum(), 0.5 / (~cargo).sum())
    weights, intercept = fit_nonnegative((features - center) / scale, cargo.astype(np.float64), weight, RIDGE)
    own = weights / scale
    return CargoOdds(tuple(own.tolist()), float(intercept - own @ center))
