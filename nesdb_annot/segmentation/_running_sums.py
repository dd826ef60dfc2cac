"""Compiled running sums of embeddings, and products of near ones; imports numba, so import it inside functions only.

Running sum number t, 0 to L, is the sum of the first t rows, seen from one of the last `REBASED_AFTER` of them: short
sums have small errors. They stand in an array in float32, number by number, that holds those since that one and a
stretch before it. Dimensions are multiples of `WHOLE`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled_in_order
from ..lanes import PAIR, WIDTH, all_doubles, all_floats, doubles, floats, multiply_add, store, store_totals, total

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

UNIT = 2.0**-24
"""What rounding to float32 changes at most, relative to the number."""

WHOLE = 2 * WIDTH
"""Dimensions are multiples of this: vectors are read in pairs."""

REBASED_AFTER = 64
"""Rows after which running sums begin anew, a multiple of `TOGETHER`."""

TOGETHER = 4
"""Ends whose products are taken at the same time."""

LAGS = 3
"""Begins whose products with each of them are taken at the same time: as many as registers hold."""

SPARE = 8
"""Rows of running sums, and numbers, past the last that is used: whole vectors and tiles are read."""


class Rows(NamedTuple):
    """Rows: embedding * scale + offset, row by row.

    Attributes:
        embedding: shape (L, dimension), C order.
        scale: shape (L,).
        offset: shape (1, dimension).
        wide: the same in float64.
    """

    embedding: Singles
    scale: Floats
    offset: Singles
    wide: Floats


@compiled_in_order
def moments(embedding: Singles, scale: Floats, step: int, origin: Floats) -> tuple[Floats, float]:
    """Mean of every `step`-th row, and mean squared distance of these rows to it; a row is embedding * scale.

    In float64.

    Args:
        embedding: shape (L, dimension).
        scale: shape (L,).
        step: 1 for all rows.
        origin: where the rows are seen from, so that large common offsets eat no digits; shape (dimension,).
    """
    dimension, rows = embedding.shape[1], (len(embedding) + step - 1) // step
    sums, offset = np.zeros((1, dimension)), (-origin).reshape(1, dimension)
    square, other, rest = all_doubles(0.0), all_doubles(0.0), 0.0
    for number in range(0, rows - 3, 4):
        one, two, three, four = number * step, (number + 1) * step, (number + 2) * step, (number + 3) * step
        first, second = all_doubles(scale[one]), all_doubles(scale[two])
        third, fourth = all_doubles(scale[three]), all_doubles(scale[four])
        for column in range(0, dimension, PAIR):
            start = doubles(offset, 0, column)
            w = multiply_add(doubles(embedding, one, column), first, start)
            x = multiply_add(doubles(embedding, two, column), second, start)
            y = multiply_add(doubles(embedding, three, column), third, start)
            z = multiply_add(doubles(embedding, four, column), fourth, start)
            store(sums, 0, column, doubles(sums, 0, column) + ((w + x) + (y + z)))
            square = multiply_add(x, x, multiply_add(w, w, square))
            other = multiply_add(z, z, multiply_add(y, y, other))
    for number in range(rows // 4 * 4, rows):
        distance = embedding[number * step] * scale[number * step] + offset[0]
        sums[0] += distance
        rest += (distance * distance).sum()
    mean = sums[0] / rows
    return mean - offset[0], max((total(square + other) + rest) / rows - (mean * mean).sum(), 0.0)


@compiled_in_order
def inverse_norms(embedding: Singles) -> Floats:
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


@compiled_in_order
def aligned(scratch: Floats, columns: int) -> Singles:
    """Rows of float32 in the memory of `scratch`, from the beginning of a cache line on: twice as fast to read."""
    flat = scratch.view(np.float32)
    skip = (-scratch.ctypes.data // 4) % 16
    rows = (len(flat) - skip) // columns
    return flat[skip : skip + rows * columns].reshape(rows, columns)


@compiled_in_order
def extend(rows: Rows, begin: int, sums: Singles, at: int, squares: Floats) -> None:
    """Add running sums behind the one in row `at` of `sums`.

    Args:
        rows: of the whole protein.
        begin: first row to add.
        sums: shape (rows, dimension).
        at: row of the running sum number `begin`.
        squares: become the squared lengths of the running sums, and of the rows; shape (2, how many to add).
    """
    none = np.float32(0.0)
    for i in range(squares.shape[1]):
        factor, row = all_floats(np.float32(rows.scale[begin + i])), begin + i
        square, other, own = all_floats(none), all_floats(none), all_floats(none)
        for column in range(0, sums.shape[1], WHOLE):
            further = column + WIDTH
            one = multiply_add(floats(rows.embedding, row, column), factor, floats(rows.offset, 0, column))
            two = multiply_add(floats(rows.embedding, row, further), factor, floats(rows.offset, 0, further))
            own = multiply_add(one, one, multiply_add(two, two, own))
            one, two = floats(sums, at + i, column) + one, floats(sums, at + i, further) + two
            store(sums, at + i + 1, column, one)
            store(sums, at + i + 1, further, two)
            square, other = multiply_add(one, one, square), multiply_add(two, two, other)
        squares[0, i], squares[1, i] = total(square + other), total(own)


@compiled_in_order
def rebase(sums: Singles, at: int, count: int, squares: Floats) -> float:
    """Move `count` running sums, up to that in row `at`, to the first rows of `sums`, seen from the last of them.

    Returns:
        the greatest length of what this rounded away.
    """
    dimension, most = sums.shape[1], 0.0
    origin = sums[at : at + 1].copy()
    for i in range(count):
        square, other = all_floats(np.float32(0.0)), all_floats(np.float32(0.0))
        for column in range(0, dimension, WHOLE):
            one = floats(sums, at + 1 - count + i, column) - floats(origin, 0, column)
            two = floats(sums, at + 1 - count + i, column + WIDTH) - floats(origin, 0, column + WIDTH)
            store(sums, i, column, one)
            store(sums, i, column + WIDTH, two)
            square, other = multiply_add(one, one, square), multiply_add(two, two, other)
        squares[i] = total(square + other)
        most = max(most, squares[i])
    return float(UNIT * 1.01 * np.sqrt(most))


@compiled_in_order
def products(sums: Singles, end: int, count: int, begin: int, near: Singles) -> None:
    """Inner products of running sums with those a little before.

    ``near[j, i]`` becomes that of row ``end + i`` of `sums` with row ``begin + i + j``.

    Args:
        sums: shape (rows, dimension).
        end: first row of the one side.
        count: rows of that side.
        begin: first row of the other.
        near: shape (a multiple of `LAGS`, count or more).
    """
    dimension, none = sums.shape[1], np.float32(0.0)
    for i in range(0, count, TOGETHER):
        for j in range(0, len(near), LAGS):
            one, other = end + i, begin + i + j
            a0, a1, a2, a3 = all_floats(none), all_floats(none), all_floats(none), all_floats(none)
            b0, b1, b2, b3 = all_floats(none), all_floats(none), all_floats(none), all_floats(none)
            c0, c1, c2, c3 = all_floats(none), all_floats(none), all_floats(none), all_floats(none)
            for column in range(0, dimension, WIDTH):
                end0, end1 = floats(sums, one, column), floats(sums, one + 1, column)
                end2, end3 = floats(sums, one + 2, column), floats(sums, one + 3, column)
                row = floats(sums, other, column)
                a0 = multiply_add(end0, row, a0)
                row = floats(sums, other + 1, column)
                a1, b0 = multiply_add(end1, row, a1), multiply_add(end0, row, b0)
                row = floats(sums, other + 2, column)
                a2, b1, c0 = multiply_add(end2, row, a2), multiply_add(end1, row, b1), multiply_add(end0, row, c0)
                row = floats(sums, other + 3, column)
                a3, b2, c1 = multiply_add(end3, row, a3), multiply_add(end2, row, b2), multiply_add(end1, row, c1)
                row = floats(sums, other + 4, column)
                b3, c2 = multiply_add(end3, row, b3), multiply_add(end2, row, c2)
                row = floats(sums, other + 5, column)
                c3 = multiply_add(end3, row, c3)
            store_totals(near, j, i, a0, a1, a2, a3)
            store_totals(near, j + 1, i, b0, b1, b2, b3)
            store_totals(near, j + 2, i, c0, c1, c2, c3)
