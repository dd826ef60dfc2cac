import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from nesdb_annot.errors import ConfigurationError, UsageError
from nesdb_annot.methods.calibration import PlattCalibration
from nesdb_annot.methods.headset import HeadSet, OperatingPoint
from nesdb_annot.methods.relatives import sketch_arrays
from nesdb_annot.records import LanguageModelIdentity, SegmentationIdentity
from nesdb_annot.relation import Relation

MODEL = LanguageModelIdentity("made-up", 1, 4, "0" * 64, "none")
SEGMENTATION = SegmentationIdentity("windows", 1, {"width": 14})


@pytest.fixture
def head_set():
    return HeadSet(
        language_model=MODEL,
        segmentation=SEGMENTATION,
        references_digest="a" * 64,
        seed=17,
        training_digests=("b" * 64, "c" * 64),
        prior=0.05,
        arrays={"neural/mean": np.arange(4, dtype=np.float16), "similarity/owner": np.array([1, 0], dtype=np.int32)},
        parameters={"neural": {"hidden": [8, 4]}},
        calibrations={"neural": PlattCalibration(0.1, 1 / 3), "tagger": PlattCalibration(2.0, 0.0)},
        operating_points=(
            OperatingPoint("strict", None, "precision", why="0.41 at best"),
            OperatingPoint("balanced", 0.3, "F1", 0.4, 0.5),
        ),
        report={"cargoes": 2},
    )


def test_bytes_and_back(head_set):
    stored = HeadSet.from_bytes(head_set.to_bytes())
    assert stored.digest == head_set.digest
    assert stored.to_bytes() == head_set.to_bytes()
    for field in ("language_model", "segmentation", "training_digests", "prior", "calibrations", "operating_points"):
        assert getattr(stored, field) == getattr(head_set, field)
    for name, array in head_set.arrays.items():
        assert stored.arrays[name].dtype == array.dtype
        assert np.array_equal(stored.arrays[name], array)


@pytest.mark.parametrize(
    "change",
    [
        {"prior": 0.06},
        {"seed": 18},
        {"references_digest": "d" * 64},
        {"motif": "NLS"},
        {"training_accessions": ("P1", "P2")},
        {"calibrations": {"neural": PlattCalibration(0.1, 0.3)}},
        {"arrays": {"neural/mean": np.arange(4, dtype=np.float32)}},
        {"arrays": {"neural/mean": np.array([0, 1, 2, 4], dtype=np.float16)}},
        {"language_model": replace(MODEL, layer=2)},
    ],
)
def test_the_digest_covers_everything_that_scores(head_set, change):
    assert replace(head_set, **change).digest != head_set.digest


def test_the_digest_leaves_out_the_report_and_the_order_of_arrays(head_set):
    assert replace(head_set, report={}).digest == head_set.digest
    turned = dict(reversed(list(head_set.arrays.items())))
    assert replace(head_set, arrays=turned).digest == head_set.digest


def test_operating_points_by_name(head_set):
    assert head_set.operating_point("balanced").threshold == 0.3
    assert head_set.operating_point("strict").threshold is None
    with pytest.raises(UsageError, match="no operating point 'sensible'") as raised:
        head_set.operating_point("sensible")
    assert "strict, balanced" in str(raised.value)


def test_another_model_or_segmentation_is_refused(head_set):
    head_set.check_fits(MODEL, SEGMENTATION)
    with pytest.raises(ConfigurationError, match="another language model") as raised:
        head_set.check_fits(replace(MODEL, weights_sha256="1" * 64), SEGMENTATION)
    assert "nesannot train" in str(raised.value)
    with pytest.raises(ConfigurationError, match="another segmentation"):
        head_set.check_fits(MODEL, replace(SEGMENTATION, version=2))


@pytest.mark.parametrize("blob", [b"", b"\x00" * 7, b"MZ" * 400, b"\xff" * 64, save({"a": np.zeros(1)})])
def test_what_is_no_head_set(blob):
    with pytest.raises(ConfigurationError, match="no head set"):
        HeadSet.from_bytes(blob)


def test_truncated(head_set):
    with pytest.raises(ConfigurationError, match="damaged"):
        HeadSet.from_bytes(head_set.to_bytes()[:-3])


def altered(head_set, **facts):
    stored = {**json.loads(json.dumps(head_set._facts())), **facts}
    return save(dict(head_set.arrays), metadata={"nesannot_head_set": json.dumps(stored)})


def test_another_format(head_set):
    with pytest.raises(ConfigurationError, match="format 99"):
        HeadSet.from_bytes(altered(head_set, format=99))


@pytest.mark.parametrize(
    "facts",
    [
        {"language_model": {"name": "x"}},
        {"operating_points": [{}]},
        {"calibrations": {"neural": {"kind": "magic"}}},
        {"training_digests": None},
    ],
)
def test_facts_that_do_not_fit(head_set, facts):
    with pytest.raises(ConfigurationError):
        HeadSet.from_bytes(altered(head_set, **facts))


def test_numbers_that_are_not_finite(head_set):
    broken = replace(head_set, arrays={"neural/mean": np.array([0, np.nan], dtype=np.float16)})
    with pytest.raises(ConfigurationError, match="damaged"):
        HeadSet.from_bytes(broken.to_bytes())


def test_training_proteins_are_recognised_after_a_round_trip(head_set):
    residues = ["MSLDQLKELEAAQIEKLAKELGLDPEKVAEAARRLGVTPEE" * 3, "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ" * 3]
    arrays = {**head_set.arrays, **sketch_arrays(residues)}
    named = replace(head_set, arrays=arrays, training_accessions=("P1", "P2"))
    stored = HeadSet.from_bytes(named.to_bytes())
    assert stored.digest == named.digest
    assert stored.training_proteins.relation("c" * 64, "").relation is Relation.SAME
    found = stored.training_proteins.relation("d" * 64, residues[1][:60])
    assert (found.relation, found.accession) == (Relation.RELATED, "P2")


def test_training_proteins_without_sketches_are_refused(head_set):
    with pytest.raises(ConfigurationError, match="cannot recognise relatives") as raised:
        assert head_set.training_proteins
    assert raised.value.remedy == "nesannot train"
