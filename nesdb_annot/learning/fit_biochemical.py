"""Fit of method `biochemical`: boosted trees and a linear model of the features of segments."""

from __future__ import annotations

from dataclasses import asdict

from .biochemical import fit_trees
from .examples import feature_rows
from .heads import FitMaterial, FittedMethod
from .linear import fit_linear


def fit(material: FitMaterial) -> FittedMethod:
    """Fit both halves to the candidates that are clear examples."""
    settings, rows = material.settings, material.rows
    features = feature_rows(material.proteins)
    trees = fit_trees(features, rows.positive, rows.weight, settings.biochemical, material.seed)
    linear = fit_linear(features, rows.positive, rows.weight, settings.linear)
    parameters = {**asdict(settings.biochemical), "linear": asdict(settings.linear)}
    return FittedMethod(trees.to_arrays() | linear.to_arrays(), parameters)
