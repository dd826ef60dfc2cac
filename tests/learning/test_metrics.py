import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, matthews_corrcoef, roc_auc_score

from nesdb_annot.learning import metrics
from nesdb_annot.learning.metrics import Events, RankedProtein, events, precision_recall
from nesdb_annot.learning.truth import Truth
from nesdb_annot.residues import ResidueSpan

LABELLED = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({positive for _, positive in rows}) == 2
)


def protein(*rows, digest="a", length=200):
    spans = tuple(ResidueSpan(first, last) for first, last, _ in rows)
    return RankedProtein(digest, length, spans, np.array([float(score) for *_, score in rows]))


def curve(proteins, truths):
    return precision_recall(events(proteins, truths))


def test_two_candidates_on_one_motif_count_once_and_are_no_errors():
    known = Truth((ResidueSpan(20, 40),))
    found = curve([protein((20, 30, 0.9), (31, 40, 0.8), (100, 110, 0.7))], [known])
    assert found.recall.tolist() == [1.0, 1.0]
    assert found.precision.tolist() == [1.0, 0.5]
    assert metrics.average_precision(found) == 1.0


def test_a_candidate_on_doubtful_ground_is_left_out():
    known = Truth((ResidueSpan(20, 40),), (ResidueSpan(100, 120),))
    assert metrics.average_precision(curve([protein((100, 110, 0.9), (20, 30, 0.8))], [known])) == 1.0


def test_a_motif_without_candidate_bounds_recall():
    known = Truth((ResidueSpan(20, 40), ResidueSpan(150, 160)))
    found = curve([protein((20, 30, 0.9), (60, 70, 0.5))], [known])
    assert found.recall.max() == 0.5
    assert metrics.precision_at(found, 0.5) == 1.0
    assert metrics.precision_at(found, 0.51) is None


def test_equal_scores_come_at_once():
    known = Truth((ResidueSpan(20, 40),))
    found = curve([protein((20, 30, 0.5), (60, 70, 0.5), (90, 99, 0.5))], [known])
    assert found.precision.tolist() == [pytest.approx(1 / 3)]


def test_one_candidate_can_find_two_motifs():
    known = Truth((ResidueSpan(20, 30), ResidueSpan(28, 40)))
    assert curve([protein((22, 36, 1.0))], [known]).recall.tolist() == [1.0]


def test_top_hits_count_proteins_with_a_motif_only():
    known = Truth((ResidueSpan(20, 40),), (ResidueSpan(90, 99),))
    first = protein((90, 99, 0.9), (20, 30, 0.8), (60, 70, 0.7))
    second = protein((60, 70, 0.9), (20, 30, 0.8))
    third = protein((60, 70, 0.9))
    truths = [known, known, Truth()]
    assert metrics.top_hits([first, second, third], truths, 1).tolist() == [1.0, 0.0]
    assert metrics.top_hits([first, second, third], truths, 2).tolist() == [1.0, 1.0]


def test_nothing_at_all():
    empty = curve([], [])
    assert metrics.average_precision(empty) == 0.0
    assert metrics.precision_at(empty, 0.2) is None


@given(LABELLED)
def test_average_precision_is_that_of_scikit_learn(rows):
    score, found = (np.array(column) for column in zip(*rows, strict=True))
    happened = Events(score.astype(float), found.astype(bool), np.zeros(len(score), dtype=int))
    own = metrics.average_precision(precision_recall(happened))
    assert own == pytest.approx(average_precision_score(found, score))


@given(LABELLED)
def test_auroc_is_that_of_scikit_learn(rows):
    score, positive = (np.array(column) for column in zip(*rows, strict=True))
    assert metrics.auroc(score.astype(float), positive) == pytest.approx(roc_auc_score(positive, score))


@given(LABELLED)
def test_weights_are_repetition(rows):
    score, found = (np.array(column) for column in zip(*rows, strict=True))
    owner = np.arange(len(score)) % 3
    once = Events(score.astype(float), found, owner)
    twice = [np.flatnonzero(owner == p).tolist() * n for p, n in enumerate((2, 1, 3))]
    order = np.concatenate([np.array(rows, dtype=int) for rows in twice])
    repeated = precision_recall(Events(score.astype(float)[order], found[order], owner[order]))
    weighted = precision_recall(once, np.array([2.0, 1.0, 3.0]))
    assert metrics.average_precision(weighted) == pytest.approx(metrics.average_precision(repeated))


