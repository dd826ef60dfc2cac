import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.learning.truth import Truth, Verdict, hits, overlaps, verdicts
from nesdb_annot.residues import ResidueSpan, bounds

SPANS = st.lists(
    st.tuples(st.integers(1, 80), st.integers(0, 30)).map(lambda p: ResidueSpan(p[0], p[0] + p[1])), max_size=6
)


@given(SPANS, SPANS)
def test_overlaps_are_those_of_the_spans(first, second):
    expected = [[a.overlap(b) for b in second] for a in first]
    assert overlaps(bounds(first), bounds(second)).tolist() == (expected if second else [[]] * len(first))


@pytest.mark.parametrize(("span", "hit"), [((1, 15), True), ((1, 14), False), ((15, 60), True), ((16, 60), False)])
def test_six_residues_make_a_hit(span, hit):
    assert hits([ResidueSpan(*span)], [ResidueSpan(10, 20)])[0, 0] == hit


def test_a_motif_shorter_than_six_must_be_covered():
    motif = [ResidueSpan(10, 13)]
    assert hits([ResidueSpan(1, 13), ResidueSpan(1, 12)], motif)[:, 0].tolist() == [True, False]


def test_a_hit_outweighs_doubt():
    known = Truth((ResidueSpan(10, 20),), (ResidueSpan(12, 40),))
    spans = [ResidueSpan(10, 20), ResidueSpan(24, 40), ResidueSpan(50, 60)]
    assert verdicts(spans, known).tolist() == [Verdict.HIT, Verdict.UNKNOWN, Verdict.ERROR]


def test_nothing_known_and_no_candidates():
    assert verdicts([ResidueSpan(1, 9)], Truth()).tolist() == [Verdict.ERROR]
    assert verdicts([], Truth((ResidueSpan(1, 9),))).shape == (0,)
    assert bounds([]).shape == (0, 2)
    assert bounds([]).dtype == np.int64
