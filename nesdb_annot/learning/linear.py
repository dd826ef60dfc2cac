"""Training of the linear half of method `biochemical`: a ridge logistic model of all features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..methods.linear import LinearModel, standardised
from .logistic import fit_logistic

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearSettings:
    """`ridge` is the penalty on the squared weights of standardised features, per unit of the rows' total weight."""

    ridge: float = 4e-3


def fit_linear(features: Floats, positive: NDArray[np.bool_], weight: Floats, settings: LinearSettings) -> LinearModel:
    """A linear model that tells positive rows from others; features of shape (n, k), the rest of shape (n,).

    A feature that never varies gets no weight.
    """
    center, scale = features.mean(axis=0), features.std(axis=0)
    inverse_scale = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-9)
    rows = standardised(features, center, inverse_scale)
    weights, intercept = fit_logistic(rows, positive.astype(np.float64), weight, settings.ridge)
    return LinearModel(center, inverse_scale, weights, intercept)
