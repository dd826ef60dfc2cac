"""Compiled kernels of exact segmentation; imports numba, so import it inside functions only.

With S the running sums of the rows, a segment (a, b] costs the sum of its rows' squares less its *gain*,
|S[b] - S[a]|^2 / (b - a). The squares are those of all rows in any segmentation, so that gains are all that is
compared. They follow from inner products of running sums, which are taken in float32 with a bound of their error; where
the bound leaves a choice open, and for every segment that is chosen, float64 decides. The outcome is that of float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Floats = NDArray[np.float64]

ROWS = 4
"""Segment ends that are looked at together: what lies before them is read once for all."""

BEGINS = 3
"""Segment begins whose products with `ROWS` ends are summed at the same time: as many as registers hold."""

REBASED_AFTER = 64
"""Rows after which running sums begin anew, a multiple of `ROWS`: short sums have small errors."""


@compiled
def moments(embedding: NDArray[np.float32], scale: Floats) -> tuple[Floats, float]:
    """Mean row, and mean squared distance of the rows to it; a row is embedding * scale.

    In float64 and seen from the first row: large common offsets eat no digits.

    Args:
        embedding: shape (L, dimension).
        scale: shape (L,).
    """
    length, dimension = embedding.shape
    first = embedding[0] * scale[0]
    sums = np.zeros(dimension)
    squares = 0.0
    for row in range(0, length - 1, 2):
        for column in range(dimension):
            one = embedding[row, column] * scale[row] - first[column]
            other = embedding[row + 1, column] * scale[row + 1] - first[column]
            sums[column] += one + other
            squares += one * one + other * other
    if length % 2:
        for column in range(dimension):
            one = embedding[length - 1, column] * scale[length - 1] - first[column]
            sums[column] += one
            squares += one * one
    sums /= length
    shift = 0.0
    for column in range(dimension):
        shift += sums[column] * sums[column]
    return sums + first, max(squares / length - shift, 0.0)


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
def aligned(rows: int, columns: int, like: NDArray[Any]) -> NDArray[Any]:
    """Zeros of the type of `like`, shape (rows, columns), from the beginning of a cache line: twice as fast to read."""
    unit = 64 // like.itemsize
    flat = np.zeros(rows * columns + unit, like.dtype)
    skip = (-flat.ctypes.data // like.itemsize) % unit
    return flat[skip : skip + rows * columns].reshape(rows, columns)


@compiled
def near_products(short: NDArray[np.float32], end: int, begin: int, near: NDArray[np.float32]) -> None:
    """Inner products of `ROWS` rows from `end` on with the rows from `begin` on, into `near`.

    Args:
        short: rows in a ring, shape (size, dimension).
        end: number of the first of the rows; the ring begins anew after `size` of them.
        begin: likewise.
        near: shape (ROWS, columns), the columns a multiple of `BEGINS`.
    """
    size, dimension = short.shape
    end_0, end_1 = short[end % size], short[(end + 1) % size]
    end_2, end_3 = short[(end + 2) % size], short[(end + 3) % size]
    for at in range(0, near.shape[1], BEGINS):
        begin_a, begin_b = short[(begin + at) % size], short[(begin + at + 1) % size]
        begin_c = short[(begin + at + 2) % size]
        zero = np.float32(0.0)
        a0, a1, a2, a3 = zero, zero, zero, zero
        b0, b1, b2, b3 = zero, zero, zero, zero
        c0, c1, c2, c3 = zero, zero, zero, zero
        for k in range(dimension):
            a, b, c = begin_a[k], begin_b[k], begin_c[k]
            a0 += end_0[k] * a
            a1 += end_1[k] * a
            a2 += end_2[k] * a
            a3 += end_3[k] * a
            b0 += end_0[k] * b
            b1 += end_1[k] * b
            b2 += end_2[k] * b
            b3 += end_3[k] * b
            c0 += end_0[k] * c
            c1 += end_1[k] * c
            c2 += end_2[k] * c
            c3 += end_3[k] * c
        near[0, at], near[1, at], near[2, at], near[3, at] = a0, a1, a2, a3
        near[0, at + 1], near[1, at + 1], near[2, at + 1], near[3, at + 1] = b0, b1, b2, b3
        near[0, at + 2], near[1, at + 2], near[2, at + 2], near[3, at + 2] = c0, c1, c2, c3


@compiled
def rebase(sums: Floats, short: NDArray[np.float32], squares: Floats, last: int, rows: int) -> None:
    """Let the newest `rows` running sums, up to that of number `last`, begin at the one of number `last`.

    Args:
        sums: running sums in a ring, shape (size, dimension); `short` the same in float32.
        squares: their squared lengths, by number.
    """
    size, dimension = sums.shape
    origin = sums[last % size].copy()
    for number in range(last - rows + 1, last + 1):
        row, brief = sums[number % size], short[number % size]
        total = 0.0
        for column in range(dimension):
            value = row[column] - origin[column]
            row[column] = value
            brief[column] = value
            total += value * value
        squares[number] = total


@compiled
def squared_distance(one: Floats, other: Floats) -> float:
    """Squared Euclidean distance."""
    total = 0.0
    for column in range(len(one)):
        total += (one[column] - other[column]) * (one[column] - other[column])
    return total


@compiled
def ends_of(start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ends of the segments, in order, given where the segment that would end at each place starts."""
    ends = np.empty(len(start), dtype=np.int64)
    found = 0
    at = len(start) - 1
    while at > 0:
        ends[found] = at
        found += 1
        at = start[at]
    return ends[:found][::-1].copy()


