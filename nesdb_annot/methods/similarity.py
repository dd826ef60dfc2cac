"""Scoring method `similarity`: is a segment's embedding nearer to known motifs or to known non-motifs?

References are embedded in their protein's context, like the segments that are scored. The pooled embeddings of
segments are centred and whitened (projected on the main directions of variation, each scaled to the same spread: else
the few directions in which all proteins vary, composition above all, decide every distance) and brought to unit length.
The score is the log-fold of the mean distance to the k nearest references of each kind: log(mean distance to
non-motifs) - log(mean distance to motifs). Pooling and k are chosen in training (`learning.similarity`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity
from .protocol import Floats, ProteinContext
from .reference_index import ReferenceIndex
from .weights import Weights

NAME = "similarity"
LEAST_DISTANCE = 1e-3
"""Added to both mean distances (of unit vectors): a segment that is itself a reference has a distance of 0."""


@dataclass(frozen=True)
class References:
    """Reference segments as whitened vectors.

    Attributes:
        vectors: of unit length, shape (n, k).
        is_motif: shape (n,).
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        digests: sequence that each reference lies in, n of them.
        center: subtracted from pooled embeddings, shape (dimension,).
        projection: that whitens them, shape (dimension, k).
    """

    vectors: NDArray[np.float32]
    is_motif: NDArray[np.bool_]
    spans: NDArray[np.int64]
    digests: Sequence[str]
    center: NDArray[np.float32]
    projection: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse references of which anything is missing."""
        counts = {len(self.vectors), len(self.is_motif), len(self.spans), len(self.digests)}
        if len(counts) > 1:
            why = f"vectors, signs, spans and owners are {' or '.join(map(str, sorted(counts)))}"
            raise ConfigurationError("the references of the similarity are damaged", why=why, remedy="nesannot train")

    def whitened(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pooled embeddings, shape (n, dimension), as vectors that compare with `vectors`, shape (n, k)."""
        return whitened(pooled, self.center, self.projection)


def whitened(
    rows: NDArray[np.float32], center: NDArray[np.float32], projection: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Centred and projected rows of unit length, shape (n, k), from rows of shape (n, dimension)."""
    # In double precision, so that a row has the same vector whatever the number of rows beside it.
    projected = (rows.astype(np.float64) - center) @ projection.astype(np.float64)
    outcome = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
    return np.ascontiguousarray(outcome, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The nearest references of one sign.

    Attributes:
        mean: distance to the k nearest, shape (n,).
        rows: number of each reference, nearest first, shape (n, k or fewer).
        distances: to `rows`, same shape.
    """

    mean: NDArray[np.float32]
    rows: NDArray[np.int64]
    distances: NDArray[np.float32]


@dataclass(frozen=True)
class Similarity:
    """Log-fold of distances to reference motifs and non-motifs.

    Attributes:
        identity: name, version, parameters and training set.
        references: of both signs.
        neighbours: k.
        pooling: of the embeddings that `references` were made of.
        index: of all references.
    """

    identity: MethodIdentity
    references: References
    neighbours: int
    pooling: str
    index: ReferenceIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the index."""
        object.__setattr__(self, "index", ReferenceIndex(self.references.vectors))

    def nearest(self, queries: NDArray[np.float32], allowed: NDArray[np.bool_]) -> _Neighbours:
        """The k nearest references that are allowed, or as many as there are; without any, a mean distance of 2."""
        count = min(self.neighbours, int(allowed.sum()))
        if count == 0:
            empty = np.empty((len(queries), 0), dtype=np.float32)
            return _Neighbours(np.full(len(queries), 2, dtype=np.float32), empty.astype(np.int64), empty)
        distances, rows = self.index.nearest(queries, count, allowed)
        return _Neighbours(distances.mean(axis=1), rows, distances)

    def raw(self, context: ProteinContext) -> Floats:
        """Log-fold of each segment, shape (n,).

        Without any reference of a kind its distance is 2, the largest between unit vectors.
        """
        if not len(context.spans):
            return np.empty(0)
        motif, other = self._near(context)
        raw: Floats = (np.log(other.mean + LEAST_DISTANCE) - np.log(motif.mean + LEAST_DISTANCE)).astype(np.float64)
        return raw

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """The nearest motif and non-motif of each of these segments."""
        sides = list(zip(("nearest_motif", "nearest_other"), self._near(context), strict=True)) if len(indices) else []
        return [
            {label: self._nearest(context.digest, side, i) for label, side in sides if side.rows.shape[1]}
            for i in indices
        ]

    def _near(self, context: ProteinContext) -> tuple[_Neighbours, _Neighbours]:
        """Nearest motifs and non-motifs of each segment."""

        def search() -> tuple[_Neighbours, _Neighbours]:
            queries = self.references.whitened(context.vectors(self.pooling))
            is_motif = self.references.is_motif
            return self.nearest(queries, is_motif), self.nearest(queries, ~is_motif)

        return context.once(self, search)

    def _nearest(self, digest: str, side: _Neighbours, index: int) -> dict[str, Json]:
        """The very nearest reference of one segment."""
        row = int(side.rows[index, 0])
        return {
            "sequence": self.references.digests[row],
            "span": self.references.spans[row].tolist(),
            "distance": round(float(side.distances[index, 0]), 4),
            "same_protein": self.references.digests[row] == digest,
        }


def build(weights: Weights) -> Similarity:
    """Return the method with the reference vectors of a head set."""
    arrays = weights.arrays
    owners = [weights.digests[i] for i in arrays["owner"].tolist()]
    signs, spans = arrays["is_motif"].astype(bool), arrays["spans"].astype(np.int64)
    references = References(arrays["vectors"], signs, spans, owners, arrays["center"], arrays["projection"])
    neighbours = int(str(weights.parameters["neighbours"]))
    return Similarity(weights.identity, references, neighbours, weights.pooling)
