"""Fits every trained method to one set of proteins: the weights of a head set, without calibrations and stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..methods import biochemical, neural, similarity, tagger
from ..methods.protocol import Method
from ..methods.scoring import methods_of, pooling_of
from ..records import Json
from .biochemical import BoostingSettings, fit_trees
from .examples import TrainingProtein, feature_rows, segment_rows
from .linear import LinearSettings, fit_linear
from .neural import NeuralSettings, fit_neural
from .similarity import ReferenceSettings, fit_references
from .tagger import TaggerExample, TaggerSettings
from .tagger_choice import fit_tagger

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of all trained methods."""

    tagger: TaggerSettings = field(default_factory=TaggerSettings)
    neural: NeuralSettings = field(default_factory=NeuralSettings)
    biochemical: BoostingSettings = field(default_factory=BoostingSettings)
    references: ReferenceSettings = field(default_factory=ReferenceSettings)
    linear: LinearSettings = field(default_factory=LinearSettings)

    def parameters(self) -> dict[str, dict[str, Json]]:
        """The settings by method, as plain values."""
        references = {name: value for name, value in asdict(self.references).items() if not isinstance(value, tuple)}
        plain: dict[str, dict[str, Any]] = {
            tagger.NAME: asdict(self.tagger),
            neural.NAME: {**asdict(self.neural), "hidden": list(self.neural.hidden)},
            biochemical.NAME: {**asdict(self.biochemical), "linear": asdict(self.linear)},
            similarity.NAME: {**references, "grid": [list(self.references.poolings), list(self.references.neighbours)]},
        }
        return plain


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


def stored_arrays(arrays: Mapping[str, Array], method: str) -> dict[str, Array]:
    """Under the method's prefix; floating weights as float16, which is what is scored with everywhere."""
    small = {name: array.astype(np.float16) if array.dtype == np.float32 else array for name, array in arrays.items()}
    return {f"{method}/{name}": array for name, array in small.items()}


def stored_curves(curves: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, Json]:
    """Losses per member and epoch as a head set's report keeps them."""
    return {name: [[round(loss, 5) for loss in member] for member in members] for name, members in curves.items()}


def _scaled(examples: Sequence[TaggerExample]) -> tuple[list[TaggerExample], dict[str, Array]]:
    """Examples with standardised embeddings, and the mean and inverse scale used."""
    total = np.concatenate([example.embedding for example in examples])
    mean = total.mean(axis=0).astype(np.float16).astype(np.float32)
    inverse = (1 / (total.std(axis=0) + 1e-6)).astype(np.float16).astype(np.float32)
    scaled = [
        TaggerExample(example.residues, (example.embedding - mean) * inverse, example.target, example.weight)
        for example in examples
    ]
    return scaled, {"embedding.mean": mean, "embedding.inverse_scale": inverse}


def fit_heads(
    proteins: Sequence[TrainingProtein], folds: Sequence[int], settings: TrainingSettings, seed: int
) -> FittedHeads:
    """Every trained method, fitted to all of `proteins`; `folds` are the groups that early stopping holds out."""
    references, chosen = fit_references(proteins, folds, settings.references, seed)
    rows = segment_rows(proteins, folds, chosen.pooling)
    examples, scale = _scaled([protein.tagger_example() for protein in proteins])
    tags = fit_tagger(examples, settings.tagger, seed, folds)
    perceptron, losses = fit_neural(rows, settings.neural, seed)
    features = feature_rows(proteins)
    trees = fit_trees(features, rows.positive, rows.weight, settings.biochemical, seed)
    linear = fit_linear(features, rows.positive, rows.weight, settings.linear)
    parameters = settings.parameters()
    arrays = {
        **stored_arrays(references, similarity.NAME),
        **stored_arrays(perceptron, neural.NAME),
        **stored_arrays({**tags.arrays, **(scale if tags.settings.bottleneck else {})}, tagger.NAME),
        **{f"{biochemical.NAME}/{name}": array for name, array in (trees.to_arrays() | linear.to_arrays()).items()},
    }
    return FittedHeads(
        arrays,
        {
            **parameters,
            similarity.NAME: {**parameters[similarity.NAME], **chosen._asdict()},
            tagger.NAME: {**asdict(tags.settings), "compared": {str(k): loss for k, loss in tags.compared.items()}},
        },
        tuple(protein.digest for protein in proteins),
        {tagger.NAME: tags.curves, neural.NAME: losses},
    )
