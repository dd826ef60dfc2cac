"""Derived head sets: the root can be had back, only pooled heads differ, and bytes keep all of it."""

import dataclasses

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import PlattCalibration
from nesdb_annot.methods.derived import (
    derive,
    is_derived,
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
