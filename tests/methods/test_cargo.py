"""The odds that a protein is a cargo, and what becomes of them."""

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import logistic
from nesdb_annot.methods.cargo import CARGO_SHARE, CargoOdds, protein_features
from nesdb_annot.residues import ResidueSpan

SPANS = [ResidueSpan(1, 12), ResidueSpan(8, 20), ResidueSpan(40, 52), ResidueSpan(70, 85), ResidueSpan(90, 99)]
FIRST = np.array([0.5, 2.0, -1.0, 1.0, -3.0])
ODDS = CargoOdds((0.5, 2.0), 0.25)


def test_features_are_of_candidates_that_share_nothing():
    total = np.log(np.exp([2.0, -1.0, 1.0, -3.0]).sum())
    assert protein_features(FIRST, SPANS).tolist() == pytest.approx([(2.0 + 1.0 - 1.0) / 3, total])


def test_with_fewer_than_three_candidates_all_of_them_count():
    assert protein_features(FIRST[:2], SPANS[:2]).tolist() == [2.0, 2.0]
    both = protein_features(FIRST[2:4], SPANS[2:4])
    assert both.tolist() == pytest.approx([0.0, np.log(np.exp(-1.0) + np.exp(1.0))])


def test_the_formula():
    known = 0.5 * (2.0 / 3) + 2.0 * np.log(np.exp([2.0, -1.0, 1.0, -3.0]).sum()) + 0.25
    assert ODDS.log_odds(FIRST, SPANS, 0.5) == pytest.approx(known)
    assert ODDS.log_odds(FIRST, SPANS) == pytest.approx(known + np.log(CARGO_SHARE / (1 - CARGO_SHARE)))
    assert ODDS.probability(FIRST, SPANS) == pytest.approx(logistic(np.array([ODDS.log_odds(FIRST, SPANS)]))[0])


def test_without_weights_a_protein_is_a_cargo_as_often_as_any_other():
    assert CargoOdds().probability(FIRST, SPANS) == pytest.approx(CARGO_SHARE)


def test_the_order_of_candidates_does_not_matter():
    turned = np.array([3, 0, 4, 2, 1])
    assert ODDS.log_odds(FIRST[turned], [SPANS[i] for i in turned]) == pytest.approx(ODDS.log_odds(FIRST, SPANS))


def test_weights_are_stored_and_read():
    assert CargoOdds.from_json(ODDS.to_json()) == ODDS


@pytest.mark.parametrize(
    "stored", [{}, {"weights": [1.0], "intercept": 0.0}, {"weights": ["x", 1], "intercept": 0}, {"weights": [1.0, 2.0]}]
)
def test_half_a_model_is_refused(stored):
    with pytest.raises(ConfigurationError):
        CargoOdds.from_json(stored)
