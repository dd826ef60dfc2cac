import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods import ranking
from nesdb_annot.methods.ranking import CONTEXT_FEATURES, LEAD_LIMIT, Ranking, best_rivals, context_features, last_peak
from nesdb_annot.methods.segment_context import SEGMENT_CONTEXT
from nesdb_annot.residues import ResidueSpan

RANKING = Ranking(("consensus", "tagger"), (0.5, 2.0), -1.0, (1.0, 0.5, -0.25, 0.1), 0.3)
AROUND = np.random.default_rng(0).random((4, len(SEGMENT_CONTEXT)))
SPANS = [ResidueSpan(1, 12), ResidueSpan(8, 20), ResidueSpan(40, 52), ResidueSpan(70, 85)]


def test_the_formula():
    logits = np.array([[1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [-1.0, -2.0]])
    first = -1.0 + 0.5 * logits[:, 0] + 2.0 * logits[:, 1]
    assert RANKING.first(logits, AROUND) == pytest.approx(first)
    lead = np.clip([first[0] - first[2], first[1] - first[2], first[2] - first[0], first[3] - first[2]], -3, 3)
    expected = 0.3 + first + 0.5 * np.maximum(lead, 0) - 0.25 * np.maximum(-lead, 0)
    third = np.sort([first[3], first[2], max(first[0], first[1])])[0]
    expected += 0.1 * np.clip(first - third, -2 * LEAD_LIMIT, 2 * LEAD_LIMIT)
    assert RANKING.second(RANKING.first(logits, AROUND), SPANS) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(7, 24), st.floats(-5, 5)), min_size=1, max_size=25))
def test_rivals_are_the_best_that_share_nothing(rows):
    spans = [ResidueSpan(first, first + extra) for first, extra, _ in rows]
    scores = np.array([score for *_, score in rows])
    for i, (own, rival) in enumerate(zip(spans, best_rivals(scores, spans), strict=True)):
        apart = [scores[j] for j, other in enumerate(spans) if not own.overlap(other)]
        assert rival == (max(apart) if apart else scores.min()), i


def test_rivals_in_pieces(monkeypatch):
    spans = [ResidueSpan(5 * i + 1, 5 * i + 14) for i in range(30)]
    scores = np.random.default_rng(1).normal(size=30)
    whole = best_rivals(scores, spans)
    monkeypatch.setattr(ranking, "ROWS_AT_ONCE", 7)
    assert np.array_equal(best_rivals(scores, spans), whole)


def test_context_features_are_bounded_and_named():
    features = context_features(np.array([9.0, 8.0, -9.0, 0.0]), SPANS)
    assert features.shape == (4, len(CONTEXT_FEATURES))
    assert features[:, 1].max() == LEAD_LIMIT
    assert features[:, 2].max() == LEAD_LIMIT
    assert (features[:, 1] * features[:, 2] == 0).all()


def test_a_lone_candidate_has_no_lead():
    assert context_features(np.array([2.0]), SPANS[:1])[0, 1:3].tolist() == [0.0, 0.0]


def test_two_signals_stand_out_of_their_protein_as_one_does():
    spans = [ResidueSpan(20 * i + 1, 20 * i + 12) for i in range(5)]
    one, two = np.array([4.0, 0.0, 0.1, -1.0, 0.0]), np.array([4.0, 3.9, 0.0, -1.0, 0.0])
    above = CONTEXT_FEATURES.index("above")
    assert context_features(one, spans)[:, above] == pytest.approx([4.0, 0.0, 0.1, -1.0, 0.0])
    assert context_features(two, spans)[:, above] == pytest.approx([4.0, 3.9, 0.0, -1.0, 0.0])


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(7, 24), st.floats(-5, 5)), min_size=1, max_size=25))
def test_the_last_peak_is_what_is_left_beside_the_two_best(rows):
    spans = [ResidueSpan(first, first + extra) for first, extra, _ in rows]
    left = sorted(zip([score for *_, score in rows], spans, strict=True), key=lambda row: -row[0])
    lowest = left[-1][0]
    for _ in range(2):
        left = [row for row in left if not row[1].overlap(left[0][1])] if left else left
    assert last_peak(np.array([score for *_, score in rows]), spans) == (left[0][0] if left else lowest)


def test_head_sets_from_before_there_was_a_third_peak_are_read():
    stored = {**RANKING.to_json(), "context_weights": [1.0, 0.5, -0.25]}
    assert Ranking.from_json(stored) == replace(RANKING, context_weights=(1.0, 0.5, -0.25, 0.0))


def test_a_better_score_never_ranks_lower_in_its_protein():
    logits = np.zeros((4, 2))
    before = RANKING.second(RANKING.first(logits, AROUND), SPANS)
    logits[3, 1] = 1.0
    after = RANKING.second(RANKING.first(logits, AROUND), SPANS)
    assert after[3] > before[3]
    assert (after[:3] <= before[:3]).all()


def test_no_candidates():
    assert RANKING.second(RANKING.first(np.empty((0, 2)), AROUND[:0]), []).shape == (0,)


ADAPTIVE = replace(
    RANKING, shift=(0.5, *(0.0,) * 8), adaptive=((1.0, *(0.0,) * 8), (0.0, -9.0, *(0.0,) * 7)), combination="adaptive"
)


def test_weights_adapt_to_the_context_and_never_fall_below_zero():
    weights = ADAPTIVE.method_weights(AROUND)
    assert weights[:, 0] == pytest.approx(0.5 + AROUND[:, 0])
    assert weights[:, 1] == pytest.approx(np.maximum(2.0 - 9.0 * AROUND[:, 1], 0.0))
    logits = np.array([[1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [-1.0, -2.0]])
    expected = -1.0 + 0.5 * AROUND[:, 0] + (weights * logits).sum(axis=1)
    assert ADAPTIVE.first(logits, AROUND) == pytest.approx(expected)


@pytest.mark.parametrize("ranking", [RANKING, ADAPTIVE])
def test_stored_and_read(ranking):
    assert Ranking.from_json(json.loads(json.dumps(ranking.to_json()))) == ranking


@pytest.mark.parametrize(
    "change",
    [
        {"weights": None},
        {"weights": [1.0]},
        {"context_weights": [1.0]},
        {"intercept": "high"},
        {"shift": [1.0]},
        {"adaptive": [[1.0]]},
        {"combination": None},
    ],
)
def test_weights_that_are_missing(change):
    stored = {**RANKING.to_json(), **change}
    with pytest.raises(ConfigurationError):
        Ranking.from_json({name: value for name, value in stored.items() if value is not None})
