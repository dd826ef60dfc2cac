"""Fits every trained method of the registry to one set of proteins: a head set without calibrations and combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import scoring_methods
from ..methods import similarity
from ..methods.protocol import Method
from ..methods.scoring import methods_of, pooling_of
from ..records import Json
from .biochemical import BoostingSettings
from .examples import TrainingProtein, segment_rows
from .linear import LinearSettings
from .neural import NeuralSettings, SegmentRows
from .similarity import ReferenceSettings
from .tagger import TaggerSettings

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of all trained methods."""

    tagger: TaggerSettings = field(default_factory=TaggerSettings)
    neural: NeuralSettings = field(default_factory=NeuralSettings)
    biochemical: BoostingSettings = field(default_factory=BoostingSettings)
    references: ReferenceSettings = field(default_factory=ReferenceSettings)
    linear: LinearSettings = field(default_factory=LinearSettings)


@dataclass(frozen=True, slots=True)
class FittedMethod:
    """Weights of one method.

    Attributes:
        arrays: by name, as the head set stores them.
        parameters: settings of the method and of its training.
        curves: losses per member and epoch; empty where there are none.
    """

    arrays: Mapping[str, Array]
    parameters: Mapping[str, Json]
    curves: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class FitMaterial:
    """Examples for the `fit` of one method, in `learning/fit_NAME.py`.

    Attributes:
        proteins: all training proteins.
        folds: of each; early stopping and choices hold whole folds out.
        settings: of all methods.
        seed: of every random choice.
        fitted: methods that stand before this one in the registry.
    """

    proteins: Sequence[TrainingProtein]
    folds: Sequence[int]
    settings: TrainingSettings
    seed: int
    fitted: dict[str, FittedMethod] = field(default_factory=dict)

    @cached_property
    def rows(self) -> SegmentRows:
        """Candidates that are clear examples, pooled as the similarity chose."""
        pooling = pooling_of({name: method.parameters for name, method in self.fitted.items()})
        return segment_rows(self.proteins, self.folds, pooling)


@dataclass(frozen=True, slots=True)
class FittedHeads:
    """Weights of the trained methods, and their loss curves.

    Attributes:
        arrays: ``method/name`` -> weights, as a head set stores them.
        parameters: method -> settings.
        digests: sequences trained on, which the owners of reference vectors point at.
        curves: method -> losses per member and epoch.
    """

    arrays: Mapping[str, Array]
    parameters: Mapping[str, Mapping[str, Json]]
    digests: tuple[str, ...]
    curves: Mapping[str, list[list[float]]]

    @property
    def pooling(self) -> str:
        """Of the vectors that similarity and neural head read."""
        return pooling_of(self.parameters)

    @property
    def chosen(self) -> str:
        """What the similarity chose, in words."""
        return f"segments pooled as {self.pooling}, {self.parameters[similarity.NAME]['neighbours']} neighbours"

    def methods(self, training_digest: str = "") -> list[Method]:
        """The methods, ready to score."""
        return methods_of(self.arrays, self.parameters, self.digests, training_digest)


def half_precision(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return float32 weights as float16, which scoring uses everywhere; other arrays as they are."""
    return {name: array.astype(np.float16) if array.dtype == np.float32 else array for name, array in arrays.items()}


def stored_arrays(arrays: Mapping[str, Array], method: str) -> dict[str, Array]:
    """Under the method's prefix; floating weights as float16, which is what is scored with everywhere."""
    return {f"{method}/{name}": array for name, array in half_precision(arrays).items()}


def stored_curves(curves: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, Json]:
    """Losses per member and epoch as a head set's report keeps them."""
    return {name: [[round(loss, 5) for loss in member] for member in members] for name, members in curves.items()}


def fit_heads(
    proteins: Sequence[TrainingProtein], folds: Sequence[int], settings: TrainingSettings, seed: int
) -> FittedHeads:
    """Fit every trained method of the registry, in its order, to all of `proteins`.

    Args:
        proteins: to learn from.
        folds: of each; early stopping holds whole folds out.
        settings: of the methods.
        seed: of every random choice.
    """
    material = FitMaterial(proteins, folds, settings, seed)
    for method in scoring_methods.SCORING_METHODS:
        if method.trained:
            module = import_module(f"{__package__}.fit_{method.name}")
            material.fitted[method.name] = module.fit(material)
    fitted = material.fitted.items()
    return FittedHeads(
        {f"{name}/{key}": array for name, method in fitted for key, array in method.arrays.items()},
        {name: method.parameters for name, method in fitted},
        tuple(protein.digest for protein in proteins),
        {name: method.curves for name, method in fitted if method.curves},
    )
