"""Scoring method `similarity`: is a segment's embedding nearer to known motifs or to known non-motifs?

References are embedded in their protein's context, like the segments that are scored. A segment is divided into equal
parts, whose mean embeddings stand side by side, so that the order of its residues counts; they are centred and whitened
(projected on the main directions of variation, each scaled to the same spread: else the few directions in which all
proteins vary, composition above all, decide every distance) and brought to unit length. The score is the log-fold of
the mean distance to the k nearest references of each kind: log(mean distance to non-motifs) - log(mean distance to
motifs). k is chosen in training (`learning.similarity`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity
from ..residues import ResidueSpan
from .protocol import ProteinContext, RawScores, pool

NAME = "similarity"
LEAST_DISTANCE = 1e-3
"""Added to both mean distances (of unit vectors): a segment that is itself a reference has a distance of 0."""


def part_means(embedding: NDArray[np.float32], spans: Sequence[ResidueSpan], parts: int) -> NDArray[np.float32]:
    """Mean embeddings of `parts` equal parts of each span, side by side; shape (len(spans), parts * dimension).

    Args:
        embedding: per residue, shape (L, dimension).
        spans: n of them; a part of a span that is shorter than `parts` residues is one residue.
        parts: at least 1.
    """
    return np.hstack([pool(embedding, [_part(span, number, parts) for span in spans]) for number in range(parts)])


def _part(span: ResidueSpan, number: int, parts: int) -> ResidueSpan:
    first = span.first + number * len(span) // parts
    return ResidueSpan(first, max(first, span.first + (number + 1) * len(span) // parts - 1))


@dataclass(frozen=True)
class References:
    """Reference segments as whitened vectors.

    Attributes:
        vectors: of unit length, shape (n, k).
        is_motif: shape (n,).
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        digests: sequence that each reference lies in, n of them.
        center: subtracted from part means, shape (parts * dimension,).
        projection: that whitens them, shape (parts * dimension, k).
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

    def queries(self, context: ProteinContext) -> NDArray[np.float32]:
        """The segments of a protein as vectors that compare with `vectors`, shape (n, k)."""
        parts = len(self.center) // context.embedding.shape[1]
        means = context.pooled if parts == 1 else part_means(context.embedding, context.spans, parts)
        return whitened(means, self.center, self.projection)


def whitened(
    rows: NDArray[np.float32], center: NDArray[np.float32], projection: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Centred and projected rows of unit length, shape (n, k), from rows of shape (n, parts * dimension)."""
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
    """The references of one sign in an exact FAISS index."""

    def __init__(self, references: References, chosen: NDArray[np.int64]) -> None:
        import faiss

        self.chosen = chosen
        self.owners = np.array([references.digests[i] for i in chosen], dtype=object)
        faiss.omp_set_num_threads(1)  # one process a core: threads of many small searches wait for one another
        self.index: Any = faiss.IndexFlatL2(references.vectors.shape[1])
        self.index.add(np.ascontiguousarray(references.vectors[chosen], dtype=np.float32))
        held = faiss.rev_swig_ptr(self.index.get_xb(), self.index.ntotal * self.index.d)
        self.held: NDArray[np.float32] = held.reshape(-1, self.index.d)
        self.squares: NDArray[np.float32] = (self.held**2).sum(axis=1)
        self.columns = np.ascontiguousarray(self.held.T)  # a few queries times these take half as long as times rows

    def nearest(self, queries: NDArray[np.float32], k: int, left_out: frozenset[str]) -> _Neighbours:
        """The k nearest that are not left out, or as many as there are; with none, -1 at a distance of 2."""
        from ._similarity_kernels import nearest_references

        left = np.isin(self.owners, list(left_out)) if left_out else np.zeros(len(self.owners), dtype=bool)
        count = min(k, len(left) - int(left.sum()))
        if count == 0:
            return _Neighbours(np.full(len(queries), 2, dtype=np.float32), [-1] * len(queries), [2.0] * len(queries))
        squares = np.where(left, np.float32(np.inf), self.squares)
        # All distances at once: the heap of a search costs more than they do.
        mean, first, distance = nearest_references(queries, self.held, queries @ self.columns, squares, count)
        return _Neighbours(mean, self.chosen[first].tolist(), distance.tolist())


@dataclass(frozen=True)
class Similarity:
    """Log-fold of distances to reference motifs and non-motifs.

    Attributes:
        identity: name, version, parameters and training set.
        references: of both signs; the index is built from them in memory.
        neighbours: k.
    """

    identity: MethodIdentity
    references: References
    neighbours: int
    _motifs: _Side = field(init=False, repr=False)
    _others: _Side = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Build the two indices."""
        object.__setattr__(self, "_motifs", _Side(self.references, np.flatnonzero(self.references.is_motif)))
        object.__setattr__(self, "_others", _Side(self.references, np.flatnonzero(~self.references.is_motif)))

    def score(self, context: ProteinContext) -> RawScores:
        """Log-fold of each segment; the evidence names the nearest motif and non-motif.

        References of `context.left_out` are not used. Without any reference of a kind its distance is 2, the largest
        between unit vectors.
        """
        if not len(context.spans):
            return RawScores([], lambda _: {})
        queries = self.references.queries(context)
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
