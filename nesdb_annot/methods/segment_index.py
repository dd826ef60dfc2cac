"""Index of the stored segments of a configuration by FAISS: exact up to 200,000 vectors, in cells beyond.

The vectors are the whitened unit vectors that the method `similarity` compares (see `similarity.References`). The index
is a cache that can always be made again from the database. Its file holds plain arrays (safetensors) and no FAISS
index: the reader of FAISS trusts the sizes that a file gives. FAISS takes the arrays when the index is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .reference_index import Vectors

Numbers = NDArray[np.int64]

FLAT_UP_TO = 200_000
"""Vectors up to which every search looks at all of them."""

CELLS_PER_ROOT = 2
"""Cells for each unit of the square root of the number of vectors."""

PROBED_SHARE = 0.5
"""Share of the cells that a search looks at: embeddings of segments do not cluster much."""

GROWTH = 4
"""The cells are trained again when there are so many times as many vectors as they were trained for."""

TRAINING_VECTORS_PER_CELL = 40
_PAGE = 20_000


class Scored(NamedTuple):
    """Sequences with stored segments, m of them in ascending order: key, and when each was scored, microseconds."""

    sequence: Numbers
    at: Numbers

    def missing_in(self, other: Scored) -> Numbers:
        """Sequences that `other` lacks, or has as they were scored at another time."""
        if not len(other.sequence):
            return self.sequence
        row = np.minimum(np.searchsorted(other.sequence, self.sequence), len(other.sequence) - 1)
        missing: Numbers = self.sequence[(other.sequence[row] != self.sequence) | (other.at[row] != self.at)]
        return missing

    def equals(self, other: Scored) -> bool:
        """Whether both are the same sequences, scored at the same times."""
        return np.array_equal(self.sequence, other.sequence) and np.array_equal(self.at, other.at)


class Rows(NamedTuple):
    """Segments, n of them: keys of their sequences, numbers within these, and vectors, shape (n, k)."""

    sequence: Numbers
    segment: NDArray[np.int16]
    vectors: Vectors


NOTHING_SCORED = Scored(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class SegmentVectors:
    """Vectors of stored segments, n of them.

    Attributes:
        scored: the sequences that the segments belong to.
        sequence: key of the sequence of each segment, shape (n,).
        segment: number of each segment within its sequence, from 1, shape (n,).
        vectors: of unit length, float16, shape (n, k).
        centers: of the cells, shape (c, k); c is 0 while all vectors are searched.
        cell: number of the cell of each vector, shape (n,), or (0,) without cells.
        trained_for: number of vectors that there were when the cells were trained.
    """

    scored: Scored
    sequence: Numbers
    segment: NDArray[np.int16]
    vectors: NDArray[np.float16]
    centers: Vectors
    cell: NDArray[np.int32]
    trained_for: int = 0

    @classmethod
    def empty(cls, dimension: int) -> SegmentVectors:
        """No vector yet, of `dimension` numbers each."""
        none, centers = np.empty(0, dtype=np.int64), np.empty((0, dimension), dtype=np.float32)
        return cls(NOTHING_SCORED, none, none.astype(np.int16), centers.astype(np.float16), centers, none.astype("i4"))

    def with_changes(self, scored: Scored, added: Iterable[Rows]) -> SegmentVectors:
        """The vectors of `scored`: those of sequences that did not change, and the added ones.

        Args:
            scored: the sequences that have segments now.
            added: all segments of every sequence that is new or was scored again.
        """
        outdated = self.scored.missing_in(scored)
        unchanged = ~np.isin(self.sequence, outdated)
        cells = bool(len(self.centers))
        parts = [(self.sequence[unchanged], self.segment[unchanged], self.vectors[unchanged])]
        parts += [(sequence, segment, vectors.astype(np.float16)) for sequence, segment, vectors in added]
        sequence, segment, vectors = (np.concatenate(column) for column in zip(*parts, strict=True))
        fresh = vectors[int(unchanged.sum()) :]
        cell = np.concatenate([self.cell[unchanged], _nearest_center(fresh, self.centers)]) if cells else self.cell
        return replace(
            self, scored=scored, sequence=sequence, segment=segment, vectors=vectors, cell=cell
        ).in_cells_where_needed()

    def in_cells_where_needed(self) -> SegmentVectors:
        """The same vectors with cells that fit their number."""
        count = len(self.vectors)
        if count <= FLAT_UP_TO:
            none = np.empty((0, self.vectors.shape[1]), dtype=np.float32)
            return replace(self, centers=none, cell=np.empty(0, dtype=np.int32), trained_for=0)
        if len(self.centers) and count < GROWTH * self.trained_for:
            return self
        centers = _trained_centers(self.vectors, int(CELLS_PER_ROOT * count**0.5))
        return replace(self, centers=centers, cell=_nearest_center(self.vectors, centers), trained_for=count)

    def to_bytes(self) -> bytes:
        """All arrays as safetensors."""
        from safetensors.numpy import save

        arrays: dict[str, NDArray[Any]] = {
            "scored_sequence": self.scored.sequence,
            "scored_at": self.scored.at,
            "trained_for": np.array([self.trained_for]),
            **{name: getattr(self, name) for name in _ARRAYS},
        }
        return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})

    @classmethod
    def from_bytes(cls, payload: bytes) -> SegmentVectors:
        """The inverse of `to_bytes`; the caller has compared the digest of `payload`."""
        from safetensors.numpy import load

        arrays = load(payload)
        scored = Scored(arrays["scored_sequence"], arrays["scored_at"])
        trained_for = int(arrays["trained_for"][0])
        return cls(scored=scored, trained_for=trained_for, **{name: arrays[name] for name in _ARRAYS})


_ARRAYS = ("sequence", "segment", "vectors", "centers", "cell")


class SegmentIndex:
    """The FAISS index of stored segments, open for searches.

    Attributes:
        stored: the vectors.
        faiss: ``IndexFlatL2``, or ``IndexIVFScalarQuantizer`` of float16 numbers beyond `FLAT_UP_TO` vectors.
    """

    def __init__(self, stored: SegmentVectors) -> None:
        import faiss

        self.stored = stored
        count, dimension = stored.vectors.shape
        flat = faiss.IndexFlatL2(dimension)
        if not len(stored.centers):
            self.faiss: Any = flat
            flat.add(stored.vectors.astype(np.float32))
            return
        flat.add(stored.centers)
        kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2
        self.faiss = faiss.IndexIVFScalarQuantizer(flat, dimension, len(stored.centers), kind, metric, False)
        self.faiss.train(stored.centers)  # numbers of float16 need no training, and the centers are there already
        self.faiss.own_fields, self._centers = False, flat
        for first in range(0, count, _PAGE):
            rows = stored.vectors[first : first + _PAGE].astype(np.float32)
            ids = np.arange(first, first + len(rows))
            cells = stored.cell[first : first + _PAGE].astype(np.int64)
            self.faiss.add_core(len(rows), *map(faiss.swig_ptr, (rows, ids, cells)))

    def nearest(self, queries: Vectors, count: int, left_out: NDArray[np.bool_]) -> tuple[Vectors, Numbers]:
        """Distances and rows of the `count` nearest vectors, nearest first, shape (n, count) each.

        Where there are fewer, the last rows are -1.

        Args:
            queries: unit vectors, shape (n, k).
            count: 1 or more.
            left_out: vectors that are not given, one for each stored vector.
        """
        import faiss

        selector = faiss.IDSelectorBitmap(np.packbits(~left_out, bitorder="little"))
        if len(self.stored.centers):
            probed = max(1, round(PROBED_SHARE * len(self.stored.centers)))
            options: Any = faiss.SearchParametersIVF(sel=selector, nprobe=probed)
        else:
            options = faiss.SearchParameters(sel=selector)
        squared, rows = self.faiss.search(queries, count, params=options)
        return np.sqrt(np.maximum(squared, 0)), rows


def _trained_centers(vectors: NDArray[np.float16], cells: int) -> Vectors:
    """Centers of cells by k-means on a sample."""
    import faiss

    size = min(len(vectors), TRAINING_VECTORS_PER_CELL * cells)
    sample = np.random.default_rng(1).choice(len(vectors), size, replace=False)
    means = faiss.Kmeans(vectors.shape[1], cells, niter=6, seed=1)
    means.train(vectors[np.sort(sample)].astype(np.float32))
    centers: Vectors = means.centroids
    return centers


def _nearest_center(vectors: NDArray[np.float16], centers: Vectors) -> NDArray[np.int32]:
    """Number of the nearest center of each vector; a page at a time, by one product of matrices."""
    half = (centers**2).sum(axis=1) / 2
    pages = (vectors[first : first + _PAGE].astype(np.float32) for first in range(0, len(vectors), _PAGE))
    cells = [np.argmax(page @ centers.T - half, axis=1).astype(np.int32) for page in pages]
    return np.concatenate(cells) if cells else np.empty(0, dtype=np.int32)
