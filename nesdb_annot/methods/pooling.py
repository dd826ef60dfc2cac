"""How the embeddings of a segment's residues become one vector, as long as the embedding of a residue.

Which pooling similarity and neural head read is chosen in training (`learning.similarity`) and part of the head set.
Stored segments keep the vector of that pooling, so that other references or heads score them again without embedding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan

MEAN = "mean"
"""All residues count alike."""

CENTRED = "centred"
"""Mean whose weights fall off to both ends, sin^2(pi i / (n + 1)) of residue i = 1..n (a Hann window): the ends of a
candidate are the least certain part of it."""

MAXIMUM = "maximum"
"""The largest value of each dimension."""

POOLINGS = (MEAN, CENTRED, MAXIMUM)


def pool(embedding: NDArray[np.float32], spans: Sequence[ResidueSpan], pooling: str = MEAN) -> NDArray[np.float32]:
    """One vector for each span, shape (len(spans), dimension).

    Args:
        embedding: per residue, shape (L, dimension).
        spans: within the L residues.
        pooling: one of `POOLINGS`.

    Raises:
        ValueError: if there is no such pooling.
    """
    from ._segment_kernels import span_maxima, span_means

    if pooling not in POOLINGS:
        raise ValueError(f"no pooling {pooling!r}: {', '.join(POOLINGS)}")
    rows = np.ascontiguousarray(embedding, dtype=np.float32)
    begin = np.fromiter((span.first - 1 for span in spans), dtype=np.int64, count=len(spans))
    end = np.fromiter((span.last for span in spans), dtype=np.int64, count=len(spans))
    return span_maxima(rows, begin, end) if pooling == MAXIMUM else span_means(rows, begin, end, pooling == CENTRED)
