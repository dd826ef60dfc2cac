"""Compiled kernel of exact segmentation; imports numba, so import it inside functions only.

A segment of n rows costs the sum of their squared norms minus |S|^2 / n, where S is the sum of the rows. The squared
norms add up to the same number in every segmentation, so only the second term, the gain, is compared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled


@compiled
def scaled(rows: NDArray[np.float32], cosine: bool) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return what centres the rows, and how far they spread.

    Args:
        rows: shape (L, dimension), in C order.
        cosine: scale every row to length 1; a row of zeros stays as it is.

    Returns:
        The factor of each row, shape (L,); the mean of the scaled rows, shape (dimension,); the mean squared distance
        of a scaled row to that mean, which is not finite if a value is not.
    """
    length, dimension = rows.shape
    factors, mean, spread = np.ones(length), np.zeros(dimension), 0.0
    for row in range(length):
        if cosine:
            squared = 0.0
            for column in range(dimension):
                squared += np.float64(rows[row, column]) * np.float64(rows[row, column])
            if squared != 0:
                factors[row] = 1 / np.sqrt(squared)
        for column in range(dimension):
            mean[column] += rows[row, column] * factors[row]
    mean /= length
    for row in range(length):
        for column in range(dimension):
            difference = rows[row, column] * factors[row] - mean[column]
            spread += difference * difference
    return factors, mean, spread / length


@compiled
def change_points(
    rows: NDArray[np.float32],
    factors: NDArray[np.float64],
    mean: NDArray[np.float64],
    minimum: int,
    maximum: int,
    penalty: float,
) -> NDArray[np.int64]:
    """Return the ends of the segments of least squared error plus `penalty` each, 0-based half-open, ascending.

    ``best[t]`` is the least over the lengths n of ``best[t - n] - gain(t - n, t) + penalty``, so the time is
    L * (maximum - minimum + 1) * dimension. Of equal costs the shortest last segment wins.

    Args:
        rows: shape (L, dimension), in C order; segments of `minimum` to `maximum` rows must be able to cover them.
        factors: from `scaled`.
        mean: from `scaled`. Centred rows keep the running sums small, so that float64 loses no digits.
        minimum: shortest segment, rows.
        maximum: longest segment, rows.
        penalty: of each segment.
    """
    length, dimension = rows.shape
    best, begins = np.full(length + 1, np.inf), np.zeros(length + 1, np.int64)
    best[0] = 0.0
    # Running sums of the last `maximum` + 1 ends, in a ring: they stay in the processor's cache.
    ring = maximum + 1
    sums = np.zeros((ring, dimension))
    for end in range(1, length + 1):
        before, after = sums[(end - 1) % ring], sums[end % ring]
        for column in range(dimension):
            after[column] = before[column] + (rows[end - 1, column] * factors[end - 1] - mean[column])
        for begin in range(end - minimum, max(end - maximum, 0) - 1, -1):
            earlier, squared = sums[begin % ring], 0.0
            for column in range(dimension):
                squared += (after[column] - earlier[column]) * (after[column] - earlier[column])
            cost = best[begin] - squared / (end - begin) + penalty
            if cost < best[end]:
                best[end], begins[end] = cost, begin
    ends, count, last = np.empty(length, np.int64), 0, length
    while last > 0:
        ends[count] = last
        last, count = int(begins[last]), count + 1
    return ends[:count][::-1].copy()
