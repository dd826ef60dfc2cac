import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.ranking import Ranking, competition_between, peak_of, peaks
from nesdb_annot.methods.segment_context import SEGMENT_CONTEXT
from nesdb_annot.residues import ResidueSpan

ELSEWHERE = 0.5
RANKING = Ranking(("consensus", "tagger"), (0.5, 2.0), -1.0, elsewhere=ELSEWHERE)
AROUND = np.random.default_rng(0).random((4, len(SEGMENT_CONTEXT)))
SPANS = [ResidueSpan(1, 12), ResidueSpan(8, 20), ResidueSpan(40, 52), ResidueSpan(70, 85)]


def among(first, spans, elsewhere, spared=0):
    """Log-odds of each candidate less what competing candidates take from them."""
    return first - competition_between(first, spans, elsewhere, spared)


def second(first, spans, ranking=RANKING):
    return first - ranking.competition(first, spans)


def test_the_formula():
    logits = np.array([[1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [-1.0, -2.0]])
    first = -1.0 + 0.5 * logits[:, 0] + 2.0 * logits[:, 1]
    assert RANKING.first(logits, AROUND) == pytest.approx(first)
    # The best of the first two candidates, which overlap, and the two others are the peaks.
    peak = np.exp([max(first[0], first[1]), first[2], first[3]])
    others = np.array([peak[1] + peak[2], peak[1] + peak[2], peak[0] + peak[2], peak[0] + peak[1]])
    assert RANKING.competition(first, SPANS) == pytest.approx(np.log(ELSEWHERE + others))
    assert second(first, SPANS) == pytest.approx(first - np.log(ELSEWHERE + others))
    assert second(first, SPANS, replace(RANKING, elsewhere=None)) == pytest.approx(first)


ROWS = st.lists(st.tuples(st.integers(1, 60), st.integers(7, 24), st.floats(-30, 30)), min_size=1, max_size=25)


def read(rows):
    return [ResidueSpan(first, first + extra) for first, extra, _ in rows], np.array([score for *_, score in rows])


def peaks_by_hand(spans, scores):
    found = []
    for i in np.argsort(-scores, kind="stable"):
        if not any(spans[i].overlap(spans[j]) for j in found):
            found.append(int(i))
    return found


@given(ROWS)
def test_a_candidate_belongs_to_the_best_peak_that_it_overlaps(rows):
    spans, scores = read(rows)
    found = peaks_by_hand(spans, scores)
    assert peaks(scores, spans).tolist() == found
    for own, peak in zip(spans, peak_of(scores, spans), strict=True):
        assert peak == next(j for j in found if own.overlap(spans[j]))


@given(ROWS)
def test_all_other_peaks_compete(rows):
    spans, scores = read(rows)
    found, odds = peaks_by_hand(spans, scores), among(scores, spans, ELSEWHERE)
    for i, peak in enumerate(peak_of(scores, spans)):
        rivals = sum(np.exp(scores[j]) for j in found if j != peak)
        assert odds[i] == pytest.approx(scores[i] - np.log(ELSEWHERE + rivals), abs=1e-9)


@given(ROWS)
def test_what_overlaps_a_peak_never_beats_it(rows):
    spans, scores = read(rows)
    odds, peak = among(scores, spans, ELSEWHERE), peak_of(scores, spans)
    assert (odds <= odds[peak]).all()


def test_one_that_lies_across_two_peaks_competes_with_the_other():
    spans = [ResidueSpan(1, 12), ResidueSpan(13, 24), ResidueSpan(7, 18)]
    odds = among(np.array([3.0, 2.8, 1.5]), spans, ELSEWHERE)
    assert odds.argmax() == 0
    assert odds[2] == pytest.approx(1.5 - np.log(ELSEWHERE + np.exp(2.8)))


def test_a_lone_candidate_has_the_outside_option_only():
    assert among(np.array([2.0]), SPANS[:1], ELSEWHERE) == pytest.approx([2.0 - np.log(ELSEWHERE)])


def test_a_ranking_of_fewer_methods_gives_the_same_first_stage():
    logits, silent = np.array([[1.0, 0.5, 7.0]]), replace(ADAPTIVE, methods=("a", "b", "c"), weights=(0.5, 2.0, 0.0))
    silent = replace(silent, adaptive=(*ADAPTIVE.adaptive, (0.0,) * 10))
    fewer = silent.only(("a", "b"))
    assert fewer.methods == ("a", "b")
    assert fewer.first(logits[:, :2], AROUND[:1]).tolist() == silent.first(logits, AROUND[:1]).tolist()


def test_log_odds_without_measure_do_not_overflow():
    assert np.isfinite(among(np.array([900.0, -900.0, 0.0, 5.0]), SPANS, ELSEWHERE)).all()


def test_a_second_signal_stands_above_all_but_the_first():
    spans = [ResidueSpan(20 * i + 1, 20 * i + 12) for i in range(5)]
    odds = among(np.array([4.0, 3.9, 0.0, -1.0, 0.0]), spans, ELSEWHERE)
    assert odds[0] - odds[1] < 0.5
    assert (odds[1] - odds[2:]).min() > 3


@given(ROWS, st.integers(0, 3))
def test_the_strongest_competitors_are_spared(rows, spared):
    spans, scores = read(rows)
    found, odds = peaks_by_hand(spans, scores), among(scores, spans, ELSEWHERE, spared)
    for i, peak in enumerate(peak_of(scores, spans)):
        rivals = sorted((scores[j] for j in found if j != peak), reverse=True)[spared:]
        assert odds[i] == pytest.approx(scores[i] - np.log(ELSEWHERE + np.exp(rivals).sum()), abs=1e-8)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=9), st.floats(0, 10))
