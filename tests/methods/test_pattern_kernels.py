"""The compiled kernels of the pattern methods against plain Python."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods._pattern_kernels import best_hits, match_windows

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


@given(st.text(alphabet="ABP", min_size=1, max_size=40), st.integers(1, 15), st.integers(1, 15))
@settings(max_examples=100, deadline=None)
def test_windows_of_any_demand(residues, demand, other):
    width, patterns = 4, 2
    letters = np.zeros(256, dtype=np.uint8)
    letters[ord("A")], letters[ord("P")] = 1, 2
    windows = np.arange(1 << width)
    fits = np.zeros((2, 1 << width), dtype=np.uint16)
    fits[0, (windows & demand) == demand] |= 1
    fits[1, (windows & other) == other] |= 2
    codes = np.frombuffer(residues.encode(), dtype=np.uint8)
    pattern, first = match_windows(codes, letters, fits, width, patterns)
    padded = residues + "B" * width
    found = []
    for begin in range(-width + 2, len(residues) + 1):
        bits = sum(1 << j for j in range(width) if begin + j >= 1 and padded[begin - 1 + j] == "A")
        proline = begin >= 1 and padded[begin - 1] == "P"
        for index, need in enumerate((demand, other)):
            if proline == bool(index) and bits & need == need:
                found.append((begin, index))
    # A demand whose lowest bit is unset also fits windows that begin before the sequence; no pattern has one.
    assert list(zip(first.tolist(), pattern.tolist(), strict=True)) == found
