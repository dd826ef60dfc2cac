"""The compiled kernels of segmentation against plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.segmentation._bounded_kernels import (
    BEGINS,
    ROWS,
    inverse_norms,
    moments,
    near_products,
    optimal_change_points,
)
from nesdb_annot.segmentation._lattice_kernels import choose_varied, suppress

SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(8, 25)), min_size=1, max_size=30)
FAMILIES = st.lists(st.tuples(SPANS, st.sampled_from([1.0, 0.8, 0.4, -0.3, -0.6])), min_size=1, max_size=3)


def ends(pairs):
    return [(first, first + size - 1) for first, size in pairs]


def iou(a, b):
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1)
    return shared / (a[1] - a[0] + b[1] - b[0] + 2 - shared)


def chosen_slowly(families, steps, budget):
    """Accepted proposals as (family, place), by the rules of `choose_varied`."""
    accepted, cursor = [], [0] * len(families)
    for family, allowed in steps:
        spans, likeness = families[family]
        while (
            len(accepted) < budget and sum(f == family for f, _ in accepted) < allowed and cursor[family] < len(spans)
        ):
            span = spans[cursor[family]]
            likes = [(iou(span, families[f][0][p]), f == family or likeness < 0) for f, p in accepted]
            if not any(value >= 1 or (strict and value >= abs(likeness)) for value, strict in likes):
                accepted.append((family, cursor[family]))
            cursor[family] += 1
    return accepted


@given(FAMILIES, st.lists(st.tuples(st.integers(0, 2), st.integers(1, 20)), min_size=1, max_size=6), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_choosing_follows_its_rules(drawn, steps, budget):
    families = [(ends(pairs), likeness) for pairs, likeness in drawn]
    steps = [(family % len(families), allowed) for family, allowed in steps]
    bounds = np.cumsum([0, *(len(spans) for spans, _ in families)])
    chosen = choose_varied(
        np.array([span for spans, _ in families for span in spans], dtype=np.int64),
        bounds,
        np.array([likeness for _, likeness in families]),
        np.array(steps, dtype=np.int64),
        budget,
    )
    assert chosen.tolist() == [int(bounds[f]) + place for f, place in chosen_slowly(families, steps, budget)]


@given(SPANS, st.sampled_from([0.0, 0.3, 1.0]), st.integers(0, 30), st.randoms())
@settings(max_examples=150, deadline=None)
def test_suppression_follows_its_rule(pairs, overlap, limit, random):
    spans, order = ends(pairs), list(range(len(pairs)))
    random.shuffle(order)
    kept = []
    for index in order:
        a = spans[index]
        clashes = False
        for other in kept:
            b = spans[other]
            shared = min(a[1], b[1]) - max(a[0], b[0]) + 1
            clashes |= shared > overlap * min(a[1] - a[0] + 1, b[1] - b[0] + 1)
        if not clashes and len(kept) < limit:
            kept.append(index)
    found = suppress(np.array(spans, dtype=np.int64), np.array(order, dtype=np.int64), overlap, limit)
    assert found.tolist() == kept


@pytest.fixture
def embedding():
    return (np.random.default_rng(5).normal(size=(40, 7)) * 3 + 2).astype(np.float32)


def test_moments_are_in_float64():
    rows = np.array([[16777216.0], [1.0], [1.0]], dtype=np.float32)  # in float32 the ones would be lost
    mean, _ = moments(rows, np.ones(3))
    assert mean.tolist() == [16777218.0 / 3]


@pytest.mark.parametrize("length", [1, 2, 39, 40])
def test_moments_of_scaled_rows(embedding, length):
    scale = np.random.default_rng(1).uniform(0.5, 2, size=length)
    rows = embedding[:length].astype(np.float64) * scale[:, None]
    mean, spread = moments(embedding[:length], scale)
    np.testing.assert_allclose(mean, rows.mean(axis=0))
    assert spread == pytest.approx(((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean(), abs=1e-9)


def test_inverse_norms(embedding):
    embedding[3] = 0
    scale = inverse_norms(embedding)
    assert scale[3] == 1
    lengths = np.linalg.norm(embedding * scale[:, None], axis=1)
    np.testing.assert_allclose(np.delete(lengths, 3), 1.0)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 3), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_products_of_near_rows_of_a_ring(end, begin, groups, dimension):
    ring = np.random.default_rng(end).normal(size=(13, dimension)).astype(np.float32)
    near = np.zeros((ROWS, BEGINS * groups), dtype=np.float32)
    near_products(ring, end, begin, near)
    ends, begins = (np.arange(first, first + count) % 13 for first, count in ((end, ROWS), (begin, BEGINS * groups)))
    np.testing.assert_allclose(near, ring[ends] @ ring[begins].T, rtol=1e-4, atol=1e-4)


def cut(embedding, minimum, maximum, penalty):
    mean, _ = moments(embedding, np.ones(len(embedding)))
    reach = min(maximum, len(embedding))
    return optimal_change_points(embedding, np.ones(len(embedding)), mean, minimum, reach, penalty).tolist()


def cut_slowly(embedding, minimum, maximum, penalty):
    """By plain recursion in float64."""
    rows = embedding.astype(np.float64)
    rows -= rows.mean(axis=0)
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    base, start = [0.0], [0]
    for end in range(1, len(rows) + 1):
        begins = range(end - minimum, max(-1, end - maximum - 1), -1)
        costs = [(base[b] - ((sums[end] - sums[b]) ** 2).sum() / (end - b), -b) for b in begins] or [(np.inf, 0)]
        base.append(min(costs)[0] + penalty)
        start.append(-min(costs)[1])
    ends = [len(rows)]
    while start[ends[-1]] > 0:
        ends.append(start[ends[-1]])
    return ends[::-1]


@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-5])
def test_float64_decides_what_float32_cannot(noise):
    """Segments of nearly equal gain, far within the error of products in float32, over several bases."""
    random = np.random.default_rng(7)
    rows = np.repeat(random.normal(size=(1, 64)), 300, axis=0) * np.where(np.arange(300) // 6 % 2, 1, -1)[:, None]
    rows = (rows + noise * random.normal(size=rows.shape)).astype(np.float32)
    for penalty in (0.0, 0.7, 40.0):
        assert cut(rows, 8, 25, penalty) == cut_slowly(rows, 8, 25, penalty)


def test_a_large_common_offset_does_not_eat_digits():
    small = np.repeat([[0.0], [1.0], [0.0]], [10, 12, 9], axis=0) + np.random.default_rng(0).normal(size=(31, 1)) * 1e-3
    assert cut((small + 4096).astype(np.float32), 8, 25, 0.5) == [10, 22, 31]


@pytest.mark.parametrize(("length", "minimum", "maximum"), [(16, 8, 15), (15, 8, 15), (8, 8, 8), (24, 8, 8), (1, 1, 1)])
def test_lengths_at_the_bounds(length, minimum, maximum):
    rows = np.random.default_rng(length).normal(size=(length, 2)).astype(np.float32)
    found = cut(rows, minimum, maximum, 0.0)
    sizes = np.diff([0, *found])
    assert found[-1] == length
    assert sizes.min() >= minimum
    assert sizes.max() <= maximum
