"""Refined spans: neighbours vote by probability, within the bounds of the candidates, and nothing is lost."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.overlaps import MAXIMUM_OVERLAP, resolve_overlaps
from nesdb_annot.segmentation.refinement import ALIKE, LONGEST, around_core, refine_spans


def spans(*texts):
    return [ResidueSpan.parse(text) for text in texts]


def test_a_candidate_without_neighbours_stays():
    alone = spans("10-21", "40-52")
    assert refine_spans(alone, [0.9, 0.0], [0, 1]) == alone


def test_neighbours_pull_by_their_probability():
    near = spans("10-21", "14-25")
    assert refine_spans(near, [0.5, 0.5], [0]) == spans("12-23")
    assert refine_spans(near, [0.9, 0.3], [0]) == spans("11-22")
    assert refine_spans(near, [0.9, 0.0], [0]) == spans("10-21")


def test_candidates_that_are_less_than_half_alike_have_no_vote():
    far = spans("10-21", "15-26")
    assert far[0].iou(far[1]) < ALIKE
    assert refine_spans(far, [0.9, 0.9], [0]) == far[:1]


def test_probabilities_of_nothing_weigh_alike():
    assert refine_spans(spans("10-21", "12-23"), [0.0, 0.0], [0]) == spans("11-22")


def test_two_that_are_kept_stay_two():
    both = spans("10-25", "11-26")
    refined = refine_spans(both, [0.5, 0.5], [0, 1])
    assert len(set(refined)) == 2


@pytest.mark.parametrize(("scores", "kept"), [([0.5], [0]), ([0.5, -0.1], [0])])
def test_numbers_that_do_not_fit_are_refused(scores, kept):
    with pytest.raises(ValueError, match="as many probabilities"):
        refine_spans(spans("1-10", "2-11"), scores, kept)


CANDIDATE = st.tuples(st.integers(1, 80), st.integers(8, 25), st.floats(0, 1))
CANDIDATES = st.lists(CANDIDATE, min_size=1, max_size=25, unique_by=lambda c: c[:2])


@given(CANDIDATES)
@settings(max_examples=200, deadline=None)
def test_refined_spans_keep_to_their_candidates(drawn):
    candidates = [ResidueSpan(first, first + size - 1) for first, size, _ in drawn]
    scores = [score for *_, score in drawn]
    kept = resolve_overlaps(candidates, scores)
    refined = refine_spans(candidates, scores, kept)
    assert len(refined) == len(kept) == len(set(refined))
    for index, span in zip(kept, refined, strict=True):
        voters = [other for other in candidates if other.iou(candidates[index]) >= ALIKE]
        assert min(v.first for v in voters) <= span.first <= max(v.first for v in voters)
        assert min(v.last for v in voters) <= span.last <= max(v.last for v in voters)
        assert min(map(len, voters)) <= len(span) <= max(map(len, voters))


@given(CANDIDATES, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_candidates_does_not_matter(drawn, random):
    candidates = [ResidueSpan(first, first + size - 1) for first, size, _ in drawn]
    scores = [score for *_, score in drawn]
    kept = resolve_overlaps(candidates, scores)
    order = list(range(len(drawn)))
    random.shuffle(order)
    again = refine_spans([candidates[i] for i in order], [scores[i] for i in order], [order.index(i) for i in kept])
    assert again == refine_spans(candidates, scores, kept)


@given(st.integers(1, 60), st.integers(8, 25), st.integers(-9, 12), st.integers(7, 15))
def test_a_core_is_taken_in_whole(first, length, shift, core_length):
    span = ResidueSpan(first, first + length - 1)
    begin = max(1, first + shift)
    core = ResidueSpan(begin, begin + core_length - 1)
    if not span.overlap(core):
        return
    around = around_core(span, core)
    assert around.first <= core.first <= core.last <= around.last
    assert len(around) <= LONGEST
    assert around.first >= min(span.first, core.first)
    assert around.last <= max(span.last, core.last)


def test_a_core_that_would_crowd_a_better_neighbour_is_not_taken_in():
    both, cores = spans("10-21", "20-31"), spans("10-21", "12-25")
    assert refine_spans(both, [0.9, 0.8], [0, 1], cores) == both
    assert refine_spans(both, [0.9, 0.8], [1], cores[1:]) == spans("12-31")


def test_where_the_vote_would_crowd_a_neighbour_the_core_alone_is_taken_in():
    drawn, core = spans("10-21", "18-29", "22-33"), ResidueSpan(22, 31)
    assert refine_spans(drawn, [0.9, 0.4, 0.5], [0, 2]) == spans("10-21", "20-31")
    crowded = spans("12-23", "18-29", "22-33")
    assert refine_spans(crowded, [0.9, 0.4, 0.5], [0, 2], [None, core]) == spans("12-23", "22-33")


@given(CANDIDATES, st.lists(st.tuples(st.integers(-6, 12), st.integers(8, 15)), min_size=25, max_size=25))
@settings(max_examples=200, deadline=None)
def test_kept_candidates_that_are_clear_of_one_another_stay_so(drawn, shifts):
    candidates = [ResidueSpan(first, first + size - 1) for first, size, _ in drawn]
    kept = resolve_overlaps(candidates, [score for *_, score in drawn])
    begins = [max(1, candidates[i].first + shift) for i, (shift, _) in zip(kept, shifts, strict=False)]
    cores = [ResidueSpan(begin, begin + size - 1) for begin, (_, size) in zip(begins, shifts, strict=False)]
    refined = refine_spans(candidates, [score for *_, score in drawn], kept, cores)
    for one, other in combinations(refined, 2):
        shared = max(0, min(one.last, other.last) - max(one.first, other.first) + 1)
        assert shared <= MAXIMUM_OVERLAP * min(len(one), len(other))