@given(LABELLED)
def test_correlation_and_brier_are_those_of_scikit_learn(rows):
    score, positive = (np.array(column) for column in zip(*rows, strict=True))
    called = score >= 5
    cells = [(called & positive), (called & ~positive), (~called & positive), (~called & ~positive)]
    own = metrics.matthews(*(int(cell.sum()) for cell in cells))
    assert own == pytest.approx(matthews_corrcoef(positive, called))
    assert metrics.brier(score / 9, positive) == pytest.approx(brier_score_loss(positive, score / 9))


def test_calibration_error_of_true_and_of_false_confidence():
    outcome = np.arange(1000) % 10 < 3
    assert metrics.reliability(np.full(1000, 0.3), outcome).error == pytest.approx(0.0)
    assert metrics.reliability(np.full(1000, 0.9), outcome).error == pytest.approx(0.6)


def test_reliability_by_hand():
    table = metrics.reliability(np.array([0.05, 0.15, 0.15, 1.0]), np.array([False, False, True, True]))
    assert table.count.tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert table.stated[[0, 1, 9]].tolist() == pytest.approx([0.05, 0.15, 1.0])
    assert table.observed[[0, 1, 9]].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert np.isnan(table.observed[2])
    assert table.error == pytest.approx((0.05 + 2 * 0.35 + 0) / 4)


@given(LABELLED, st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_weighted_figures_are_those_of_scikit_learn(rows, weights):
    score, positive = (np.array(column) for column in zip(*rows, strict=True))
    weight = np.array(weights[: len(score)], dtype=float)
    kinds = set(positive[weight > 0].tolist())
    own = metrics.auroc(score.astype(float), positive, weight)
    assert (own is None) == (len(kinds) < 2)
    if own is not None:
        assert own == pytest.approx(roc_auc_score(positive, score, sample_weight=weight))
        expected = average_precision_score(positive, score, sample_weight=weight)
        assert metrics.auprc(score.astype(float), positive, weight) == pytest.approx(expected)
        expected = brier_score_loss(positive, score / 9, sample_weight=weight)
        assert metrics.brier(score / 9, positive, weight) == pytest.approx(expected)


@given(LABELLED)
def test_no_threshold_has_a_higher_f1(rows):
    score, found = (np.array(column) for column in zip(*rows, strict=True))
    happened = Events(score.astype(float), found.astype(bool), np.zeros(len(score), dtype=int))
    found_curve = precision_recall(happened)
    best = found_curve.threshold[metrics.highest_f1(found_curve)]
    f1 = {t: f1_score(found, score >= t) for t in set(score.tolist())}
    assert f1[best] == pytest.approx(max(f1.values()))


def test_there_is_no_best_threshold_without_a_hit():
    assert metrics.highest_f1(curve([protein((60, 70, 0.9))], [Truth((ResidueSpan(1, 20),))])) is None
    assert metrics.highest_f1(curve([], [])) is None


def test_auroc_needs_both_kinds():
    assert metrics.auroc(np.array([0.1, 0.2]), np.array([True, True])) is None


def test_bootstrap_covers_the_figures_and_repeats():
    values = np.random.default_rng(1).normal(5, 1, 100)

    def means(weight):
        return [np.average(values, weights=weight), np.average(-values, weights=weight), np.nan]

    ends = metrics.bootstrap(means, 100)
    assert ends.shape == (3, 2)
    assert ends[0, 0] < values.mean() < ends[0, 1]
    assert ends[1].tolist() == pytest.approx((-ends[0, ::-1]).tolist())
    assert 0.2 < ends[0, 1] - ends[0, 0] < 0.8
    assert np.isnan(ends[2]).all()
    assert np.array_equal(metrics.bootstrap(means, 100), ends, equal_nan=True)


def test_a_rate_has_the_interval_of_its_proteins():
    errors, residues = np.array([3.0, 0.0, 0.0, 1.0] * 25), np.array([400.0, 100.0, 300.0, 200.0] * 25)
    rate, (low, high) = metrics.rate_per_10000(errors, residues)
    assert rate == pytest.approx(40.0)
    assert 25 < low < 40 < high < 55
    assert metrics.rate_per_10000(residues / 50, residues) == (pytest.approx(200.0), pytest.approx((200.0, 200.0)))
    rate, (low, high) = metrics.rate_per_10000(np.zeros(2), np.array([4000.0, 6000.0]))
    assert (rate, low, high) == (0.0, 0.0, pytest.approx(3.689, abs=1e-3))
    assert metrics.rate_per_10000(np.zeros(3), np.zeros(3)) == (None, None)
    assert metrics.rate_per_10000(np.empty(0), np.empty(0)) == (None, None)
