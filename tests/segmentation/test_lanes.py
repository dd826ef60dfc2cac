"""Lanes of compiled kernels against numpy."""

import numpy as np
import pytest

from nesdb_annot.compiled import compiled_in_order
from nesdb_annot.lanes import (
    PAIR,
    WIDTH,
    all_doubles,
    all_floats,
    doubles,
    floats,
    least,
    multiply_add,
    store,
    store_totals,
    total,
    where_at_most,
)


@pytest.fixture
def numbers():
    return np.random.default_rng(0).normal(size=(4, 3 * WIDTH)).astype(np.float32)


@compiled_in_order
def calculate(array, result):
    x, y, z = floats(array, 0, 1), floats(array, 1, 2), floats(array, 2, 3)
    store(result, 0, 0, x + y)
    store(result, 1, 0, x - y)
    store(result, 2, 0, x * y)
    store(result, 3, 0, multiply_add(x, y, z))
    store(result, 4, 0, least(x, y))
    store(result, 5, 0, where_at_most(x, y, z, all_floats(np.float32(7.0))))


def test_arithmetic_of_floats(numbers):
    result = np.zeros((6, WIDTH), np.float32)
    calculate(numbers, result)
    x, y, z = (numbers[row, row + 1 : row + 1 + WIDTH] for row in range(3))
    expected = [x + y, x - y, x * y, x * y + z, np.minimum(x, y), np.where(x <= y, z, 7.0)]
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@compiled_in_order
def calculate_doubles(array, wide, result):
    x, y = doubles(array, 0, 1), doubles(wide, 1, 2)
    store(result, 0, 0, x + y)
    store(result, 1, 0, multiply_add(x, y, all_doubles(0.5)))
    return total(x * y)


def test_doubles_come_from_either_precision(numbers):
    wide, result = np.random.default_rng(1).normal(size=(2, 20)), np.zeros((2, PAIR))
    found = calculate_doubles(numbers, wide, result)
    x, y = numbers[0, 1 : 1 + PAIR].astype(np.float64), wide[1, 2 : 2 + PAIR]
    np.testing.assert_allclose(result, [x + y, x * y + 0.5], rtol=1e-15)
    assert found == pytest.approx((x * y).sum(), rel=1e-14)


@compiled_in_order
def sum_rows(array, result):
    store_totals(result, 1, 2, floats(array, 0, 0), floats(array, 1, 0), floats(array, 2, 0), floats(array, 3, 0))
    return total(floats(array, 0, 0))


def test_sums_of_four_stand_side_by_side(numbers):
    result = np.zeros((2, 8), np.float32)
    first = sum_rows(numbers, result)
    expected = numbers[:, :WIDTH].astype(np.float64).sum(axis=1)
    np.testing.assert_allclose(result[1, 2:6], expected, rtol=1e-5, atol=1e-6)
    assert first == pytest.approx(expected[0], rel=1e-5)
    assert not result[0].any()
    assert not result[1, [0, 1, 6, 7]].any()


@compiled_in_order
def cancel(array):
    return total(floats(array, 0, 0) + floats(array, 1, 0) - floats(array, 0, 0))


def test_sums_are_not_reordered():
    """Other kernels are free to: a bound of the error holds for one order only."""
    array = np.zeros((2, WIDTH), np.float32)
    array[0], array[1] = 2.0**24, 0.25
    assert cancel(array) == 0.0


@compiled_in_order
def compare(array, result):
    x, y = floats(array, 0, 0), floats(array, 1, 0)
    store(result, 0, 0, least(x, y))
    store(result, 1, 0, where_at_most(x, y, all_floats(np.float32(1.0)), all_floats(np.float32(2.0))))


def test_what_is_not_a_number_is_not_chosen():
    array, result = np.zeros((2, WIDTH), np.float32), np.zeros((2, WIDTH), np.float32)
    array[0] = np.nan
    compare(array, result)
    assert result[0].tolist() == [0.0] * WIDTH
    assert result[1].tolist() == [2.0] * WIDTH
