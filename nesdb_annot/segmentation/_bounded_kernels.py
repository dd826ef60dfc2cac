"""Compiled kernels of exact segmentation; imports numba, so import it inside functions only.

With G the matrix of inner products of the rows, a segment [a, b) costs trace(G) - sum(G) / (b - a) over its own block.
No segment is longer than the maximum, so a band of G is all that is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Floats = NDArray[np.float64]


@compiled
def column_means(embedding: NDArray[np.float32]) -> Floats:
    """Mean row in float64: costs do not change when it is taken off, and large common offsets no longer eat digits."""
    length, dimension = embedding.shape
    mean = np.zeros(dimension)
    for row in range(length):
        for column in range(dimension):
            mean[column] += embedding[row, column]
    mean /= length
    return mean


@compiled
def inverse_norms(embedding: NDArray[np.float32]) -> Floats:
    """What brings each row to Euclidean length 1, shape (L,); a row of zeros stays."""
    length, dimension = embedding.shape
    scale = np.ones(length)
    for row in range(length):
        norm = 0.0
        for column in range(dimension):
            norm += np.float64(embedding[row, column]) ** 2
        if norm > 0:
            scale[row] = 1.0 / np.sqrt(norm)
    return scale


@compiled
def banded_products(embedding: NDArray[np.float32], offset: Floats, scale: Floats, reach: int) -> Floats:
    """Inner products of each row with itself and the `reach` - 1 rows before it; [i, d] is that of rows i and i - d.

    A row is (embedding - offset) * scale in float64. Rows are kept in a ring that stays in the processor's cache, and
    four are multiplied at a time with each row before them, which is loaded once for all four.

    Args:
        embedding: shape (L, dimension).
        offset: shape (dimension,).
        scale: shape (L,).
        reach: 1 to L.
    """
    length, dimension = embedding.shape
    products = np.zeros((4 * ((length + 3) // 4), reach + 3))
    size = 4 * ((reach + 6) // 4)
    ring = np.zeros((size, dimension))
    for block in range(0, length, 4):
        for row in range(block, min(block + 4, length)):
            place = row % size
            for column in range(dimension):
                ring[place, column] = (embedding[row, column] - offset[column]) * scale[row]
        at = block % size
        first, second, third, fourth = ring[at], ring[at + 1], ring[at + 2], ring[at + 3]
        for begin in range(max(0, block - reach + 1), min(block + 4, length)):
            before = ring[begin % size]
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for k in range(dimension):
                value = before[k]
                a += first[k] * value
                b += second[k] * value
                c += third[k] * value
                d += fourth[k] * value
            lag = block - begin
            if lag >= 0:
                products[block, lag] = a
            if lag >= -1:
                products[block + 1, lag + 1] = b
            if lag >= -2:
                products[block + 2, lag + 2] = c
            products[block + 3, lag + 3] = d
    return products[:length, :reach]


@compiled
def optimal_change_points(products: Floats, minimum: int, penalty: float) -> NDArray[np.int64]:
    """Ends of the segments that minimise squared error + `penalty` per segment, each `minimum` to `reach` long.

    The sum of G over [a, b) follows from that over [a, b - 1) and the band of row b - 1: time L * reach.

    Args:
        products: from `banded_products`, shape (L, reach); L must admit such lengths.
        minimum: shortest segment.
        penalty: of each segment.
    """
    length, reach = products.shape
    sums = np.zeros(reach)  # of G over the segment of d + 1 rows that ends here
    added = np.zeros(reach)
    share = 1.0 / np.arange(1, reach + 1)
    # Least cost of everything before a row, less the trace of G up to it, so that a segment's trace cancels.
    base = np.full(length + 1, np.inf)
    base[0] = 0.0
    start = np.zeros(length + 1, dtype=np.int64)
    for end in range(1, length + 1):
        own = products[end - 1, 0]
        longest = min(reach, end)
        column = 0.0
        for d in range(1, longest):
            column += products[end - 1, d]
            added[d] = 2.0 * column + own
        for d in range(longest - 1, 0, -1):
            sums[d] = sums[d - 1] + added[d]
        sums[0] = own
        least, place = np.inf, 0
        for d in range(minimum - 1, longest):
            total = base[end - 1 - d] - sums[d] * share[d]
            if total < least:
                least, place = total, end - 1 - d
        base[end] = least + penalty
        start[end] = place
    ends = np.empty(length, dtype=np.int64)
    found = 0
    at = length
    while at > 0:
        ends[found] = at
        found += 1
        at = start[at]
    return ends[:found][::-1].copy()