def test_a_second_signal_is_not_held_down_by_a_first_one_that_is_spared(scores, more):
    spans = [ResidueSpan(20 * i + 1, 20 * i + 12) for i in range(len(scores))]
    before = np.array(scores)
    first, next_best, *_ = np.argsort(-before, kind="stable")
    after = before.copy()
    after[first] += more
    kept, lost = (
        among(after, spans, ELSEWHERE, spared)[next_best] - among(before, spans, ELSEWHERE, spared)[next_best]
        for spared in (1, 0)
    )
    assert kept == pytest.approx(0, abs=1e-9)
    assert lost <= 1e-9


def test_beside_a_sure_first_signal_a_second_one_loses_all_unless_it_is_spared():
    spans = [ResidueSpan(1, 12), ResidueSpan(21, 32)]
    assert among(np.array([5.0, 3.0]), spans, ELSEWHERE)[1] == pytest.approx(3.0 - 5.0, abs=0.1)
    assert among(np.array([5.0, 3.0]), spans, ELSEWHERE, 1)[1] == pytest.approx(3.0 - np.log(ELSEWHERE))


def test_a_better_score_never_ranks_lower_in_its_protein():
    logits = np.zeros((4, 2))
    before = second(RANKING.first(logits, AROUND), SPANS)
    logits[3, 1] = 1.0
    after = second(RANKING.first(logits, AROUND), SPANS)
    assert after[3] > before[3]
    assert (after[:3] <= before[:3]).all()


def test_no_candidates():
    assert second(RANKING.first(np.empty((0, 2)), AROUND[:0]), []).shape == (0,)


ADAPTIVE = replace(
    RANKING, shift=(0.5, *(0.0,) * 9), adaptive=((1.0, *(0.0,) * 9), (0.0, -9.0, *(0.0,) * 8)), combination="adaptive"
)


def test_weights_adapt_to_the_context_and_never_fall_below_zero():
    logits = np.array([[1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [-1.0, -2.0]])
    weights = ADAPTIVE.method_weights(ADAPTIVE.context(logits, AROUND))
    assert weights[:, 0] == pytest.approx(0.5 + AROUND[:, 0])
    assert weights[:, 1] == pytest.approx(np.maximum(2.0 - 9.0 * AROUND[:, 1], 0.0))
    expected = -1.0 + 0.5 * AROUND[:, 0] + (weights * logits).sum(axis=1)
    assert ADAPTIVE.first(logits, AROUND) == pytest.approx(expected)


def test_a_weight_may_depend_on_whether_the_methods_that_count_agree():
    agreeing = replace(RANKING, shift=(0.0,) * 10, adaptive=((0.0,) * 9 + (1.0,), (0.0,) * 10))
    logits = np.array([[1.0, -2.0], [2.0, 4.0]])
    assert agreeing.method_weights(agreeing.context(logits, AROUND[:2])).tolist() == [[1.5, 2.0], [3.5, 2.0]]
    alone = replace(agreeing, weights=(0.5, 0.0))
    assert alone.context(logits, AROUND[:2])[:, -1].tolist() == [2.5, 3.0]
    silent = replace(agreeing, weights=(0.0, 0.0))
    assert silent.context(logits, AROUND[:2])[:, -1].tolist() == [0.0, 0.0]


SPARING = replace(RANKING, spared=1)


@pytest.mark.parametrize("ranking", [RANKING, ADAPTIVE, SPARING, replace(RANKING, elsewhere=None)])
def test_stored_and_read(ranking):
    assert Ranking.from_json(json.loads(json.dumps(ranking.to_json()))) == ranking


@pytest.mark.parametrize(
    "change",
    [
        {"weights": None},
        {"weights": [1.0]},
        {"elsewhere": None},
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


@pytest.mark.parametrize("spared", [-1, float("inf"), float("nan"), "some", None])
def test_numbers_of_spared_competitors_that_are_none(spared):
    with pytest.raises(ConfigurationError, match="stored ranking"):
        Ranking.from_json({**RANKING.to_json(), "spared": spared})


@pytest.mark.parametrize("elsewhere", [0.0, -1.0, float("nan"), "half"])
def test_odds_of_elsewhere_that_are_none(elsewhere):
    with pytest.raises(ConfigurationError):
        Ranking.from_json({**RANKING.to_json(), "elsewhere": elsewhere})
