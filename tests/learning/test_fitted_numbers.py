"""Logistic regression, calibrations and operating points: the plain numbers of a head set."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nesdb_annot.learning import operating_points
from nesdb_annot.learning.calibration import fit_platt
from nesdb_annot.learning.logistic import fit_logistic, fit_nonnegative
from nesdb_annot.learning.metrics import RankedProtein
from nesdb_annot.learning.operating_points import choose_operating_points, held_out_performance
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.calibration import logistic
from nesdb_annot.residues import ResidueSpan


@pytest.fixture
def rows():
    random = np.random.default_rng(4)
    x = random.normal(size=(2000, 3))
    y = random.random(2000) < logistic(x @ np.array([1.5, -0.7, 0.0]) - 1.0)
    return x, y


def test_logistic_is_that_of_scikit_learn(rows):
    x, y = rows
    weight = np.random.default_rng(1).uniform(0.5, 2, len(x))
    own, intercept = fit_logistic(x, y.astype(float), weight, ridge=0.01)
    theirs = LogisticRegression(C=1 / (0.01 * weight.sum()), tol=1e-10).fit(x, y, sample_weight=weight)
    assert own == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_separable_rows_keep_finite_weights():
    x = np.linspace(-1, 1, 20)[:, None]
    weights, _ = fit_logistic(x, (x[:, 0] > 0).astype(float), np.ones(20))
    assert 0 < weights[0] < 1000


def test_no_weight_falls_below_zero(rows):
    x, y = rows
    weights, intercept = fit_nonnegative(x, y.astype(float), np.ones(len(x)))
    assert weights[0] == pytest.approx(1.4, abs=0.2)
    assert weights[1] == 0.0
    assert (weights >= 0).all()
    against, _ = fit_nonnegative(-np.abs(x), np.abs(x).sum(axis=1) > 2, np.ones(len(x)))
    assert against.tolist() == [0.0, 0.0, 0.0]
    assert np.isfinite(intercept)


def random_problem(seed):
    """Correlated features, outcomes and weights: some columns would get a weight below zero."""
    random = np.random.default_rng(seed)
    columns, rows = random.integers(1, 7), random.integers(20, 300)
    x = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns))
    y = (x @ random.normal(size=columns) + random.normal(size=rows) > 0).astype(float)
    return x, y, random.uniform(0.1, 2, rows)


def penalised_loss(problem, weights, intercept, ridge=1e-3):
    x, y, weight = problem
    log_odds = x @ weights + intercept
    return weight @ (np.logaddexp(0, log_odds) - y * log_odds) / weight.sum() + 0.5 * ridge * weights @ weights


def drop_columns(problem):
    """The worst column below zero is dropped, then the next: a baseline that may drop too many."""
    x, y, weight = problem
    columns = np.arange(x.shape[1])
    while True:
        weights, intercept = fit_logistic(x[:, columns], y, weight)
        if not len(columns) or weights.min() >= 0:
            break
        columns = np.delete(columns, int(weights.argmin()))
    outcome = np.zeros(x.shape[1])
    outcome[columns] = weights
    return outcome, intercept


@pytest.mark.parametrize("seed", range(40))
def test_nonnegative_weights_fulfil_the_conditions_of_an_optimum(seed):
    x, y, weight = problem = random_problem(seed)
    weights, intercept = fit_nonnegative(*problem)
    residual = weight * (logistic(x @ weights + intercept) - y) / weight.sum()
    slope = x.T @ residual + 1e-3 * weights
    assert abs(residual.sum()) < 1e-6
    assert abs(slope[weights > 0]).max(initial=0) < 1e-6
    assert slope[weights == 0].min(initial=0) > -1e-6


def test_nonnegative_weights_beat_dropping_columns_one_by_one():
    gains = []
    for seed in range(150, 200):
        problem = random_problem(seed)
        new, old = (penalised_loss(problem, *fit) for fit in (fit_nonnegative(*problem), drop_columns(problem)))
        assert new <= old * (1 + 1e-9)
        gains.append(old / new - 1)
    assert max(gains) > 0.01


def test_platt_recovers_the_curve():
    random = np.random.default_rng(2)
    raw = random.normal(3, 2, 20_000)
    fitted = fit_platt(raw, random.random(len(raw)) < logistic(0.8 * raw - 3))
    assert fitted.slope == pytest.approx(0.8, abs=0.05)
    assert fitted.intercept == pytest.approx(-3, abs=0.2)


def test_platt_never_falls():
    raw = np.arange(100.0)
    assert fit_platt(raw, raw < 30).slope == 0.0


def ranked(*scores_and_hits):
    """One motif at 10-20 of a protein for each pair; the candidate hits it or not."""
    place = {True: ResidueSpan(10, 20), False: ResidueSpan(60, 70)}
    proteins = [RankedProtein(str(i), 100, (place[h],), np.array([s])) for i, (s, h) in enumerate(scores_and_hits)]
    return proteins, [Truth((ResidueSpan(10, 20),)) for _ in proteins]


def test_points_keep_their_promises():
    rows = [(0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.5, True), (0.4, False), (0.3, False), (0.2, False)]
    strict, balanced, sensitive = choose_operating_points(*ranked(*rows))
    assert (strict.name, balanced.name, sensitive.name) == ("strict", "balanced", "sensitive")
    assert strict.threshold == 0.5, "at 0.2 half are hits, too, but nothing is strict that is laxer than balanced"
    assert strict.precision >= 0.5
    assert strict.recall == 0.5
    assert balanced.threshold == 0.5
    assert balanced.recall == 0.5
    assert sensitive.threshold is None
    assert "0.50" in sensitive.why


def test_points_that_are_reached_say_so():
    strict, balanced, sensitive = choose_operating_points(*ranked((0.9, True), (0.8, True)))
    assert strict.threshold == balanced.threshold == sensitive.threshold == 0.8
    assert sensitive.precision == 1.0
    assert not sensitive.why


def test_strict_may_be_stricter_than_balanced():
    later = [(0.9 - 0.03 * i - 0.01 * j, j == 2) for i in range(9) for j in range(3)]  # one hit in three
    strict, balanced, _ = choose_operating_points(*ranked((0.99, True), *later))
    assert strict.threshold == pytest.approx(0.88), "two of four"
    assert balanced.threshold == pytest.approx(0.64)
    assert balanced.precision < 0.5


def test_performance_is_measured_at_thresholds_of_the_other_folds():
    proteins, truths = ranked((0.9, True), (0.4, True), (0.8, False), (0.3, False))
    cargo = [True] * 4
    assert held_out_performance(proteins, truths, cargo, [0.5] * 4) == (0.5, 0.25)
    assert held_out_performance(proteins, truths, cargo, [0.5, 0.4, 0.9, 0.9]) == (1.0, 0.5)
    assert held_out_performance(proteins, truths, cargo, [None, 0.4, 0.9, 0.9]) == (1.0, 0.25)
    assert held_out_performance(proteins, truths, cargo, [None] * 4) is None


def test_nothing_found():
    for point in choose_operating_points(*ranked((0.9, False), (0.8, False))):
        assert point.threshold is None
        assert point.why


def mixed_with(rows, errors, length):
    """Cargoes with a signal each as in `ranked`, and motif-free proteins of `length` residues with the scores given."""
    proteins, truths = ranked(*rows, *((score, False) for score in errors))
    longer = [replace(protein, length=length) for protein in proteins[len(rows) :]]
    cargo = [True] * len(rows) + [False] * len(errors)
    return [*proteins[: len(rows)], *longer], truths[: len(rows)] + [Truth()] * len(errors), cargo


def test_points_count_motif_free_proteins_as_often_as_they_occur():
    """Nine cargoes with a signal each, and three motif-free proteins that stand for 81: one has a high score."""
    rows = [(0.5 + i / 100, True) for i in range(9)]
    proteins, truths, cargo = mixed_with(rows, (0.6, 0.55, 0.1), 100_000)
    alone, mixed = choose_operating_points(proteins[:9], truths[:9]), choose_operating_points(proteins, truths, cargo)
    assert alone[1].threshold == 0.5
    assert "among cargoes" in alone[1].rule
    assert "10% of the proteins" in mixed[1].rule
    strict, balanced, sensitive = mixed
    assert strict.threshold is None  # one error counts 27 times, nine hits once each
    assert balanced.threshold == pytest.approx(0.5)
    assert balanced.precision == pytest.approx(9 / (9 + 2 * 27))
    assert sensitive.recall >= 0.8


@pytest.mark.parametrize(("length", "threshold"), [(10_000, 0.65), (40_000, 0.3)])
def test_points_are_quiet_in_motif_free_proteins(length, threshold, monkeypatch):
    """Three errors in 30,000 residues: one of them may mean two, two of them may mean four."""
    monkeypatch.setattr(operating_points, "CARGO_SHARE", 0.9)
    rows = [(0.9, True), (0.8, True), (0.65, True), (0.5, True), (0.3, True)]
    proteins, truths, cargo = mixed_with(rows, (0.7, 0.61, 0.6), length)
    strict, balanced, sensitive = choose_operating_points(proteins, truths, cargo)
    assert balanced.threshold == pytest.approx(threshold)
    assert strict.threshold == balanced.threshold
    assert "at most 1 candidate" in balanced.rule
    assert sensitive.threshold <= 0.5


def test_proteins_that_are_watched_set_the_rate(monkeypatch):
    monkeypatch.setattr(operating_points, "CARGO_SHARE", 0.9)
    rows = [(0.9, True), (0.8, True), (0.65, True), (0.5, True), (0.3, True)]
    proteins, truths, cargo = mixed_with(rows, (0.7, 0.61, 0.6), 10_000)
    quiet = [replace(proteins[-1], length=100_000, scores=np.array([0.2]))]
    loud = [replace(proteins[-1], length=10_000, scores=np.array([0.85]))]
    thresholds = [choose_operating_points(proteins, truths, cargo, seen)[1].threshold for seen in ((), quiet, loud)]
    assert thresholds == pytest.approx([0.65, 0.3, 0.9])
    assert choose_operating_points(proteins, truths, cargo, loud)[2].threshold <= 0.5


def test_where_the_rate_rules_out_every_threshold_it_is_the_reason():
    """No threshold is above the best score of a watched protein of 100 residues."""
    rows = [(0.9, True), (0.8, True)]
    proteins, truths, cargo = mixed_with(rows, (0.1,), 10_000)
    noisy = [replace(proteins[-1], length=100, scores=np.array([0.95]))]
    strict, balanced, sensitive = choose_operating_points(proteins, truths, cargo, noisy)
    for point in (strict, balanced):
        assert point.threshold is None
        assert point.why == "every threshold leaves more than 1 candidate per 10,000 residues of motif-free proteins"
    assert sensitive.threshold == 0.8


def test_where_the_rate_rules_out_the_thresholds_that_would_do_it_is_the_reason():
    """The best candidate is none, and only that one is above the watched protein's."""
    proteins, truths, cargo = mixed_with([(0.99, False), (0.9, True), (0.8, True)], (0.1,), 10_000)
    noisy = [replace(proteins[-1], length=100, scores=np.array([0.95]))]
    strict, balanced, _ = choose_operating_points(proteins, truths, cargo, noisy)
    for point in (strict, balanced):
        assert point.threshold is None
        assert point.why.startswith("every threshold that would do leaves more than 1 candidate")


def test_the_highest_precision_that_is_stated_is_that_of_all_thresholds():
    """Below the watched protein's score precision is higher, but not high enough either."""
    rows = [(0.99, False), (0.98, False), (0.97, False), (0.9, True)]
    proteins, truths, cargo = mixed_with(rows, (0.1,), 10_000)
    noisy = [replace(proteins[-1], length=100, scores=np.array([0.95]))]
    strict = choose_operating_points(proteins, truths, cargo, noisy)[0]
    assert strict.why == "the highest precision on held-out families is 0.25"


def test_an_offset_is_kept(rows):
    x, y = rows
    ones = np.ones(len(x))
    whole, intercept = fit_logistic(x, y.astype(float), ones, ridge=1e-9)
    rest, added = fit_logistic(x[:, 1:], y.astype(float), ones, ridge=1e-9, offset=whole[0] * x[:, 0])
    assert rest == pytest.approx(whole[1:], abs=1e-3)
    assert added == pytest.approx(intercept, abs=1e-3)
