"""Overlap resolution keeps the best, keeps them apart, and always decides alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.overlaps import KEPT_PER_RESIDUE, keep_limit, resolve_overlaps

SPANS = st.lists(st.tuples(st.integers(1, 200), st.integers(8, 25)), min_size=0, max_size=60, unique=True).map(
    lambda pairs: [ResidueSpan(first, first + size - 1) for first, size in pairs]
)


def scores_of(spans, seed, levels=5):
    return np.random.default_rng(seed).integers(0, levels, size=len(spans)).astype(float).tolist()


def shared(a, b):
    return a.overlap(b) / min(len(a), len(b))


@given(SPANS, st.integers(0, 99), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
@settings(max_examples=150, deadline=None)
def test_kept_spans_are_apart_and_lost_ones_have_a_better_neighbour(spans, seed, overlap):
    scores = scores_of(spans, seed)
    kept = resolve_overlaps(spans, scores, overlap)
    assert kept == sorted(set(kept))
    for i in kept:
        assert all(shared(spans[i], spans[j]) <= overlap for j in kept if i != j)
    for i in set(range(len(spans))) - set(kept):
        assert any(shared(spans[i], spans[j]) > overlap and scores[j] >= scores[i] for j in kept)


@given(SPANS, st.integers(0, 99), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_candidates_does_not_matter(spans, seed, random):
    scores = scores_of(spans, seed)
    mixed = list(range(len(spans)))
    random.shuffle(mixed)
    kept = resolve_overlaps([spans[i] for i in mixed], [scores[i] for i in mixed])
    assert sorted(mixed[i] for i in kept) == resolve_overlaps(spans, scores)


@given(SPANS, st.integers(0, 99), st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_a_limit_keeps_the_best(spans, seed, limit):
    scores = scores_of(spans, seed, levels=10_000)
    every = resolve_overlaps(spans, scores)
    best = sorted(sorted(every, key=lambda i: -scores[i])[:limit])
    if len(set(scores)) == len(scores):
        assert resolve_overlaps(spans, scores, limit=limit) == best


def test_equal_scores_go_by_position():
    spans = [ResidueSpan(10, 20), ResidueSpan(5, 15), ResidueSpan(5, 14)]
    assert resolve_overlaps(spans, [1.0, 1.0, 1.0]) == [2]


def test_a_second_signal_nearby_survives():
    spans = [ResidueSpan(10, 21), ResidueSpan(20, 32), ResidueSpan(12, 23)]
    assert resolve_overlaps(spans, [0.9, 0.8, 0.85]) == [0, 1]


def test_the_density_of_what_is_kept():
    spans = [ResidueSpan(first, first + 7) for first in range(1, 994)]
    kept = resolve_overlaps(spans, np.linspace(0, 1, len(spans)), limit=keep_limit(1000))
    assert len(kept) == KEPT_PER_RESIDUE * 1000
    assert keep_limit(5) == 1


def test_nothing_to_resolve():
    assert resolve_overlaps([], []) == []


@pytest.mark.parametrize(("scores", "overlap"), [([1.0], 0.2), ([1.0, np.nan], 0.2), ([1.0, 2.0], 1.5)])
def test_nonsense_is_refused(scores, overlap):
    with pytest.raises(ValueError, match=r"scores|share"):
        resolve_overlaps([ResidueSpan(1, 9), ResidueSpan(2, 12)], scores, overlap)
