"""The compiled kernels of the pattern methods against plain Python."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods._pattern_kernels import best_hits, lowest_bit, match_words

HITS = st.lists(
    st.tuples(st.integers(1, 80), st.tuples(*[st.integers(1, 4)] * 3), st.floats(-5, 15, width=16)), max_size=25
)
SPANS = st.lists(st.tuples(st.integers(1, 90), st.integers(1, 30)), min_size=1, max_size=10)


def expected(span, cores, scores, cost):
    best, value = -1, 0.0
    for index, (core, score) in enumerate(zip(cores, scores, strict=True)):
        outside = sum(not span[0] <= position <= span[1] for position in core)
        if outside <= 1 and (best < 0 or score - cost * outside > value):
            best, value = index, score - cost * outside
    return best, value


@given(HITS, SPANS, st.sampled_from([0.0, 1.0, 3.0]))
@settings(max_examples=200, deadline=None)
def test_the_best_hit_of_a_span(hits, spans, cost):
    hits = sorted(hits)
    cores = [np.cumsum([first, *steps]).tolist() for first, steps, _ in hits]
    scores = [score for *_, score in hits]
    ends = np.array([(first, first + size) for first, size in spans], dtype=np.int64)
    best, value = best_hits(
        ends, np.array(cores, dtype=np.int32).reshape(-1, 4), np.array(scores, dtype=np.float64), 15, cost
    )
    for span, found, worth in zip(ends.tolist(), best.tolist(), value.tolist(), strict=True):
        assert (found, worth) == expected(span, cores, scores, cost)


PLACES = st.lists(
    st.tuples(st.booleans(), st.lists(st.integers(1, 63), max_size=4, unique=True)), min_size=1, max_size=5
)


RESIDUES = st.integers(0, 300).flatmap(
    lambda size: st.lists(st.sampled_from("AAAAABP"), min_size=size, max_size=size).map("".join)
)
"""Often longer than a word of 64 places, which what hypothesis makes of a text hardly ever is."""


@given(RESIDUES, PLACES)
@settings(max_examples=200, deadline=None)
def test_patterns_of_any_places(residues, wanted):
    letters = np.zeros(256, dtype=np.uint8)
    letters[ord("A")], letters[ord("P")] = 1, 2
    places = np.zeros((len(wanted), 6), dtype=np.uint8)
    for row, (proline, offsets) in zip(places, wanted, strict=True):
        row[: 2 + len(offsets)] = len(offsets) + 1, proline, *offsets
    pattern, first = match_words(residues.encode(), letters, places)
    padded = residues + "B" * 64
    found = [
        (begin + 1, index)
        for begin in range(len(residues))
        for index, (proline, offsets) in enumerate(wanted)
        if padded[begin] == "AP"[proline] and all(padded[begin + offset] == "A" for offset in offsets)
    ]
    assert list(zip(first.tolist(), pattern.tolist(), strict=True)) == found


def test_the_lowest_bit_of_each_word():
    for bit in range(64):
        assert lowest_bit(np.uint64(1 << bit)) == bit
        assert lowest_bit(np.uint64((1 << 64) - (1 << bit))) == bit
