"""Fit of method `tagger`: an ensemble of networks that label each residue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import Json
from .heads import FitMaterial, FittedMethod, half_precision
from .tagger import TaggerExample
from .tagger_choice import fit_tagger


def fit(material: FitMaterial) -> FittedMethod:
    """Fit the networks to the residues of all proteins, with or without the embedding."""
    examples, scale = scaled([protein.tagger_example() for protein in material.proteins])
    tags = fit_tagger(examples, material.settings.tagger, material.seed, material.folds)
    arrays = {**tags.arrays, **(scale if tags.settings.bottleneck else {})}
    compared: dict[str, Json] = {str(width): loss for width, loss in tags.compared.items()}
    return FittedMethod(half_precision(arrays), {**asdict(tags.settings), "compared": compared}, tags.curves)


def scaled(examples: Sequence[TaggerExample]) -> tuple[list[TaggerExample], dict[str, NDArray[Any]]]:
    """Return examples with standardised embeddings, and the mean and inverse scale that were used."""
    total = np.concatenate([example.embedding for example in examples])
    mean = total.mean(axis=0).astype(np.float16).astype(np.float32)
    inverse = (1 / (total.std(axis=0) + 1e-6)).astype(np.float16).astype(np.float32)
    standardised = [
        TaggerExample(example.residues, (example.embedding - mean) * inverse, example.target, example.weight)
        for example in examples
    ]
    return standardised, {"embedding.mean": mean, "embedding.inverse_scale": inverse}
