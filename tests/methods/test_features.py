"""Features of residues and segments, and what reads them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods import tagger
from nesdb_annot.methods._segment_kernels import largest_sizes
from nesdb_annot.methods.biochemical import SHOWN, Biochemical
from nesdb_annot.methods.biochemical_features import feature_names, segment_features
from nesdb_annot.methods.descriptors import LETTER_FEATURES, SCALES, UNKNOWN, letter_indices
from nesdb_annot.methods.linear import LinearModel
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.tagger import (
    UNLABELLED_WEIGHT,
    Networks,
    Tagger,
    boundaries,
    residue_probabilities,
    segment_logits,
)
from nesdb_annot.methods.tagger_features import FEATURES, core_features, place_features, residue_features
from nesdb_annot.methods.trees import BoostedTrees
from nesdb_annot.records import MethodIdentity
from nesdb_annot.residues import ALPHABET, STANDARD_RESIDUES, ResidueSpan

from .conftest import scores_by

PROTEIN = "MGSSDEEKPTTQNSNELALKLAGLDINKTEPSGGSDDEKRKRHPLLIVAVLLGVFAILLIVRKSQQ"


def column(name):
    return feature_names().index(name)


def features(residues, *spans):
    return segment_features(residues, [ResidueSpan(*span) for span in spans])


def test_names_and_columns_agree():
    assert features(PROTEIN, (10, 25)).shape == (1, len(feature_names()))
    assert len(set(feature_names())) == len(feature_names())


def test_composition_is_that_of_the_segment():
    row = features("GGGGLLLLAADDGGGG", (5, 12))[0]
    assert row[column("segment L")] == 0.5
    assert row[column("segment A")] == row[column("segment acidic")] == 0.25
    assert row[column("segment charge")] == -0.25
    assert row[column("segment hydropathy")] == pytest.approx((4 * 3.8 + 2 * 1.8 - 2 * 3.5) / 8)
    assert row[column("length of segment")] == 8
    assert row[column("residues before")] == row[column("residues after")] == 4


def test_flanks_are_cut_at_the_ends():
    row = features("DDGGGGGGGGKK", (3, 10))[0]
    assert row[column("before 5 acidic")] == 1.0
    assert row[column("after 15 basic")] == 1.0
    whole = features("GGGGGGGGGG", (1, 10))[0]
    assert whole[column("before 30 hydrophobic")] == 0.0


def test_the_core_and_its_rivals():
    first = PROTEIN.index("LALKLAGLDI") + 1
    inside, outside = features(PROTEIN, (first - 2, first + 11), (1, 9))
    assert inside[column("core score")] > 0 > outside[column("core score")]
    assert inside[column("cores in segment")] >= 1
    assert inside[column("core rank")] < outside[column("core rank")]


def test_a_membrane_helix_shows():
    first = PROTEIN.index("LLIVAVLLGVF") + 1
    membrane, signal = features(PROTEIN, (first, first + 15), (14, 26))
    assert membrane[column("membrane hydropathy")] > 2 > signal[column("membrane hydropathy")]


@settings(max_examples=40)
@given(st.text(ALPHABET, min_size=1, max_size=60), st.data())
def test_features_are_finite_for_any_protein(residues, data):
    first = data.draw(st.integers(1, len(residues)))
    last = data.draw(st.integers(first, len(residues)))
    assert np.isfinite(features(residues, (first, last))).all()
    assert np.isfinite(residue_features(residues)).all()


def test_a_segment_s_features_do_not_depend_on_other_segments():
    together = features(PROTEIN, (1, 12), (14, 28), (40, 60))
    assert np.array_equal(together[1], features(PROTEIN, (14, 28))[0])


def test_letters():
    assert letter_indices(STANDARD_RESIDUES).tolist() == list(range(20))
    assert letter_indices("BOUXZ").tolist() == [UNKNOWN] * 5
    assert LETTER_FEATURES[UNKNOWN, :20].sum() == 0
    assert all(values[UNKNOWN] == pytest.approx(values[:20].mean()) for values in SCALES.values())
    assert (SCALES["charge"][letter_indices("DEKRH")] == [-1, -1, 1, 1, 0]).all()


def test_published_values():
    assert SCALES["hydropathy"][letter_indices("IRP")] == pytest.approx([4.5, -4.5, -1.6])
    assert SCALES["helix"][letter_indices("APG")] == pytest.approx([0.0, 3.16, 1.0])
    assert SCALES["disorder"][letter_indices("PW")] == pytest.approx([0.987, -0.884])
    assert SCALES["hydrophobicity"][letter_indices("WR")] == pytest.approx([2.25, -1.01])


def test_place_falls_off_from_both_ends():
    place = place_features(100)
    assert place.shape == (100, 7)
    assert place[0, 0] == place[99, 3] == 1.0
    assert (np.diff(place[:, 0]) <= 0).all()
    assert (np.diff(place[:, 3]) >= 0).all()


def test_cores_cover_their_residues():
    cores = core_features(PROTEIN)
    first = PROTEIN.index("LALKLAGLDI")
    assert (cores[first : first + 10, 0] > 0).all()
    phi = [first + offset for offset in (0, 4, 7, 9)]
    assert (cores[phi, 1] > 0).all()
    assert cores[:5].sum() == 0
    assert (cores[:, 1] <= cores[:, 0]).all()


@pytest.fixture
def weights():
    random = np.random.default_rng(5)
    width, members, dimension = 6, 2, 3
    shapes = {"input": (5 * (FEATURES + 4), width), "output": (width, 1), "bottleneck": (dimension, 4)}
    shapes |= {f"block{i}": (3 * width, width) for i in range(5)}
    arrays = {f"{n}.weight": random.normal(size=(members, *s)).astype(np.float32) * 0.2 for n, s in shapes.items()}
    arrays |= {f"{n}.bias": random.normal(size=(members, 1, s[1])).astype(np.float32) for n, s in shapes.items()}
    return arrays | {
        "embedding.mean": np.zeros(dimension, np.float32),
        "embedding.inverse_scale": np.ones(dimension, np.float32),
    }


def convolved_slowly(x, weight, bias, dilation):
    """Neighbours at each tap side by side, zero beyond the ends; ReLU."""
    taps = len(weight) // x.shape[1]
    reach = dilation * (taps // 2)
    padded = np.pad(x, ((reach, reach), (0, 0)))
    stacked = np.hstack([padded[dilation * tap : dilation * tap + len(x)] for tap in range(taps)])
    return np.maximum(stacked @ weight + bias, 0)


@pytest.mark.parametrize("copies", [1, 9])
def test_the_networks_are_their_layers_one_after_the_other(weights, copies):
    residues = PROTEIN * copies
    embedding = np.random.default_rng(1).normal(size=(len(residues), 3)).astype(np.float32)
    weights["embedding.mean"] += np.float32(0.4)
    weights["embedding.inverse_scale"] *= np.float32(1.7)
    expected = np.zeros(len(residues))
    for member in range(2):
        own = {name: array[member].astype(np.float64) for name, array in weights.items() if array.ndim == 3}
        narrow = (embedding - weights["embedding.mean"]) * weights["embedding.inverse_scale"]
        narrow = narrow @ own["bottleneck.weight"] + own["bottleneck.bias"]
        x = np.hstack([residue_features(residues), narrow])
        x = convolved_slowly(x, own["input.weight"], own["input.bias"], 1)
        for index, dilation in enumerate(tagger.DILATIONS):
            x = x + convolved_slowly(x, own[f"block{index}.weight"], own[f"block{index}.bias"], dilation)
        expected += (x @ own["output.weight"] + own["output.bias"])[:, 0] / 2
    np.testing.assert_allclose(Networks(weights).logits(residues, embedding), expected, rtol=2e-4, atol=2e-4)


def test_best_stretch_of_a_segment():
    logits = np.zeros(40, dtype=np.float32)
    logits[20:30] = 2.0
    means, firsts = segment_logits(logits, [ResidueSpan(15, 35), ResidueSpan(26, 38), ResidueSpan(29, 32)])
    assert means == pytest.approx([2.0, 1.0, 1.0])
    assert firsts.tolist() == [21, 26, 29]


def test_tagger_names_its_stretch(weights):
    embedding = np.zeros((len(PROTEIN), 3), dtype=np.float32)
    spans = [ResidueSpan(3, 20), ResidueSpan(30, 36)]
    context = ProteinContext("d", PROTEIN, embedding, spans, pool(embedding, spans))
    tagger = Tagger(MethodIdentity("tagger", 1, {"positive_weight": 1.5}), weights)
    for score, span in zip(scores_by(tagger, context), spans, strict=True):
        first, last = score.evidence["stretch"]
        assert span.first <= first <= last <= span.last
        assert span.first <= score.evidence["peak"] <= span.last
        assert np.isfinite(score.raw)
        begin, end = score.evidence["boundaries"]
        assert begin <= first <= last <= end
        logits = Networks(weights).logits(PROTEIN, embedding)
        assert score.evidence["peak_logit"] == pytest.approx(logits[score.evidence["peak"] - 1], abs=1e-3)
        told = ResidueSpan(min(span.first, begin), max(span.last, end))
        assert score.evidence["probabilities_from"] == told.first
        taught = 1 / (1 + np.exp(-logits[told.as_slice()]))
        odds = taught / (1 - taught) * UNLABELLED_WEIGHT / 1.5
        assert score.evidence["probabilities"] == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_the_weights_of_training_are_undone():
    """A network that learns with weights w and v gives w p / (w p + v q) for a share p of motifs and q of others."""
    share = np.array([0.03, 0.5, 0.9])
    taught = 1.5 * share / (1.5 * share + UNLABELLED_WEIGHT * (1 - share))
    logits = np.log(taught / (1 - taught)).astype(np.float32)
    assert residue_probabilities(logits, 1.5) == pytest.approx(share, rel=1e-5)


@pytest.mark.parametrize(
    ("probability", "stretch", "expected"),
    [
        ([0.1, 0.6, 0.3, 0.6, 0.2], (4, 4), (2, 4)),
        ([0.5] * 8, (3, 4), (1, 8)),
        ([0.0] * 4 + [0.9] + [0.0] * 4, (5, 5), (5, 5)),
        ([0.7] * 60, (30, 39), (15, 39)),
        ([0.1] * 20 + [0.7] * 40, (30, 39), (21, 45)),
    ],
)
def test_a_motif_ends_where_probability_halves(probability, stretch, expected):
    found = boundaries(np.array(probability, dtype=np.float32), ResidueSpan(*stretch))
    assert (found.first, found.last) == expected


def stump(feature, threshold, low, high):
    """One tree with one split."""
    arrays = {
        "feature": np.array([[feature, -1, -1]]),
        "threshold": np.array([[threshold, 0, 0]]),
        "left": np.array([[1, 1, 2]]),
        "right": np.array([[2, 1, 2]]),
        "value": np.array([[(low + high) / 2, low, high]]),
        "baseline": np.array([0.25]),
    }
    return BoostedTrees.from_arrays(arrays)


def test_one_split_by_hand():
    trees = stump(1, 0.5, -1.0, 3.0)
    rows = np.array([[9.0, 0.5], [9.0, 0.51]])
    assert trees.depth == 1
    assert trees.logits(rows).tolist() == [-0.75, 3.25]
    assert trees.contributions(rows).tolist() == [[0.0, -2.0], [0.0, 2.0]]


def test_biochemical_says_why():
    weight = np.zeros(len(feature_names()))
    weight[column("segment L")] = 2.0
    linear = LinearModel(np.full(len(weight), 0.1), np.ones(len(weight)), weight, -0.5)
    method = Biochemical(MethodIdentity("biochemical", 1), stump(column("segment L"), 0.2, -1.0, 1.0), linear)
    embedding = np.zeros((len(PROTEIN), 1), dtype=np.float32)
    spans = [ResidueSpan(14, 26), ResidueSpan(1, 10)]
    scores = scores_by(method, ProteinContext("d", PROTEIN, embedding, spans, pool(embedding, spans)))
    by_trees, by_line = [1.25, -0.75], [2 * (4 / 13 - 0.1) - 0.5, 2 * (0.0 - 0.1) - 0.5]
    assert [score.raw for score in scores] == pytest.approx(np.mean([by_trees, by_line], axis=0))
    contributions = scores[0].evidence["contributions"]
    assert len(contributions) == SHOWN
    added = pytest.approx((1.0 + 2 * (4 / 13 - 0.1)) / 2, abs=1e-3)
    assert contributions[0] == {"feature": "segment L", "value": pytest.approx(4 / 13, abs=1e-3), "log_odds": added}
    assert scores_by(method, ProteinContext("d", PROTEIN, embedding, [], pool(embedding, []))) == []


def test_base_shown_contributions_and_their_rest_add_up_to_the_score():
    draw = np.random.default_rng(5)
    weight = draw.normal(size=len(feature_names()))
    linear = LinearModel(np.zeros(len(weight)), np.ones(len(weight)), weight, -0.51234)
    method = Biochemical(MethodIdentity("biochemical", 1), stump(column("segment L"), 0.2, -1.0, 1.0), linear)
    spans = [ResidueSpan(n, n + 12) for n in range(1, 40, 3)]
    embedding = np.zeros((len(PROTEIN), 1), dtype=np.float32)
    for score in scores_by(method, ProteinContext("d", PROTEIN, embedding, spans, pool(embedding, spans))):
        told = score.evidence
        shown = sum(one["log_odds"] for one in told["contributions"])
        assert told["base"] + shown + told["rest"] == pytest.approx(round(score.raw, 3), abs=1e-9)
        assert told["base"] == pytest.approx((0.25 - 0.51234) / 2, abs=5e-4)
        assert abs(told["rest"]) > 0.01
        assert all(type(told[name]) is float for name in ("base", "rest")), "as JSON has them"


@given(st.lists(st.sampled_from([0.0, 0.5, -0.5, 1.0, -2.0, 3.0]), max_size=12), st.integers(1, 6))
def test_largest_sizes(values, count):
    values = np.array(values)
    assert largest_sizes(values, count).tolist() == np.argsort(-abs(values), kind="stable")[:count].tolist()
