"""Only the candidates over an operating point: one that is not available says why, and which others are."""

from types import SimpleNamespace

import pytest

from nesdb_annot.errors import ConfigurationError, UsageError
from nesdb_annot.methods.headset import HeadSet, OperatingPoint
from nesdb_annot.workflow.rank import _threshold

WHY = "every threshold leaves more than 1 candidate per 10,000 residues of motif-free proteins"


def heads_with(**thresholds):
    """Stands for a head set: operating points are all that is asked for."""
    points = [OperatingPoint(n, t, "rule", why="" if t is not None else WHY) for n, t in thresholds.items()]
    own = SimpleNamespace(operating_points=tuple(points))
    own.operating_point = lambda name: HeadSet.operating_point(own, name)
    return own


def test_without_a_point_everything_is_listed_and_with_one_what_is_over_it():
    heads = heads_with(strict=0.4, balanced=0.0)
    assert _threshold(heads, None) == 0.0
    assert _threshold(heads, "strict") == 0.4
    assert _threshold(heads, "balanced") == 0.0


@pytest.mark.parametrize(
    ("others", "remedy"),
    [
        ({"balanced": None, "sensitive": 0.1}, "--point sensitive"),
        ({"balanced": 0.0, "sensitive": 0.1}, "--point balanced or --point sensitive"),
        ({"balanced": None, "sensitive": None}, "leave --point away: none of this head set is available"),
    ],
)
def test_a_point_that_is_not_available_says_why_and_names_those_that_are(others, remedy):
    with pytest.raises(ConfigurationError, match="the operating point strict is not available") as raised:
        _threshold(heads_with(strict=None, **others), "strict")
    assert (raised.value.why, raised.value.remedy) == (WHY, remedy)


def test_a_point_that_does_not_exist_is_told_from_those_that_do():
    with pytest.raises(UsageError, match="no operating point 'loose'") as raised:
        _threshold(heads_with(strict=0.4, balanced=None), "loose")
    assert raised.value.why == "the head set has: strict, balanced"
