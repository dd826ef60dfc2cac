"""Compiled kernels of what is computed for every candidate; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled


@compiled
def span_means(
    embedding: NDArray[np.float32], begin: NDArray[np.int64], end: NDArray[np.int64], centred: bool
) -> NDArray[np.float32]:
    """Mean over the rows [begin, end) of each span, summed in float64; shape (n, dimension).

    Args:
        embedding: shape (L, dimension).
        begin: 0-based, shape (n,).
        end: likewise, greater than `begin`.
        centred: row i = 1..m of a span has the weight sin^2(pi i / (m + 1)), instead of 1.
    """
    width = embedding.shape[1]
    means = np.empty((len(begin), width), dtype=np.float32)
    total = np.empty(width, dtype=np.float64)
    for span in range(len(begin)):
        total[:] = 0.0
        weights, step = 0.0, np.pi / (end[span] - begin[span] + 1)
        for row in range(begin[span], end[span]):
            weight = np.sin(step * (row - begin[span] + 1)) ** 2 if centred else 1.0
            weights += weight
            for column in range(width):
                total[column] += weight * embedding[row, column]
        for column in range(width):
            means[span, column] = total[column] / weights
    return means


@compiled
def span_maxima(
    embedding: NDArray[np.float32], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Largest value of each column over the rows [begin, end) of each span, shape (n, dimension)."""
    maxima = np.empty((len(begin), embedding.shape[1]), dtype=np.float32)
    for span in range(len(begin)):
        maxima[span] = embedding[begin[span]]
        for row in range(begin[span] + 1, end[span]):
            for column in range(embedding.shape[1]):
                maxima[span, column] = max(maxima[span, column], embedding[row, column])
    return maxima


@compiled
def peak_of(spans: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the peak that each span belongs to, shape (n,).

    A span that shares no residue with a peak before it is one itself; any other belongs to the first that it meets.

    Args:
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        order: numbers of the spans, best first.
    """
    owner = np.empty(len(spans), dtype=np.int64)
    found = np.empty(len(spans), dtype=np.int64)
    total = 0
    for own in order:
        owner[own] = own
        for k in range(total):
            if spans[found[k], 0] <= spans[own, 1] and spans[own, 0] <= spans[found[k], 1]:
                owner[own] = found[k]
                break
        if owner[own] == own:
            found[total] = own
            total += 1
    return owner


@compiled
def credited(
    features: NDArray[np.float64],
    split: NDArray[np.int64],
    threshold: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    value: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What each feature adds to the log-odds of each row on its way to a leaf of every tree, shape (n, k).

    Args:
        features: shape (n, k).
        split: feature of each node, -1 at a leaf; this and the following of shape (trees, nodes).
        threshold: rows with a value up to it go left.
        left: child; a leaf is its own child.
        right: likewise.
        value: mean of the leaves below a node.
    """
    added = np.zeros(features.shape)
    for row in range(features.shape[0]):
        for tree in range(split.shape[0]):
            node = 0
            while split[tree, node] >= 0:
                column = split[tree, node]
                below = left if features[row, column] <= threshold[tree, node] else right
                following = below[tree, node]
                added[row, column] += value[tree, following] - value[tree, node]
                node = following
    return added


@compiled
def largest_sizes(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Indices of the `count` values farthest from 0, the farthest first; of equal ones the first in order.

    Args:
        values: shape (n,); all of them are returned where n is less than `count`.
    """
    chosen = np.empty(min(count, len(values)), dtype=np.int64)
    held = 0
    for i in range(len(values)):
        size = abs(values[i])
        place = held
        while place > 0 and size > abs(values[chosen[place - 1]]):
            if place < len(chosen):
                chosen[place] = chosen[place - 1]
            place -= 1
        if place < len(chosen):
            chosen[place] = i
            held = min(held + 1, len(chosen))
    return chosen
