"""Derived head sets: the root can be had back, only pooled heads differ, and bytes keep all of it."""

import dataclasses

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import PlattCalibration
from nesdb_annot.methods.derived import (
    DERIVED,
    derive,
    is_derived,
    pooled_references_digest,
    replaced_methods,
    root_digest,
    root_of,
)
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.workflow.heads import bundled_head_set


@pytest.fixture(scope="module")
def root():
    return HeadSet.from_bytes(bundled_head_set())


def shifted(head_set, name="similarity/vectors"):
    return {name: (head_set.arrays[name] + 1).astype(head_set.arrays[name].dtype)}


def test_a_root_is_its_own(root):
    assert not is_derived(root)
    assert root_of(root) is root
    assert root_digest(root) == root.digest
    assert replaced_methods(root) == frozenset()


def test_the_root_of_a_derived_head_set_is_the_root(root):
    derived = derive(root, shifted(root), ("f" * 64,))
    assert is_derived(derived)
    assert derived.digest != root.digest
    assert root_digest(derived) == root.digest
    assert root_of(derived).digest == root.digest
    assert replaced_methods(derived) == {"similarity"}
    assert derived.training_digests[-1] == "f" * 64
    again = HeadSet.from_bytes(derived.to_bytes())
    assert again.digest == derived.digest
    assert root_of(again).digest == root.digest


def test_what_is_derived_twice_has_the_first_root(root):
    once = derive(root, shifted(root), ("f" * 64,))
    name = next(name for name in root.arrays if name.startswith("neural/"))
    twice = derive(once, shifted(once, name), ("e" * 64,))
    assert root_digest(twice) == root.digest
    assert replaced_methods(twice) == {"similarity", "neural"}
    assert twice.training_digests[-2:] == ("f" * 64, "e" * 64)
    assert np.array_equal(twice.arrays["similarity/vectors"], once.arrays["similarity/vectors"])
    back = derive(twice, {n: root.arrays[n] for n in ("similarity/vectors", name)})
    assert replaced_methods(back) == frozenset()


@pytest.mark.parametrize("name", ["tagger/input.weight", "biochemical/value", "similarity/nonsense"])
def test_only_weights_of_pooled_heads_are_replaced(root, name):
    with pytest.raises(ConfigurationError, match="cannot be replaced"):
        derive(root, {name: np.zeros(3, dtype=np.float32)})


def test_a_damaged_root_is_noticed(root):
    derived = derive(root, shifted(root))
    name = next(name for name in derived.arrays if name.startswith("root/"))
    damaged = dataclasses.replace(derived, arrays={**derived.arrays, name: derived.arrays[name] * 0})
    with pytest.raises(ConfigurationError, match="damaged"):
        root_of(damaged)


def test_calibrations_of_pooled_heads_may_change_and_the_root_keeps_its_own(root):
    other = PlattCalibration(2.0, -1.0)
    derived = derive(root, shifted(root), calibrations={"neural": other})
    again = HeadSet.from_bytes(derived.to_bytes())
    assert again.calibrations["neural"] == other
    assert root_of(again).digest == root.digest
    assert root_of(again).calibrations["neural"] == root.calibrations["neural"]
    twice = derive(again, {}, calibrations={"neural": PlattCalibration(3.0, 0.0)})
    assert root_of(twice).digest == root.digest
    with pytest.raises(ConfigurationError, match="calibration of combined"):
        derive(root, {}, calibrations={"combined": other})


def test_references_that_pooled_heads_were_told_of_are_kept_beside_those_of_the_root(root):
    assert pooled_references_digest(root) == root.references_digest
    once = derive(root, shifted(root), references="a" * 64)
    again = HeadSet.from_bytes(once.to_bytes())
    assert again.references_digest == root.references_digest, "tagger, trees and combination know no others"
    assert pooled_references_digest(again) == "a" * 64
    assert pooled_references_digest(again, "neural") == root.references_digest
    assert root_of(again).digest == root_digest(again) == root.digest
    assert pooled_references_digest(root_of(again)) == root.references_digest


def test_each_pooled_head_keeps_the_references_that_it_was_told_of_last(root):
    name = next(name for name in root.arrays if name.startswith("neural/"))
    both = derive(root, shifted(root) | shifted(root, name), references="a" * 64)
    refreshed = derive(both, shifted(both), references="b" * 64)
    known = [pooled_references_digest(refreshed, method) for method in ("similarity", "neural")]
    assert known == ["b" * 64, "a" * 64]
    assert pooled_references_digest(derive(refreshed, {})) == "b" * 64
    assert root_of(refreshed).digest == root.digest


def test_a_head_set_that_was_derived_before_references_were_kept_is_read_and_knows_the_roots(root):
    old = derive(root, shifted(root))
    assert "references" not in old.parameters[DERIVED]
    again = HeadSet.from_bytes(old.to_bytes())
    assert pooled_references_digest(again) == root.references_digest
    assert root_of(derive(again, shifted(again), references="b" * 64)).digest == root.digest