@compiled
def optimal_change_points(
    embedding: NDArray[np.float32], scale: Floats, offset: Floats, minimum: int, reach: int, penalty: float
) -> NDArray[np.int64]:
    """Ends of the segments that minimise squared error + `penalty` per segment, each `minimum` to `reach` long.

    A row is embedding * scale - offset. Time L * reach.

    Args:
        embedding: shape (L, dimension); L must admit such lengths.
        scale: shape (L,).
        offset: shape (dimension,).
        minimum: shortest segment.
        reach: longest segment, at most L.
        penalty: of each segment.
    """
    length, dimension = embedding.shape
    lengths = reach - minimum + 1
    size = reach + ROWS
    sums, short = aligned(size, dimension, offset), aligned(size, dimension, embedding)
    near = np.zeros((ROWS, BEGINS * ((lengths + ROWS + BEGINS - 2) // BEGINS)), dtype=np.float32)
    # Numbered from `reach` on, so that what would begin before the first row stands there, too, at infinite cost.
    squares, base = np.zeros(length + reach + 1), np.full(length + reach + 1, np.inf)
    base[reach] = 0.0
    share = 1.0 / np.arange(reach, minimum - 1, -1)
    # Of products of rounded numbers, in whichever order they are summed, and some room (Higham 2002, chapter 3).
    error = (dimension + 16) * 2.0**-24
    least, start = np.empty(lengths), np.zeros(length + 1, dtype=np.int64)
    for block in range(0, length, ROWS):
        if block and block % REBASED_AFTER == 0:
            rebase(sums, short, squares, block + reach, reach)
        for end in range(block + 1, min(block + ROWS, length) + 1):
            number = end + reach
            row, before, brief = sums[number % size], sums[(number - 1) % size], short[number % size]
            total = 0.0
            for column in range(dimension):
                value = embedding[end - 1, column] * scale[end - 1] - offset[column] + before[column]
                row[column] = value
                brief[column] = value
                total += value * value
            squares[number] = total
        near_products(short, block + 1 + reach, block + 1, near)
        for end in range(block + 1, min(block + ROWS, length) + 1):
            number, column = end + reach, end - block - 1
            ceiling = np.inf
            for k in range(lengths):
                both = squares[number] + squares[end + k]
                gain = both - 2.0 * near[column, column + k]
                least[k] = base[end + k] - share[k] * (gain + error * both)
                ceiling = min(ceiling, base[end + k] - share[k] * (gain - error * both))
            best, place = np.inf, 0
            for k in range(lengths - 1, -1, -1):
                if least[k] <= ceiling and least[k] < np.inf:
                    gain = squared_distance(sums[number % size], sums[(end + k) % size])
                    total = base[end + k] - share[k] * gain
                    if total < best:
                        best, place = total, end + k - reach
            base[number] = best + penalty
            start[end] = place
    return ends_of(start)
