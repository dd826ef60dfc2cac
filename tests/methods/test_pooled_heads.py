"""Head sets with other heads that read stored vectors: they share the selector, and nothing else can be replaced."""

import dataclasses

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import PlattCalibration
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooled_heads import AddedProtein, replace_pooled_heads
from nesdb_annot.methods.scoring import METHODS, SELECTING, build_methods, selector_digest
from nesdb_annot.relation import Relation
from nesdb_annot.workflow.heads import bundled_head_set


@pytest.fixture(scope="module")
def base():
    return HeadSet.from_bytes(bundled_head_set())


def shifted(head_set, name="similarity/vectors"):
    return {name: (head_set.arrays[name] + 1).astype(head_set.arrays[name].dtype)}


def test_other_pooled_heads_share_the_selector(base):
    added = AddedProtein("f" * 64, "Q00000", "MSLDQLKELEAAQIEKLAKELGLDPE")
    other = replace_pooled_heads(base, shifted(base), [added], references="a" * 64)
    assert other.digest != base.digest
    assert selector_digest(other) == selector_digest(base)
    assert other.training_digests == (*base.training_digests, "f" * 64)
    assert selector_digest(HeadSet.from_bytes(other.to_bytes())) == selector_digest(base)
    relation = other.training_proteins.relation("e" * 64, added.residues + "GG")
    assert (relation.relation, relation.accession) == (Relation.RELATED, "Q00000")


def test_methods_of_the_selector_keep_their_identities(base):
    other = replace_pooled_heads(base, shifted(base))
    before, after = (build_methods(heads).identities for heads in (base, other))
    same = [name for name, one, two in zip(METHODS, before, after, strict=False) if one == two]
    assert same == list(SELECTING)


@pytest.mark.parametrize("name", ["tagger/input.weight", "biochemical/value", "similarity/nonsense"])
def test_only_weights_of_pooled_heads_are_replaced(base, name):
    with pytest.raises(ConfigurationError, match="cannot be replaced"):
        replace_pooled_heads(base, {name: np.zeros(3, dtype=np.float32)})


@pytest.mark.parametrize("name", ["combined", "selector", "tagger"])
def test_only_calibrations_of_pooled_heads_are_replaced(base, name):
    other = PlattCalibration(2.0, -1.0)
    assert replace_pooled_heads(base, {}, calibrations={"neural": other}).calibrations["neural"] == other
    with pytest.raises(ConfigurationError, match=f"calibration of {name}"):
        replace_pooled_heads(base, {}, calibrations={name: other})


def test_references_of_pooled_heads_are_kept_by_method(base):
    once = replace_pooled_heads(base, shifted(base), references="a" * 64)
    again = HeadSet.from_bytes(once.to_bytes())
    assert again.references_digest == base.references_digest, "tagger, trees and combination know no others"
    assert [again.references_of(name) for name in ("similarity", "neural")] == ["a" * 64, base.references_digest]
    twice = replace_pooled_heads(again, shifted(again, "neural/mean"), references="b" * 64)
    assert [twice.references_of(name) for name in ("similarity", "neural")] == ["a" * 64, "b" * 64]


def changes_of_the_selector(base):
    """Name of a part -> the head set with another such part."""
    arrays = {name: base.arrays[name] + 1 for name in ("tagger/output.bias", "biochemical/value")}
    numbers = {**base.parameters["selector"], "intercept": 9.0}
    return {
        **{name: {"arrays": {**base.arrays, name: array}} for name, array in arrays.items()},
        "ranking": {"parameters": {**base.parameters, "selector": numbers}},
        "odds": {"parameters": {**base.parameters, "cargo": {"weights": [0.0, 0.0], "intercept": 0.0}}},
        "settings": {"parameters": {**base.parameters, "tagger": {"positive_weight": 9.0}}},
        "pooling": {"parameters": {**base.parameters, "similarity": {"pooling": "mean"}}},
        "calibration": {"calibrations": {**base.calibrations, "consensus": PlattCalibration(2.0, -1.0)}},
        "last": {"calibrations": {**base.calibrations, "selector": PlattCalibration(2.0, -1.0)}},
        "cut": {"segmentation": dataclasses.replace(base.segmentation, version=99)},
        "model": {"language_model": dataclasses.replace(base.language_model, layer=9)},
    }


def test_every_part_of_the_selector_is_in_its_digest(base):
    changed = [dataclasses.replace(base, **change) for change in changes_of_the_selector(base).values()]
    assert len({selector_digest(base), *map(selector_digest, changed)}) == len(changed) + 1


def test_what_the_selector_does_not_read_is_not_in_its_digest(base):
    combined = {**base.parameters["combined"], "intercept": 9.0}
    for change in (
        {"parameters": {**base.parameters, "combined": combined}},
        {"calibrations": {**base.calibrations, "combined": PlattCalibration(2.0, -1.0)}},
        {"seed": 99},
        {"training_digests": ()},
    ):
        assert selector_digest(dataclasses.replace(base, **change)) == selector_digest(base)
