"""Scoring method `similarity`: is a segment's embedding nearer to known motifs or to known non-motifs?

References are embedded in their protein's context, like the segments that are scored. The score is the log-fold of the
mean distance to the k nearest references of each kind: log(mean distance to non-motifs) - log(mean distance to motifs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from .protocol import ProteinContext, RawScore

NAME = "similarity"
LEAST_DISTANCE = 1e-3
"""Added to both mean distances (of unit vectors): a segment that is itself a reference has a distance of 0."""


@dataclass(frozen=True)
class References:
    """Pooled embeddings of reference segments.

    Attributes:
        vectors: shape (n, dimension).
        is_motif: shape (n,).
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        digests: sequence that each reference lies in, n of them.
        center: subtracted before normalisation, shape (dimension,).
    """

    vectors: NDArray[np.float32]
    is_motif: NDArray[np.bool_]
    spans: NDArray[np.int64]
    digests: Sequence[str]
    center: NDArray[np.float32]

    def normalised(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Centred rows of unit length, so that distances are comparable between models and segment lengths."""
        centred = pooled - self.center
        outcome = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
        return np.ascontiguousarray(outcome, dtype=np.float32)


class _Side:
    """The references of one sign in an exact FAISS index."""

    def __init__(self, references: References, chosen: NDArray[np.int64]) -> None:
        import faiss

        self.chosen = chosen
        self.owners = np.array([references.digests[i] for i in chosen], dtype=object)
        faiss.omp_set_num_threads(1)  # one process a core: threads of many small searches wait for one another
        self.index: Any = faiss.IndexFlatL2(references.vectors.shape[1])
        self.index.add(references.normalised(references.vectors[chosen]))

    def nearest(
        self, queries: NDArray[np.float32], k: int, left_out: frozenset[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Distances and reference numbers of the k nearest that are not left out, shape (n, k or fewer)."""
        import faiss

        kept = np.flatnonzero(~np.isin(self.owners, list(left_out))) if left_out else np.arange(len(self.owners))
        count = min(k, len(kept))
        if count == 0:
            return np.full((len(queries), 1), 2.0, dtype=np.float32), np.full((len(queries), 1), -1, dtype=np.int64)
        selector: Any = faiss.IDSelectorBatch(kept)
        parameters: Any = faiss.SearchParameters()
        parameters.sel = selector
        squared, found = self.index.search(queries, count, params=parameters if left_out else None)
        return np.sqrt(np.maximum(squared, 0)), self.chosen[found]


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

    def score(self, context: ProteinContext) -> list[RawScore]:
        """Log-fold of each segment; the evidence names the nearest motif and non-motif.

        References of `context.left_out` are not used. Without any reference of a kind its distance is 2, the largest
        between unit vectors.
        """
        if not len(context.spans):
            return []
        queries = self.references.normalised(context.pooled)
        to_motif, motif = self._motifs.nearest(queries, self.neighbours, context.left_out)
        to_other, other = self._others.nearest(queries, self.neighbours, context.left_out)
        fold = np.log(to_other.mean(axis=1) + LEAST_DISTANCE) - np.log(to_motif.mean(axis=1) + LEAST_DISTANCE)
        return [
            RawScore(raw, self._evidence(context, int(motif[i, 0]), to_motif[i, 0], int(other[i, 0]), to_other[i, 0]))
            for i, raw in enumerate(fold.tolist())
        ]

    def _evidence(
        self, context: ProteinContext, motif: int, to_motif: np.float32, other: int, to_other: np.float32
    ) -> dict[str, Json]:
        evidence: dict[str, Json] = {}
        for label, number, distance in (("nearest_motif", motif, to_motif), ("nearest_other", other, to_other)):
            if number >= 0:
                evidence[label] = {
                    "sequence": self.references.digests[number],
                    "span": self.references.spans[number].tolist(),
                    "distance": round(float(distance), 4),
                    "same_protein": self.references.digests[number] == context.digest,
                }
        return evidence
