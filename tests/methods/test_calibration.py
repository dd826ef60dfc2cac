import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import (
    PlattCalibration,
    calibration_from_json,
    logistic,
    logit,
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


CALIBRATIONS = [PlattCalibration(0.7, -1.25)]


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrations_are_stored_as_numbers(calibration):
    assert calibration_from_json(calibration.to_json()) == calibration


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrations_rise_and_never_say_never(calibration):
    probability = calibration.apply(np.linspace(-50, 50, 300))
    assert (np.diff(probability) >= 0).all()
    assert probability.min() > 0
    assert probability.max() < 1


@pytest.mark.parametrize(
    "stored", [{}, {"kind": "magic"}, {"kind": "platt", "slope": 1}]
)
def test_what_is_no_calibration(stored):
    with pytest.raises(ConfigurationError):
        calibration_from_json(stored)
