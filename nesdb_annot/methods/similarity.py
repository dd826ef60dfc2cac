"""Scoring method `similarity`: is a segment's embedding nearer to known motifs or to known non-motifs?

References are embedded in their protein's context, like the segments that are scored. The pooled embeddings of
segments are centred and whitened (projected on the main directions of variation, each scaled to the same spread: else
the few directions in which all proteins vary, composition above all, decide every distance) and brought to unit length.
The score is the log-fold of the mean distance to the k nearest references of each kind: log(mean distance to
non-motifs) - log(mean distance to motifs). Pooling and k are chosen in training (`learning.similarity`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity
from .protocol import ProteinContext, RawScores
from .reference_index import ReferenceIndex, reference_index

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
    projected = (rows - center) @ projection
    outcome = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
    return np.ascontiguousarray(outcome, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The nearest references of one sign: mean distance of the k, number and distance of the first; shape (n,) each."""

    mean: NDArray[np.float32]
    first: list[int]
    distance: list[float]


class _Side:
    """The references of one sign in their index."""

    def __init__(self, references: References, chosen: NDArray[np.int64], head_set: str, sign: str) -> None:
        self.chosen = chosen
        self.owners = np.array([references.digests[i] for i in chosen], dtype=object)
        self.index = reference_index(references.vectors[chosen], head_set, sign)

    def nearest(self, queries: NDArray[np.float32], k: int, left_out: frozenset[str]) -> _Neighbours:
        """The k nearest that are not left out, or as many as there are; with none, -1 at a distance of 2."""
        left = np.isin(self.owners, list(left_out)) if left_out else np.zeros(len(self.owners), dtype=bool)
        count = min(k, len(left) - int(left.sum()))
        if count == 0:
            return _Neighbours(np.full(len(queries), 2, dtype=np.float32), [-1] * len(queries), [2.0] * len(queries))
        mean, first, distance = self.index.nearest(queries, count, left)
        return _Neighbours(mean, self.chosen[first].tolist(), distance.tolist())


@dataclass(frozen=True)
class Similarity:
    """Log-fold of distances to reference motifs and non-motifs.

    Attributes:
        identity: name, version, parameters and training set.
        references: of both signs; each has an index (see `reference_index`).
        neighbours: k.
        pooling: of the embeddings that `references` were made of.
    """

    identity: MethodIdentity
    references: References
    neighbours: int
    pooling: str
    _motifs: _Side = field(init=False, repr=False)
    _others: _Side = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the indices of both signs, or build them."""
        is_motif, head_set = self.references.is_motif, self.identity.training_digest
        for name, chosen in (("_motifs", is_motif), ("_others", ~is_motif)):
            object.__setattr__(self, name, _Side(self.references, np.flatnonzero(chosen), head_set, name))

    @property
    def indices(self) -> tuple[ReferenceIndex, ReferenceIndex]:
        """Those of motifs and of non-motifs."""
        return self._motifs.index, self._others.index

    def score(self, context: ProteinContext) -> RawScores:
        """Log-fold of each segment; the evidence names the nearest motif and non-motif.

        References of `context.left_out` are not used. Without any reference of a kind its distance is 2, the largest
        between unit vectors.
        """
        if not len(context.spans):
            return RawScores([], lambda _: {})
        queries = self.references.whitened(context.vectors(self.pooling))
        motif = self._motifs.nearest(queries, self.neighbours, context.left_out)
        other = self._others.nearest(queries, self.neighbours, context.left_out)
        fold = np.log(other.mean + LEAST_DISTANCE) - np.log(motif.mean + LEAST_DISTANCE)
        near = {"nearest_motif": motif, "nearest_other": other}
        return RawScores(fold.tolist(), lambda i: self._evidence(context.digest, near, i))

    def _evidence(self, digest: str, near: Mapping[str, _Neighbours], place: int) -> dict[str, Json]:
        evidence: dict[str, Json] = {}
        for label, side in near.items():
            number, distance = side.first[place], side.distance[place]
            if number >= 0:
                evidence[label] = {
                    "sequence": self.references.digests[number],
                    "span": self.references.spans[number].tolist(),
                    "distance": round(distance, 4),
                    "same_protein": self.references.digests[number] == digest,
                }
        return evidence
