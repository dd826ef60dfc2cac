"""Fit of method `similarity`: its reference vectors, the pooling of segments and the number of neighbours."""

from __future__ import annotations

from dataclasses import asdict

from ..records import Json
from .heads import FitMaterial, FittedMethod, half_precision
from .similarity import fit_references


def fit(material: FitMaterial) -> FittedMethod:
    """Choose the references, and the settings that find motifs of held-out folds best."""
    settings = material.settings.references
    references, chosen = fit_references(material.proteins, material.folds, settings, material.seed)
    plain = {name: value for name, value in asdict(settings).items() if not isinstance(value, tuple)}
    grid: list[Json] = [[*settings.poolings], [*settings.neighbours]]
    return FittedMethod(half_precision(references), {**plain, "grid": grid, **chosen._asdict()})
