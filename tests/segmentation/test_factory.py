"""Segmenters by name."""

import numpy as np
import pytest

from nesdb_annot.errors import UsageError
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.factory import ALGORITHMS, make_segmenter


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_name_gives_its_algorithm(name):
    segmenter = make_segmenter(name)
    assert segmenter.identity.algorithm == name
    spans = segmenter.spans("A" * 70, np.random.default_rng(0).normal(size=(70, 4)).astype(np.float32))
    assert spans == sorted(spans)
    assert spans[-1].last <= 70


def test_parameters_reach_the_algorithm():
    assert make_segmenter("zps", breakpoints=10.0).identity.parameters["breakpoints"] == 10.0
    assert make_segmenter("bounded", cost="cosine").identity.parameters["cost"] == "cosine"
    lattice = make_segmenter("lattice", lambda residues: [ResidueSpan(30, 39)], anchors_digest="abc", density=0.2)
    assert lattice.identity.parameters["anchors_digest"] == "abc"
    assert ResidueSpan(30, 39) in lattice.spans("A" * 70, np.zeros((70, 2), dtype=np.float32))


@pytest.mark.parametrize(("typed", "meant"), [("latice", "lattice"), ("bound", "bounded"), ("zsp", "zps")])
def test_a_misspelt_name_gets_a_hint(typed, meant):
    with pytest.raises(UsageError) as raised:
        make_segmenter(typed)
    assert f"did you mean '{meant}'?" in str(raised.value)
    assert raised.value.exit_code == 2


def test_an_unknown_name_lists_the_known():
    with pytest.raises(UsageError) as raised:
        make_segmenter("wavelets")
    assert all(name in raised.value.remedy for name in ALGORITHMS)


@pytest.mark.parametrize("wrong", [{"minimun": 8}, {"minimum": 20}])
def test_wrong_parameters_are_the_users_to_mend(wrong):
    with pytest.raises(UsageError, match="cannot be set up"):
        make_segmenter("bounded", **wrong)
