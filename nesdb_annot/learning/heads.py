"""Fits every trained method to one set of proteins: the weights of a head set, without calibrations and stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..methods import biochemical, neural, similarity, tagger
from ..methods.protocol import Method
from ..methods.scoring import methods_of
from ..records import Json
from ..residues import bounds
from .biochemical import BoostingSettings, fit_trees
from .examples import TrainingProtein, feature_rows, segment_rows
from .neural import NeuralSettings, fit_neural
from .tagger import TaggerExample, TaggerSettings, fit_ensemble
from .truth import Verdict, overlaps

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ReferenceSettings:
    """Which segments become references of the similarity, and how many neighbours count."""

    neighbours: int = 8
    others_per_motif: int = 4


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of all trained methods."""

    tagger: TaggerSettings = field(default_factory=TaggerSettings)
    neural: NeuralSettings = field(default_factory=NeuralSettings)
    biochemical: BoostingSettings = field(default_factory=BoostingSettings)
    references: ReferenceSettings = field(default_factory=ReferenceSettings)

    def parameters(self) -> dict[str, dict[str, Json]]:
        """The settings by method, as plain values."""
        plain: dict[str, dict[str, Any]] = {
            tagger.NAME: asdict(self.tagger),
            neural.NAME: {**asdict(self.neural), "hidden": list(self.neural.hidden)},
            biochemical.NAME: asdict(self.biochemical),
            similarity.NAME: asdict(self.references),
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

    def methods(self, training_digest: str = "") -> list[Method]:
        """The methods, ready to score."""
        return methods_of(self.arrays, self.parameters, self.digests, training_digest)


def _stored(arrays: Mapping[str, Array], method: str) -> dict[str, Array]:
    """Under the method's prefix; floating weights as float16, which is what is scored with everywhere."""
    small = {name: array.astype(np.float16) if array.dtype == np.float32 else array for name, array in arrays.items()}
    return {f"{method}/{name}": array for name, array in small.items()}


def reference_arrays(proteins: Sequence[TrainingProtein], settings: ReferenceSettings, seed: int) -> dict[str, Array]:
    """Pooled embeddings of every motif, and of candidates that overlap none, in their proteins' context.

    Each motif is represented by the candidate that fits it best, so that references and queries are pooled alike.
    Every protein gives as many non-motifs as its share of all such candidates, drawn at random.
    """
    random = np.random.default_rng(seed)
    motifs = [(owner, i) for owner, protein in enumerate(proteins) for i in _best_fits(protein)]
    others = [
        (owner, int(i))
        for owner, protein in enumerate(proteins)
        for i in np.flatnonzero((protein.verdicts == Verdict.ERROR) & (protein.example_weights > 0))
    ]
    count = min(len(others), settings.others_per_motif * len(motifs))
    drawn = [others[i] for i in np.sort(random.choice(len(others), count, replace=False))]
    chosen = [*motifs, *drawn]
    return {
        "vectors": np.stack([proteins[owner].pooled[i] for owner, i in chosen]).astype(np.float16),
        "is_motif": np.array([1] * len(motifs) + [0] * len(drawn), dtype=np.uint8),
        "spans": bounds([proteins[owner].spans[i] for owner, i in chosen]).astype(np.int32),
        "owner": np.array([owner for owner, _ in chosen], dtype=np.int32),
        "center": np.mean([protein.pooled.mean(axis=0) for protein in proteins], axis=0).astype(np.float16),
    }


def _best_fits(protein: TrainingProtein) -> list[int]:
    """For each motif the candidate of highest intersection over union, if it is a clear example; each once."""
    if not protein.truth.motifs or not len(protein.spans):
        return []
    own, targets = bounds(protein.spans), bounds(protein.truth.motifs)
    shared = overlaps(own, targets)
    lengths = (own[:, 1] - own[:, 0] + 1)[:, None] + (targets[:, 1] - targets[:, 0] + 1)[None]
    best = (shared / (lengths - shared)).argmax(axis=0)
    clear = (protein.verdicts == Verdict.HIT) & (protein.example_weights > 0)
    return sorted({int(i) for i in best if clear[i]})


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
    rows = segment_rows(proteins, folds)
    examples, scale = _scaled([protein.tagger_example() for protein in proteins])
    tags, tag_losses = fit_ensemble(examples, settings.tagger, seed)
    perceptron, losses = fit_neural(rows, settings.neural, seed)
    trees = fit_trees(feature_rows(proteins), rows.positive, rows.weight, settings.biochemical, seed)
    arrays = {
        **_stored(reference_arrays(proteins, settings.references, seed), similarity.NAME),
        **_stored(perceptron, neural.NAME),
        **_stored({**tags, **(scale if settings.tagger.bottleneck else {})}, tagger.NAME),
        **{f"{biochemical.NAME}/{name}": array for name, array in trees.to_arrays().items()},
    }
    return FittedHeads(
        arrays,
        settings.parameters(),
        tuple(protein.digest for protein in proteins),
        {tagger.NAME: tag_losses, neural.NAME: losses},
    )
