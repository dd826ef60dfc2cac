"""The odds that a protein is a cargo, and what becomes of them."""

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.learning.cargo_odds import fit_cargo_odds
from nesdb_annot.methods.calibration import logistic
from nesdb_annot.methods.cargo import CARGO_SHARE, CargoOdds, protein_features
from nesdb_annot.residues import ResidueSpan

SPANS = [ResidueSpan(1, 12), ResidueSpan(8, 20), ResidueSpan(40, 52), ResidueSpan(70, 85), ResidueSpan(90, 99)]
FIRST = np.array([0.5, 2.0, -1.0, 1.0, -3.0])
ODDS = CargoOdds((0.5, 2.0), 0.25)


def test_features_are_of_candidates_that_share_nothing():
    total = np.log(np.exp([2.0, -1.0, 1.0, -3.0]).sum())
    assert protein_features(FIRST, SPANS).tolist() == pytest.approx([(2.0 + 1.0 - 1.0) / 3, total, np.log(4)])


def test_with_fewer_than_three_candidates_all_of_them_count():
    assert protein_features(FIRST[:2], SPANS[:2]).tolist() == [2.0, 2.0, 0.0]
    both = protein_features(FIRST[2:4], SPANS[2:4])
    assert both.tolist() == pytest.approx([0.0, np.log(np.exp(-1.0) + np.exp(1.0)), np.log(2)])


def test_the_formula():
    known = 0.5 * (2.0 / 3) + 2.0 * np.log(np.exp([2.0, -1.0, 1.0, -3.0]).sum()) + 0.25
    assert ODDS.log_odds(FIRST, SPANS, 99) == pytest.approx(known + np.log(CARGO_SHARE / (1 - CARGO_SHARE)))
    assert ODDS.probability(FIRST, SPANS, 99) == pytest.approx(logistic(np.array([ODDS.log_odds(FIRST, SPANS, 99)]))[0])


def test_what_chance_adds_in_a_longer_protein_is_taken_off():
    corrected = CargoOdds((0.5, 2.0), 0.25, (0.1, 0.7))
    expected = ODDS.log_odds(FIRST, SPANS, 99) - (0.5 * 0.1 + 2.0 * 0.7) * np.log(4)
    assert corrected.log_odds(FIRST, SPANS, 99) == pytest.approx(expected)


@pytest.mark.parametrize(("length", "is_prior"), [(29, True), (30, False)])
def test_a_peptide_under_30_residues_has_the_prior(length, is_prior):
    found = ODDS.probability(FIRST[:2], SPANS[:2], length)
    assert (found == pytest.approx(CARGO_SHARE)) is is_prior


def test_odds_of_earlier_versions_correct_nothing():
    assert CargoOdds.from_json({"weights": [0.5, 2.0], "intercept": 0.25}) == ODDS


def test_length_alone_makes_no_protein_a_cargo():
    """Motif-free proteins have candidates of one kind, and the longest has a hundred times as many."""
    draw = np.random.default_rng(3)

    def features(peaks, mean):
        spans = [ResidueSpan(1 + 20 * i, 10 + 20 * i) for i in range(peaks)]
        first = draw.normal(mean, 1.5, peaks)
        return protein_features(first, spans), first, spans, 20 * peaks

    lengths = draw.integers(3, 60, 300)
    motif_free = [features(int(n), -5.0)[0] for n in lengths]
    cargoes = [features(int(n), -3.0)[0] for n in draw.integers(10, 90, 200)]
    odds = fit_cargo_odds(np.array([*motif_free, *cargoes]), np.arange(500) >= 300)
    assert odds.growth[0] > 0.3
    short = np.mean([odds.probability(*features(15, -5.0)[1:]) for _ in range(40)])
    long = np.mean([odds.probability(*features(1500, -5.0)[1:]) for _ in range(4)])
    uncorrected = CargoOdds(odds.weights, odds.intercept)
    assert long < max(2 * short, CARGO_SHARE)
    assert uncorrected.probability(*features(1500, -5.0)[1:]) > 0.5


def test_without_weights_a_protein_is_a_cargo_as_often_as_any_other():
    assert CargoOdds().probability(FIRST, SPANS, 99) == pytest.approx(CARGO_SHARE)


def test_the_order_of_candidates_does_not_matter():
    turned = np.array([3, 0, 4, 2, 1])
    spans = [SPANS[i] for i in turned]
    assert ODDS.log_odds(FIRST[turned], spans, 99) == pytest.approx(ODDS.log_odds(FIRST, SPANS, 99))


def test_weights_are_stored_and_read():
    assert CargoOdds.from_json(ODDS.to_json()) == ODDS


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"weights": [1.0], "intercept": 0.0},
        {"weights": ["x", 1], "intercept": 0},
        {"weights": [1.0, 2.0]},
        {"weights": [1.0, 2.0], "intercept": 0.0, "growth": [1.0]},
    ],
)
def test_half_a_model_is_refused(stored):
    with pytest.raises(ConfigurationError):
        CargoOdds.from_json(stored)
