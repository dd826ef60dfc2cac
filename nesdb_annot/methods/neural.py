"""Scoring method `neural`: a small multilayer perceptron on the pooled embedding of a segment.

The published pipeline's idea, made small enough for a few hundred motifs. Training (torch) is in `learning.neural`;
here is the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from .protocol import Floats, ProteinContext
from .weights import Weights

NAME = "neural"

FloatArray = NDArray[np.float32]


def member_logits(pooled: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    """Log-odds of each segment by each perceptron of an ensemble, with ReLU units, shape (members, n).

    Args:
        pooled: pooled embeddings, shape (n, dimension).
        arrays: ``mean`` and ``inverse_scale`` of the input, shape (dimension,); ``layer0.weight`` (members, in, out),
            ``layer0.bias`` (members, 1, out), and so on. The last layer has one output.
    """
    # In double precision, so that a row has the same log-odds whatever the number of rows beside it.
    x = ((pooled.astype(np.float64) - arrays["mean"]) * arrays["inverse_scale"])[None]
    depth = sum(name.endswith(".weight") for name in arrays)
    for index in range(depth):
        x = np.matmul(x, arrays[f"layer{index}.weight"]) + arrays[f"layer{index}.bias"]
        if index < depth - 1:
            x = np.maximum(x, 0)
    return x[:, :, 0].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Neural:
    """Scores a segment by the log-odds of the perceptrons.

    Attributes:
        identity: name, version, parameters and training set.
        arrays: see `member_logits`.
        pooling: of the vectors that it was fitted to.
    """

    identity: MethodIdentity
    arrays: Mapping[str, FloatArray]
    pooling: str

    def raw(self, context: ProteinContext) -> Floats:
        """Log-odds of each segment, shape (n,): the mean of the perceptrons."""
        raw: Floats = self._members(context).mean(axis=0).astype(np.float64)
        return raw

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """Log-odds by each perceptron, which show how far they agree."""
        members = self._members(context).astype(np.float64).round(3)
        return [{"members": members[:, i].tolist()} for i in indices]

    def _members(self, context: ProteinContext) -> FloatArray:
        return context.once(self, lambda: member_logits(context.vectors(self.pooling), self.arrays))


def build(weights: Weights) -> Neural:
    """Return the method with the perceptrons of a head set."""
    return Neural(weights.identity, weights.arrays, weights.pooling)
