"""Segmenters by name."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import UsageError
from nesdb_annot.records import SegmentationIdentity
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.factory import VARIANTS, make_segmenter, variant_of
from nesdb_annot.segmentation.zps import ZeroShot
from nesdb_annot.settings import SEGMENTATIONS, Settings


@pytest.mark.parametrize("name", VARIANTS)
def test_each_name_gives_its_algorithm(name):
    segmenter = make_segmenter(name)
    algorithm, own = VARIANTS[name]
    assert segmenter.identity.algorithm == algorithm
    assert own.items() <= segmenter.identity.parameters.items()
    assert variant_of(segmenter.identity) == name
    spans = segmenter.spans("A" * 70, np.random.default_rng(0).normal(size=(70, 4)).astype(np.float32))
    assert spans == sorted(spans)
    assert spans[-1].last <= 70


def test_the_setting_takes_what_the_factory_knows():
    assert tuple(VARIANTS) == SEGMENTATIONS
    assert Settings().segmentation == SEGMENTATIONS[0]
    assert len({make_segmenter(name).identity.digest for name in VARIANTS}) == len(VARIANTS)


def test_the_names_stand_for_what_was_published():
    assert make_segmenter("zps") == ZeroShot() == ZeroShot(breakpoints=3.0)
    assert make_segmenter("zps10") == ZeroShot(breakpoints=10.0)
    assert make_segmenter("bounded") == Bounded() == Bounded(cost="squared")
    assert make_segmenter("bounded-cosine") == Bounded(cost="cosine")


def test_what_training_chooses_makes_no_other_variant():
    assert variant_of(Bounded(penalty=3.0).identity) == "bounded"
    assert variant_of(make_segmenter("bounded-cosine", penalty=0.0).identity) == "bounded-cosine"
    assert variant_of(replace(Bounded().identity, version=0)) == "bounded"


def test_what_no_setting_asks_for_has_no_name_of_a_setting():
    identities = [ZeroShot(breakpoints=5.0).identity, SegmentationIdentity("bounded", 1), SegmentationIdentity("x", 1)]
    assert not {variant_of(identity) for identity in identities} & VARIANTS.keys()
    assert variant_of(identities[0]) == "zps (own parameters)"


def test_parameters_reach_the_algorithm():
    assert make_segmenter("zps", breakpoints=10.0).identity.parameters["breakpoints"] == 10.0
    assert make_segmenter("bounded", cost="cosine").identity.parameters["cost"] == "cosine"
    lattice = make_segmenter("lattice", lambda residues: [ResidueSpan(30, 39)], anchors_digest="abc", density=0.2)
    assert lattice.identity.parameters["anchors_digest"] == "abc"
    assert ResidueSpan(30, 39) in lattice.spans("A" * 70, np.zeros((70, 2), dtype=np.float32))


MISSPELT = [("latice", "lattice"), ("bound", "bounded"), ("zsp", "zps"), ("bounded_cosine", "bounded-cosine")]


@pytest.mark.parametrize(("typed", "meant"), MISSPELT)
def test_a_misspelt_name_gets_a_hint(typed, meant):
    with pytest.raises(UsageError) as raised:
        make_segmenter(typed)
    assert f"did you mean '{meant}'?" in str(raised.value)
    assert raised.value.exit_code == 2


def test_an_unknown_name_lists_the_known():
    with pytest.raises(UsageError) as raised:
        make_segmenter("wavelets")
    assert all(name in raised.value.remedy for name in VARIANTS)


@pytest.mark.parametrize("wrong", [{"minimun": 8}, {"minimum": 20}])
def test_wrong_parameters_are_the_users_to_mend(wrong):
    with pytest.raises(UsageError, match="cannot be set up"):
        make_segmenter("bounded", **wrong)
