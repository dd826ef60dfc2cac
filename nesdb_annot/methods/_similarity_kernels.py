"""Compiled search for the nearest references; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Vectors = NDArray[np.float32]

NEAR = 0.01
"""Squared distance under which a product of unit vectors has lost its digits and distances are taken anew."""

SLACK = 1e-5
"""More than the error of a squared distance that comes from a product: what may be the nearest is within it."""


@compiled
def squared_distance(one: Vectors, other: Vectors) -> np.float32:
    """Squared Euclidean distance."""
    total = np.float32(0.0)
    for column in range(len(one)):
        total += (one[column] - other[column]) * (one[column] - other[column])
    return total


@compiled
def number_within(squared: Vectors, limit: np.float32) -> np.int32:
    """How many of `squared` are at most `limit`."""
    found = np.int32(0)
    for i in range(len(squared)):
        found = np.int32(found + np.int32(squared[i] <= limit))
    return found


@compiled
def threshold(squared: Vectors, count: int, guess: np.float32) -> np.float32:
    """The `count`-th smallest of `squared`, or a value between it and the next; first `guess` is tried.

    Between 0 and 4 (of unit vectors), by turns at where the numbers below suggest it and in the middle. Counting is a
    matter of vector lanes, sorting is not.
    """
    below, above = np.float32(-1e-6), np.float32(5.0)
    fewer, more = np.int32(0), np.int32(len(squared))
    middle, halve = guess, False
    while True:
        if not below < middle < above:
            middle = np.float32(0.5) * (below + above)
            if not below < middle < above:
                return above
        found = number_within(squared, middle)
        if found == count:
            return middle
        if found < count:
            below, fewer = middle, found
        else:
            above, more = middle, found
        part = 0.5 if halve else (count + 0.5 - fewer) / (more - fewer)
        middle, halve = np.float32(below + (above - below) * min(part, 1.0)), not halve


@compiled
def nearest_references(
    queries: Vectors, references: Vectors, products: Vectors, squares: Vectors, count: int
) -> tuple[Vectors, NDArray[np.int64], Vectors]:
    """Mean distance to the `count` nearest references, and the number and the distance of the very nearest.

    Args:
        queries: unit vectors, shape (n, k).
        references: unit vectors, shape (m, k).
        products: of both, shape (n, m).
        squares: squared length of each reference, infinite for one that is left out, shape (m,).
        count: 1 to the number of references that are not left out.

    Returns:
        Three arrays of shape (n,).
    """
    mean, first = np.empty(len(queries), dtype=np.float32), np.empty(len(queries), dtype=np.int64)
    distance = np.empty(len(queries), dtype=np.float32)
    squared, near = np.empty(len(references), dtype=np.float32), np.empty(len(references) + 1, dtype=np.int32)
    limit = np.float32(1.0)
    for query in range(len(queries)):
        own = np.float32(0.0)
        for column in range(queries.shape[1]):
            own += queries[query, column] * queries[query, column]
        for i in range(len(squared)):
            squared[i] = own + squares[i] - np.float32(2.0) * products[query, i]
        limit = threshold(squared, count, limit)
        found = 0
        for i in range(len(squared)):
            near[found] = i
            found += squared[i] <= limit
        least = np.inf
        for place in near[:found]:
            least = min(least, squared[place])
        total, nearest = 0.0, np.float32(np.inf)
        for place in near[:found]:
            exact = np.float32(max(squared[place], np.float32(0.0)))
            if exact < NEAR or exact <= least + SLACK:
                exact = squared_distance(queries[query], references[place])
                if exact < nearest:
                    nearest, first[query] = exact, place
            total += np.sqrt(exact)
        # Equal distances at the limit are more than are wanted.
        mean[query] = (total - (found - count) * np.sqrt(max(limit, np.float32(0.0)))) / count
        distance[query] = np.sqrt(nearest)
    return mean, first, distance
