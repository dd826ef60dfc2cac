"""The compiled kernels of segmentation against plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.segmentation._bounded_kernels import (
    banded_products,
    column_means,
    inverse_norms,
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


def rows_of(embedding, offset, scale):
    return (embedding.astype(np.float64) - offset) * scale[:, None]


def test_column_means_are_in_float64():
    rows = np.array([[16777216.0], [1.0], [1.0]], dtype=np.float32)  # in float32 the ones would be lost
    assert column_means(rows).tolist() == [16777218.0 / 3]


def test_inverse_norms(embedding):
    embedding[3] = 0
    scale = inverse_norms(embedding)
    assert scale[3] == 1
    lengths = np.linalg.norm(rows_of(embedding, np.zeros(7), scale), axis=1)
    np.testing.assert_allclose(np.delete(lengths, 3), 1.0)


@given(st.integers(1, 45), st.integers(1, 30), st.integers(1, 9), st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_band_holds_the_products_of_near_rows(length, reach, dimension, unit):
    embedding = np.random.default_rng(length).normal(size=(length, dimension)).astype(np.float32)
    offset = column_means(embedding)
    scale = inverse_norms(embedding) if unit else np.ones(length)
    reach = min(reach, length)
    band = banded_products(embedding, offset, scale, reach)
    rows = rows_of(embedding, offset, scale)
    products = rows @ rows.T
    assert band.shape == (length, reach)
    for row in range(length):
        for lag in range(min(reach, row + 1)):
            assert band[row, lag] == pytest.approx(products[row, row - lag], rel=1e-9, abs=1e-9)


def cut(embedding, minimum, maximum, penalty):
    band = banded_products(embedding, column_means(embedding), np.ones(len(embedding)), min(maximum, len(embedding)))
    return optimal_change_points(band, minimum, penalty).tolist()


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
