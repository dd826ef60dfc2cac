"""Whether the tagger reads the language model's embedding: only where it gains on families that were not taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .tagger import TaggerExample, TaggerSettings, fit_ensemble


@dataclass(frozen=True, slots=True)
class FittedTagger:
    """An ensemble as it is kept.

    Attributes:
        arrays: weights, from `tagger.fit_ensemble`.
        curves: loss of each member after each epoch, on the families that it was not taught.
        settings: as they were chosen; a `bottleneck` of 0 reads no embedding.
        compared: bottleneck -> mean over the members of the lowest loss; empty if nothing was chosen.
    """

    arrays: Mapping[str, NDArray[np.float32]]
    curves: list[list[float]]
    settings: TaggerSettings
    compared: Mapping[int, float]


def fit_tagger(
    examples: Sequence[TaggerExample], settings: TaggerSettings, seed: int, groups: Sequence[int]
) -> FittedTagger:
    """The ensemble with or without the embedding, whichever fits better what its members were not taught.

    Args:
        examples: proteins with scaled embeddings.
        settings: of every member; with a `bottleneck` of 0 there is nothing to choose.
        seed: of the first member.
        groups: fold of each example. Members of the same number hold the same fold out with and without.
    """
    without = _fitted(examples, replace(settings, bottleneck=0), seed, groups)
    if not settings.bottleneck:
        return without
    fits = [without, _fitted(examples, settings, seed, groups)]
    compared = {fit.settings.bottleneck: float(np.mean([min(curve) for curve in fit.curves])) for fit in fits}
    return replace(min(fits, key=lambda fit: compared[fit.settings.bottleneck]), compared=compared)


def _fitted(
    examples: Sequence[TaggerExample], settings: TaggerSettings, seed: int, groups: Sequence[int]
) -> FittedTagger:
    seen = examples if settings.bottleneck else [replace(own, embedding=own.embedding[:, :0]) for own in examples]
    return FittedTagger(*fit_ensemble(seen, settings, seed, groups), settings, {})
