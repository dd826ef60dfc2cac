"""What a measurement is asked to do; travels to its process as JSON. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..catalog import BUNDLED, OFFICIAL_MODELS
from ..windows import WHOLE

SHAPES = {
    "8M": "esm2_t6_8M_UR50D",
    "35M": "esm2_t12_35M_UR50D",
    "150M": "esm2_t30_150M_UR50D",
    "650M": "esm2_t33_650M_UR50D",
}
"""Official shapes that are measured with random weights: speed does not depend on what the weights are."""

NAMES = (*SHAPES, BUNDLED)

OURS = ("packed", "openvino", "compiled", "int8")
"""Engines that are compared with stock fair-esm."""

MEDIAN_LENGTH, SPREAD, SHORTEST = 415, 0.75, 30
"""Log-normal lengths as in the human proteome: median in residues, standard deviation of ln(length)."""

PROTEINS = 4000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One measurement.

    Attributes:
        shapes: of `NAMES`, in this order.
        engines: that are compared with stock fair-esm; all that run here if empty.
        lengths: residues of each protein.
        seconds: to spend on each shape; at least one batch of each engine is measured.
        seed: of residues and random weights.
        device: of torch.
        cache_dir: of the settings.
    """

    shapes: tuple[str, ...]
    engines: tuple[str, ...]
    lengths: tuple[int, ...]
    seconds: float
    seed: int
    device: str
    cache_dir: str


def drawn_lengths(seed: int, proteins: int = PROTEINS) -> list[int]:
    """Lengths of a made-up proteome, in residues: log-normal, none below `SHORTEST` or above one pass."""
    drawn = np.random.default_rng(seed).lognormal(np.log(MEDIAN_LENGTH), SPREAD, proteins)
    return [int(length) for length in drawn.clip(SHORTEST, WHOLE.window)]


def passes(lengths: Sequence[int]) -> list[int]:
    """Lengths of whole passes: what is longer than one becomes several, of stock fair-esm, too.

    Example:
        >>> passes([300, 5000])
        [300, 2500, 2500]
    """
    pieces: list[int] = []
    for length in lengths:
        count = -(-length // WHOLE.window)
        pieces += [length * (n + 1) // count - length * n // count for n in range(count)]
    return pieces


def operations(shape: tuple[int, int], lengths: Sequence[int]) -> float:
    """Floating-point operations that the transformer layers need for proteins of these lengths.

    For each token and layer: 24 width^2 in the linear layers (4 projections and 2 of four times the width, two
    operations a weight) and 4 tokens width in attention (scores and context). Nothing else is counted, neither norms
    nor softmax nor the language-model head.

    Args:
        shape: layers and width.
        lengths: in residues; <cls> and <eos> are added here.
    """
    layers, width = shape
    tokens = np.array(lengths, dtype=float) + 2
    return float(layers * (24 * width**2 * tokens + 4 * width * tokens**2).sum())


def official_shape(name: str) -> tuple[int, int, int]:
    """Layers, width and heads of a shape of `SHAPES`."""
    model = OFFICIAL_MODELS[SHAPES[name]]
    return model.layers, model.width, model.heads
