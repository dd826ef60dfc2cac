"""Exact FAISS index of the reference vectors of a head set; it is built in memory in a millisecond.

The index is never read from a file: FAISS trusts the sizes that a file gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class ReferenceIndex:
    """An exact index of unit vectors that does not change.

    Attributes:
        flat: ``IndexFlatL2`` over m vectors of k numbers; it holds its own copy of the vectors.
    """

    def __init__(self, vectors: Vectors) -> None:
        import faiss

        self.flat: Any = faiss.IndexFlatL2(vectors.shape[1])
        self.flat.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def nearest(self, queries: Vectors, count: int, allowed: NDArray[np.bool_]) -> tuple[Vectors, NDArray[np.int64]]:
        """Euclidean distances and rows of the `count` nearest allowed vectors, nearest first, shape (n, count) each.

        Args:
            queries: unit vectors, shape (n, k).
            count: 1 to the number of allowed vectors.
            allowed: vectors that may be used, shape (m,).
        """
        import faiss

        # The selector has a second use. With it FAISS sums squared differences; without it FAISS multiplies matrices
        # for 20 queries or more, which loses the digits of small distances and depends on the number of queries.
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        faiss.omp_set_num_threads(1)  # of the calling thread: every worker process has one core
        squared, rows = self.flat.search(queries, count, params=faiss.SearchParameters(sel=selector))
        return np.sqrt(squared), rows
