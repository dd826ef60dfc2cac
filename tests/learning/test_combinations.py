"""The ways to combine methods, and which of them wins."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.learning import combinations
from nesdb_annot.learning.combinations import COMBINATIONS, fit_ranking, merit
from nesdb_annot.learning.stacking import ELSEWHERE, STACK, Combination, fit_calibrations, fit_combination
from nesdb_annot.methods.calibration import logit
from nesdb_annot.methods.cargo import CARGO_SHARE, NOTHING_KNOWN
from nesdb_annot.methods.ranking import CONTEXT, competition_between
from nesdb_annot.methods.scoring import METHODS, POOLED


@pytest.fixture(scope="module")
def scored(outcome):
    return [own.scored for own in outcome.held_out], [own.fold for own in outcome.held_out]


def test_all_three_kinds_are_compared_and_the_best_one_is_fitted(scored, resolve):
    fitted = fit_ranking(*scored, resolve)
    assert set(fitted.compared) == {own.name for own in COMBINATIONS}
    assert fitted.compared[fitted.choice] == max(fitted.compared.values())
    assert {own.fitted for own in COMBINATIONS} == {True, False}
    assert {own.ridge is None for own in COMBINATIONS} == {True, False}


def test_the_winner_is_the_one_with_the_highest_merit(scored, resolve, monkeypatch):
    monkeypatch.setattr(combinations, "merit", lambda _, __, ___, own, ____: float(own.name == "adaptive"))
    assert fit_ranking(*scored, resolve).choice == "adaptive"


def test_merit_looks_at_folds_that_were_not_fitted_to(scored, resolve, monkeypatch):
    proteins, folds = scored
    seen = []

    def noted(given, used, _combination, _known):
        seen.append([own.protein.digest for own in given])
        return fit_combination(given, used, STACK)

    monkeypatch.setattr(combinations, "fit_combination", noted)
    assert 0 < merit(proteins, folds, resolve, STACK) <= 1
    for fold, taught in zip(sorted(set(folds)), seen, strict=True):
        assert set(taught) == {p.protein.digest for p, own in zip(proteins, folds, strict=True) if own != fold}


def test_two_folds_leave_nothing_to_choose_by(scored, resolve):
    proteins, folds = scored
    fitted = fit_ranking(proteins, [fold % 2 for fold in folds], resolve)
    assert fitted.choice == "stack"
    assert fitted.compared == {}


def test_the_weighted_sum_has_the_paper_s_weights_over_the_range_of_each_score(scored, resolve):
    proteins, _ = scored
    fitted = fit_combination(proteins, resolve, COMBINATIONS[0])
    assert fitted.choice == "weighted sum"
    logits = logit(fitted.calibrated(np.concatenate([own.raw for own in proteins])))
    shares = dict(zip(METHODS, np.array(fitted.ranking.weights) * np.ptp(logits, axis=0), strict=True))
    for name, share in {"consensus": 0.6, "similarity": 0.4, "neural": 0.3}.items():
        assert shares[name] == pytest.approx(share)
    assert shares["tagger"] == shares["biochemical"] == 0
    assert fitted.combined(proteins[0]) == pytest.approx(fitted.first(proteins[0]))


def test_a_strong_ridge_leaves_the_plain_stack(scored, resolve):
    proteins, _ = scored
    plain = fit_combination(proteins, resolve, STACK)
    stiff = fit_combination(proteins, resolve, Combination("stiff", ridge=1e6))
    soft = fit_combination(proteins, resolve, Combination("soft", ridge=1e-2))
    assert np.abs(stiff.ranking.adaptive).max() < 1e-4
    assert stiff.ranking.weights == plain.ranking.weights
    assert np.abs(soft.ranking.adaptive).max() > 1e-3
    assert np.shape(soft.ranking.adaptive) == (len(METHODS), len(CONTEXT))
    for own in proteins[:5]:
        assert stiff.probability(own) == pytest.approx(plain.probability(own), abs=1e-2)


@pytest.mark.parametrize("ridge", [None, 0.01])
def test_silent_methods_have_no_weight_in_any_context(scored, resolve, ridge):
    proteins, _ = scored
    fitted = fit_combination(proteins, resolve, Combination("quiet", ridge=ridge, silent=("tagger", "neural")))
    around = np.concatenate([own.protein.segment_context for own in proteins])
    logits = logit(fitted.calibrated(np.concatenate([own.raw for own in proteins])))
    weights = dict(zip(METHODS, fitted.ranking.method_weights(fitted.ranking.context(logits, around)).T, strict=True))
    assert not weights["tagger"].any()
    assert not weights["neural"].any()
    assert weights["biochemical"].any()


def test_the_second_stage_is_left_out_where_it_is_not_wanted(scored, resolve):
    proteins, _ = scored
    both, alone = (fit_combination(proteins, resolve, Combination("own", elsewhere=own)) for own in (0.4, None))
    assert alone.ranking == replace(both.ranking, elsewhere=None)
    for own in proteins[:5]:
        first, competition = both.first(own), competition_between(both.selected(own), own.protein.spans, 0.4)
        assert alone.combined(own) == pytest.approx(first)
        assert both.combined(own) == pytest.approx(first - competition)


def test_the_strongest_competitor_is_spared_if_asked(scored, resolve):
    proteins, _ = scored
    one, spared = (fit_combination(proteins, resolve, Combination("own", spared=wanted)) for wanted in (0, 1))
    assert spared.ranking == replace(one.ranking, spared=1)
    for own in proteins[:5]:
        competition = competition_between(one.selected(own), own.protein.spans, ELSEWHERE, 1)
        assert spared.combined(own) == pytest.approx(one.first(own) - competition)


def test_the_selector_gives_no_weight_to_methods_that_read_stored_vectors(scored, resolve):
    proteins, _ = scored
    fitted = fit_combination(proteins, resolve, STACK)
    weights = dict(zip(METHODS, fitted.selector.weights, strict=True))
    assert (weights["similarity"], weights["neural"]) == (0.0, 0.0)
    assert max(weights.values()) > 0
    quiet = fit_combination(proteins, resolve, replace(STACK, silent=POOLED))
    assert quiet.selector == quiet.ranking == fitted.selector
    assert quiet.calibrations["selector"] == quiet.calibrations["combined"]


def test_known_calibrations_change_nothing(scored, resolve):
    proteins, _ = scored
    known = fit_calibrations(proteins, resolve)
    assert fit_combination(proteins, resolve, STACK, known) == fit_combination(proteins, resolve, STACK)


def test_odds_of_a_cargo_tell_cargoes_from_motif_free_proteins(scored, resolve):
    proteins, folds = scored
    fitted = fit_combination([p for p, fold in zip(proteins, folds, strict=True) if fold], resolve, STACK)
    new = [p for p, fold in zip(proteins, folds, strict=True) if not fold and p.protein.spans]
    odds = [fitted.cargo.log_odds(fitted.selected(p), p.protein.spans, len(p.protein.residues)) for p in new]
    cargoes = [own for own, p in zip(odds, new, strict=True) if p.protein.cargo]
    others = [own for own, p in zip(odds, new, strict=True) if not p.protein.cargo]
    assert np.mean(cargoes) > np.mean(others)
    for own, p in zip(odds, new, strict=True):
        cargo = 1 / (1 + np.exp(-own))
        assert fitted.in_proteome(p) == pytest.approx(fitted.probability(p) * cargo)


def test_a_better_candidate_never_makes_a_cargo_less_likely(scored, resolve):
    assert min(fit_combination(scored[0], resolve, STACK).cargo.weights) >= 0


def test_without_motif_free_proteins_nothing_is_known_of_cargoes(scored, resolve):
    proteins = [p for p in scored[0] if p.protein.cargo]
    fitted = fit_combination(proteins, resolve, STACK)
    assert fitted.cargo == NOTHING_KNOWN
    assert fitted.in_proteome(proteins[0]) == pytest.approx(fitted.probability(proteins[0]) * CARGO_SHARE)
