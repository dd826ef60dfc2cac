"""Fit of method `neural`: an ensemble of perceptrons on pooled segment embeddings."""

from __future__ import annotations

from dataclasses import asdict

from .heads import FitMaterial, FittedMethod, half_precision
from .neural import fit_neural


def fit(material: FitMaterial) -> FittedMethod:
    """Fit the perceptrons to the candidates that are clear examples."""
    settings = material.settings.neural
    weights, losses = fit_neural(material.rows, settings, material.seed)
    return FittedMethod(half_precision(weights), {**asdict(settings), "hidden": list(settings.hidden)}, losses)
