"""Scoring method `neural`: a small multilayer perceptron on the pooled embedding of a segment.

The published pipeline's idea, made small enough for a few hundred motifs. Training (torch) is in `learning.neural`;
here is the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import MethodIdentity
from .protocol import ProteinContext, RawScores

NAME = "neural"

FloatArray = NDArray[np.float32]


def perceptron_logits(pooled: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    """Log-odds of each segment, shape (n,): the mean of `member_logits`."""
    logits: FloatArray = member_logits(pooled, arrays).mean(axis=0)
    return logits


def member_logits(pooled: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    """Log-odds of each segment by each perceptron of an ensemble, with ReLU units, shape (members, n).

    Args:
        pooled: pooled embeddings, shape (n, dimension).
        arrays: ``mean`` and ``inverse_scale`` of the input, shape (dimension,); ``layer0.weight`` (members, in, out),
            ``layer0.bias`` (members, 1, out), and so on. The last layer has one output.
    """
    x = ((pooled - arrays["mean"]) * arrays["inverse_scale"])[None]
    depth = sum(name.endswith(".weight") for name in arrays)
    for index in range(depth):
        x = np.matmul(x, arrays[f"layer{index}.weight"]) + arrays[f"layer{index}.bias"]
        if index < depth - 1:
            x = np.maximum(x, 0)
    return x[:, :, 0]


@dataclass(frozen=True, slots=True)
class Neural:
    """Scores a segment by the log-odds of the perceptrons.

    Attributes:
        identity: name, version, parameters and training set.
        arrays: see `perceptron_logits`.
        pooling: of the vectors that it was fitted to.
    """

    identity: MethodIdentity
    arrays: Mapping[str, FloatArray]
    pooling: str

    def score(self, context: ProteinContext) -> RawScores:
        """Log-odds of each segment; the evidence is what each perceptron gives, that is, how far they agree."""
        members = member_logits(context.vectors(self.pooling), self.arrays)
        return RawScores(
            members.mean(axis=0).tolist(), lambda i: {"members": np.round(members[:, i].astype(float), 3).tolist()}
        )
