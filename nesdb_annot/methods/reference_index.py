"""FAISS index of reference vectors: a cache in memory, built from the head set that the database holds.

An index is known by the digest of its head set. Heads that are loaded again in the same process find theirs; when the
digest in the database differs, another one is built. It is never read from a file: to build it takes a millisecond,
and FAISS trusts what a file says of itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

KEPT = 8
"""Indices that a process keeps: those of both signs of four head sets."""


class ReferenceIndex:
    """An exact FAISS index of unit vectors; nothing is added to it later.

    Attributes:
        flat: ``IndexFlatL2`` over m vectors of k numbers.
    """

    def __init__(self, vectors: Vectors) -> None:
        import faiss

        self.flat: Any = faiss.IndexFlatL2(vectors.shape[1])
        self.flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
        held = faiss.rev_swig_ptr(self.flat.get_xb(), self.flat.ntotal * self.flat.d)
        self._held: Vectors = held.reshape(-1, self.flat.d)
        self._squares: Vectors = (self._held**2).sum(axis=1)
        self._columns = np.ascontiguousarray(self._held.T)  # a few queries times these take half as long as times rows

    def nearest(
        self, queries: Vectors, count: int, left_out: NDArray[np.bool_]
    ) -> tuple[Vectors, NDArray[np.int64], Vectors]:
        """Mean distance to the `count` nearest vectors, and the row and the distance of the very nearest.

        Args:
            queries: unit vectors, shape (n, k).
            count: 1 to the number of vectors that are not left out.
            left_out: vectors that may not be used, shape (m,).

        Returns:
            Three arrays of shape (n,).
        """
        from ._similarity_kernels import nearest_references

        squares = np.where(left_out, np.float32(np.inf), self._squares)
        # All distances at once: the heap of a search costs more than they do.
        found: tuple[Vectors, NDArray[np.int64], Vectors]
        found = nearest_references(queries, self._held, queries @ self._columns, squares, count)
        return found


def reference_index(vectors: Vectors, head_set: str, sign: str) -> ReferenceIndex:
    """The index of these vectors: the one at hand if it is of the same head set and sign, else a new one.

    Args:
        vectors: of unit length, shape (m, k).
        head_set: its digest; empty while it is being trained, and then nothing is kept.
        sign: tells motifs and non-motifs of one head set apart.
    """
    return _built(_Known(f"{head_set}/{sign}", vectors)) if head_set else ReferenceIndex(vectors)


@dataclass(frozen=True)
class _Known:
    """Vectors that are equal to others of the same name."""

    name: str
    vectors: Vectors = field(compare=False, repr=False)


@lru_cache(maxsize=KEPT)
def _built(known: _Known) -> ReferenceIndex:
    return ReferenceIndex(known.vectors)
