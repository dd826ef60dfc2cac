import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import (
    IsotonicCalibration,
    PlattCalibration,
    calibration_from_json,
    logistic,
    logit,
    shift_prior,
)

PROBABILITY = st.floats(0.001, 0.999)


@given(st.floats(-700, 700))
def test_logistic_is_stable(value):
    outcome = float(logistic(np.array(value)))
    assert 0 <= outcome <= 1
    assert outcome == pytest.approx(1 - float(logistic(np.array(-value))))


@given(PROBABILITY)
def test_logit_inverts(probability):
    assert float(logistic(logit(np.array(probability)))) == pytest.approx(probability)


@given(PROBABILITY, PROBABILITY, PROBABILITY)
def test_shifting_there_and_back(probability, a, b):
    there = shift_prior(np.array([probability]), a, b)
    assert float(shift_prior(there, b, a)[0]) == pytest.approx(probability, rel=1e-2)


def test_shifting_is_bayes_rule():
    likelihoods = (0.8, 0.1)  # of the evidence, with and without a motif

    def posterior(prior):
        return prior * likelihoods[0] / (prior * likelihoods[0] + (1 - prior) * likelihoods[1])

    assert shift_prior(np.array([posterior(0.2)]), 0.2, 0.01)[0] == pytest.approx(posterior(0.01))


def test_a_rarer_motif_is_less_probable_and_the_order_stays():
    given_ = np.array([0.1, 0.5, 0.9])
    shifted = shift_prior(given_, 0.05, 0.005)
    assert (shifted < given_).all()
    assert (np.diff(shifted) > 0).all()


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.5), (0.5, 1.0), (-1, 0.5)])
def test_priors_lie_between_0_and_1(a, b):
    with pytest.raises(ValueError, match="priors"):
        shift_prior(np.array([0.5]), a, b)


CALIBRATIONS = [PlattCalibration(0.7, -1.25), IsotonicCalibration((-1.0, 0.0, 2.5), (0.0, 0.2, 0.9))]


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrations_are_stored_as_numbers(calibration):
    assert calibration_from_json(calibration.to_json()) == calibration


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrations_rise_and_never_say_never(calibration):
    probability = calibration.apply(np.linspace(-50, 50, 300))
    assert (np.diff(probability) >= 0).all()
    assert probability.min() > 0
    assert probability.max() < 1


def test_isotonic_interpolates():
    assert CALIBRATIONS[1].apply(np.array([1.25])) == pytest.approx([0.55])


@pytest.mark.parametrize(
    ("raw", "probability"), [((), ()), ((1.0, 0.0), (0.1, 0.2)), ((0.0, 1.0), (0.2, 0.1)), ((0.0,), (0.1, 0.2))]
)
def test_knots_out_of_order(raw, probability):
    with pytest.raises(ValueError, match="isotonic"):
        IsotonicCalibration(raw, probability)


@pytest.mark.parametrize(
    "stored", [{}, {"kind": "magic"}, {"kind": "platt", "slope": 1}, {"kind": "isotonic", "raw": 3}]
)
def test_what_is_no_calibration(stored):
    with pytest.raises(ConfigurationError):
        calibration_from_json(stored)
