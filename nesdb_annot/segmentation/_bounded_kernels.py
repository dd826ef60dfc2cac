"""Compiled kernels of exact segmentation; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

FloatRows = NDArray[np.float64]


@compiled
def centred_rows(embedding: NDArray[np.float32]) -> FloatRows:
    """Rows in float64 minus their mean; costs do not change, and large common offsets no longer eat digits."""
    length, dimension = embedding.shape
    mean = np.zeros(dimension)
    for row in range(length):
        for column in range(dimension):
            mean[column] += embedding[row, column]
    mean /= length
    rows = np.empty((length, dimension))
    for row in range(length):
        for column in range(dimension):
            rows[row, column] = embedding[row, column] - mean[column]
    return rows


@compiled
def unit_rows(embedding: NDArray[np.float32]) -> FloatRows:
    """Rows in float64 at Euclidean length 1; a row of zeros stays."""
    length, dimension = embedding.shape
    rows = np.empty((length, dimension))
    for row in range(length):
        norm = 0.0
        for column in range(dimension):
            norm += np.float64(embedding[row, column]) ** 2
        scale = 1.0 / np.sqrt(norm) if norm > 0 else 1.0
        for column in range(dimension):
            rows[row, column] = embedding[row, column] * scale
    return rows


@compiled
def mean_cost(rows: FloatRows) -> float:
    """Mean squared distance of the rows to their mean."""
    length, dimension = rows.shape
    squares = 0.0
    mean = np.zeros(dimension)
    for row in range(length):
        for column in range(dimension):
            squares += rows[row, column] ** 2
            mean[column] += rows[row, column]
    for column in range(dimension):
        squares -= mean[column] ** 2 / length
    mean_square: float = squares / length
    return mean_square


@compiled
def optimal_change_points(rows: FloatRows, minimum: int, maximum: int, penalty: float) -> NDArray[np.int64]:
    """Ends of the segments that minimise squared error + `penalty` per segment, each `minimum` to `maximum` long.

    With G the matrix of inner products, a segment [a, b) costs trace(G) - sum(G) / (b - a) over its own block. The sum
    over [a, b) follows from that over [a, b - 1) and one column of G, so a band of `maximum` sums is all that is
    kept: time L * maximum * dimension, memory L + maximum.

    Args:
        rows: shape (L, dimension); L must admit such lengths.
    """
    length, dimension = rows.shape
    reach = min(maximum, length)
    sums = np.zeros(reach)  # Sum of G over [a, end), for the a at this place of the ring.
    traces = np.zeros(length + 1)
    best = np.full(length + 1, np.inf)
    before = np.zeros(length + 1, dtype=np.int64)
    best[0] = 0.0
    for end in range(1, length + 1):
        last = rows[end - 1]
        column = 0.0
        own = 0.0
        for k in range(dimension):
            own += last[k] * last[k]
        traces[end] = traces[end - 1] + own
        sums[(end - 1) % reach] = own
        for begin in range(end - 1, max(-1, end - 1 - reach), -1):
            if begin < end - 1:
                row = rows[begin]
                product = 0.0
                for k in range(dimension):
                    product += row[k] * last[k]
                column += product
                sums[begin % reach] += 2.0 * column + own
            if end - begin >= minimum and best[begin] < np.inf:
                cost = traces[end] - traces[begin] - sums[begin % reach] / (end - begin)
                total = best[begin] + cost + penalty
                if total < best[end]:
                    best[end] = total
                    before[end] = begin
    ends = np.empty(length, dtype=np.int64)
    found = 0
    at = length
    while at > 0:
        ends[found] = at
        found += 1
        at = before[at]
    return ends[:found][::-1].copy()
