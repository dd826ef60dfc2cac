"""Each trained method: the numpy forward pass is that of the library that trained it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from nesdb_annot.learning.biochemical import BoostingSettings, exported, fit_trees
from nesdb_annot.learning.linear import LinearSettings, fit_linear
from nesdb_annot.learning.neural import NeuralSettings, SegmentRows, _Perceptron, fit_neural
from nesdb_annot.learning.neural import _exported as exported_perceptron
from nesdb_annot.learning.tagger import (
    TaggerExample,
    TaggerSettings,
    _exported,
    _Network,
    fit_member,
    residue_labels,
)
from nesdb_annot.learning.tagger_ensemble import fit_members, stacked
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.calibration import logistic
from nesdb_annot.methods.linear import CLIP, LinearModel, standardised
from nesdb_annot.methods.neural import member_logits
from nesdb_annot.methods.tagger import Networks
from nesdb_annot.methods.tagger_features import residue_features
from nesdb_annot.methods.trees import BoostedTrees
from nesdb_annot.residues import ResidueSpan

RESIDUES = "MKTAYIAKQRELALKLAGLDINKTEPSGGSDDEELLKKLVVNNQQPPRSTAWFYHC" * 2


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("dimension", [0, 6])
def test_tagger_runs_as_torch_trained_it(kernel, dimension):
    settings = TaggerSettings(channels=8, kernel=kernel, bottleneck=4)
    network = _Network(settings, dimension, torch.Generator().manual_seed(1)).eval()
    network.settings = TaggerSettings(channels=8, kernel=kernel, bottleneck=4, dropout=0.0, embedding_dropout=0.0)
    embedding = np.random.default_rng(0).normal(size=(len(RESIDUES), dimension)).astype(np.float32)
    arrays = {name: array[None] for name, array in _exported(network.state_dict()).items()}
    if dimension:
        arrays |= {
            "embedding.mean": np.zeros(dimension, np.float32),
            "embedding.inverse_scale": np.ones(dimension, np.float32),
        }
    with torch.no_grad():
        letters = torch.from_numpy(residue_features(RESIDUES).T[None])
        expected = network(letters, torch.from_numpy(embedding.T[None]))[0].numpy()
    assert Networks(arrays).logits(RESIDUES, embedding) == pytest.approx(expected, abs=1e-4)


def example(seed):
    random = np.random.default_rng(seed)
    head, tail = ("".join(random.choice(list("ADEGKNPQRST"), n)) for n in random.integers(30, 60, 2))
    residues = head + "ELALKLAGLDI" + tail
    target, weight = residue_labels(len(residues), Truth((ResidueSpan(len(head) + 1, len(head) + 11),)))
    return TaggerExample(residues, np.zeros((len(residues), 0), np.float32), target, weight)


def test_tagger_learns_and_repeats():
    settings = TaggerSettings(members=2, channels=8, epochs=6, crop=64, batch=4, learning_rate=0.01)
    examples = [example(seed) for seed in range(16)]
    arrays, curves = stacked(fit_members(examples, settings, 5, None, range(2)))
    again, _ = fit_member(examples, settings, seed=6)
    assert len(curves) == 2
    assert all(curve[-1] < 0.7 * curve[0] for curve in curves)
    assert np.array_equal(arrays["input.weight"][1], again["input.weight"])
    assert not np.array_equal(arrays["input.weight"][0], arrays["input.weight"][1])
    unseen = example(99)
    logits = Networks(arrays).logits(unseen.residues, unseen.embedding)
    assert logits[unseen.target > 0].mean() > logits[unseen.target == 0].mean() + 1


def test_each_member_stops_where_families_it_was_not_taught_are_fitted_best():
    settings = TaggerSettings(members=3, channels=8, epochs=5, crop=64, batch=4, learning_rate=0.01, bottleneck=0)
    examples, groups = [example(seed) for seed in range(12)], [i % 2 for i in range(12)]
    arrays, curves = stacked(fit_members(examples, settings, 5, groups, range(3)))
    held, taught = [examples[i] for i in range(0, 12, 2)], [examples[i] for i in range(1, 12, 2)]
    alone, losses = fit_member(taught, settings, seed=5, held=held)
    assert losses == curves[0]
    assert len(curves) == 3
    assert np.array_equal(arrays["input.weight"][0], alone["input.weight"])
    stopped, _ = fit_member(taught, settings, seed=5, held=[twisted(e) for e in held])
    assert not np.array_equal(stopped["input.weight"], alone["input.weight"])


def twisted(own):
    """The same protein with its labels the other way round: each epoch fits it worse than the one before."""
    return replace(own, target=1 - own.target)


def test_labels_soften_edges_and_ignore_the_unknown():
    target, weight = residue_labels(30, Truth((ResidueSpan(5, 12),), (ResidueSpan(10, 20),)), weight=0.5)
    assert target[3:12] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 1, 1, 2 / 3, 1 / 3])
    assert weight[:4].tolist() == [0.5] * 4
    assert weight[4:12].tolist() == [1.0] * 8  # what is known counts, also where something else is doubted
    assert weight[12:20].tolist() == [0.0] * 8
    assert target[12:].sum() == 0


@pytest.fixture
def rows():
    random = np.random.default_rng(3)
    pooled = random.normal(size=(600, 5)).astype(np.float32) * [1, 10, 1, 1, 0.1] + [0, 50, 0, 0, 0]
    positive = pooled[:, 0] + (pooled[:, 1] - 50) / 10 > 1.5
    return SegmentRows(pooled.astype(np.float32), positive, np.ones(600), np.arange(600) % 3)


def test_perceptron_runs_as_torch_trained_it(rows):
    network = _Perceptron(5, NeuralSettings(hidden=(7, 4)), torch.Generator().manual_seed(2)).eval()
    arrays = {name: array[None] for name, array in exported_perceptron(network.state_dict()).items()}
    arrays |= {"mean": np.zeros(5, np.float32), "inverse_scale": np.ones(5, np.float32)}
    with torch.no_grad():
        expected = network(torch.from_numpy(rows.pooled)).numpy()
    assert member_logits(rows.pooled, arrays).mean(axis=0) == pytest.approx(expected, abs=1e-3)


def test_perceptron_learns_stops_and_repeats(rows):
    settings = NeuralSettings(members=3, hidden=(8,), dropout=0.1, input_dropout=0.0, batch=64, learning_rate=0.01)
    arrays, curves = fit_neural(rows, settings, seed=1)
    again, _ = fit_neural(rows, settings, seed=1)
    logits = member_logits(rows.pooled, arrays).mean(axis=0)
    assert logits[rows.positive].mean() > logits[~rows.positive].mean() + 2
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)
    assert all(len(curve) <= settings.epochs for curve in curves)


def test_unweighted_rows_are_never_drawn(rows):
    twisted = SegmentRows(rows.pooled, ~rows.positive, np.zeros(600), rows.group)
    both = SegmentRows(
        *(np.concatenate([getattr(a, n) for a in (rows, twisted)]) for n in ("pooled", "positive", "weight", "group"))
    )
    arrays, _ = fit_neural(both, NeuralSettings(members=1, hidden=(8,), epochs=5, learning_rate=0.01, batch=64), seed=1)
    logits = member_logits(rows.pooled, arrays).mean(axis=0)
    assert logits[rows.positive].mean() > logits[~rows.positive].mean()


@pytest.fixture
def table():
    random = np.random.default_rng(8)
    x = random.normal(size=(800, 6))
    return x, (x[:, 0] * x[:, 1] > 0.3) | (x[:, 2] > 1.2)


def test_exported_trees_are_the_library_s(table):
    x, y = table
    model = HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=9, early_stopping=False).fit(x, y)
    own = exported(model)
    assert own.logits(x) == pytest.approx(model.decision_function(x), abs=1e-9)
    assert logistic(own.logits(x)) == pytest.approx(model.predict_proba(x)[:, 1], abs=1e-9)


def test_trees_that_are_stored_give_predict_proba(table):
    """Also with weighted rows, features drawn for each split, and a constant feature."""
    x, y = table
    x = np.column_stack([x, np.zeros(len(x)), x[:, 0].round()])
    model = HistGradientBoostingClassifier(
        max_iter=30, max_leaf_nodes=8, max_features=0.3, l2_regularization=5.0, early_stopping=False, random_state=2
    ).fit(x, y, sample_weight=np.where(y, 3.0, 1.0))
    stored = BoostedTrees.from_arrays(exported(model).to_arrays())
    unseen = np.random.default_rng(9).normal(size=(500, x.shape[1])).round(1)
    assert logistic(stored.logits(unseen)) == pytest.approx(model.predict_proba(unseen)[:, 1], abs=1e-5)


def test_contributions_add_up(table):
    x, y = table
    trees = fit_trees(x, y, np.ones(len(x)), BoostingSettings(iterations=20, least_rows=5), seed=1)
    contributions = trees.contributions(x)
    assert contributions.shape == x.shape
    whole = contributions.sum(axis=1) + trees.baseline + trees.value[:, 0].sum()
    assert whole == pytest.approx(trees.logits(x), abs=1e-9)
    assert np.abs(contributions[:, :3]).mean() > 5 * np.abs(contributions[:, 3:]).mean()


def test_trees_survive_storage(table):
    x, y = table
    trees = fit_trees(x, y, np.ones(len(x)), BoostingSettings(iterations=10, least_rows=5), seed=1)
    stored = BoostedTrees.from_arrays(trees.to_arrays())
    assert stored.depth == trees.depth
    assert stored.logits(x) == pytest.approx(trees.logits(x), abs=1e-5)
    assert all(array.dtype.itemsize <= 4 for name, array in trees.to_arrays().items() if name != "threshold")


def test_linear_is_the_library_s(table):
    x, y = table
    weight = np.where(y, 2.0, 1.0)
    model = fit_linear(x, y, weight, LinearSettings(ridge=0.01))
    rows = standardised(x, x.mean(axis=0), 1 / x.std(axis=0))
    library = LogisticRegression(C=1 / (0.01 * weight.sum()), tol=1e-8, max_iter=500).fit(rows, y, sample_weight=weight)
    added = model.contributions(x)
    assert added.sum(axis=1) + model.intercept == pytest.approx(library.decision_function(rows), abs=1e-4)


def test_linear_leaves_out_what_never_varies(table):
    x, y = table
    constant = np.column_stack([x, np.full(len(x), 0.3)])
    model = LinearModel.from_arrays(fit_linear(constant, y, np.ones(len(x)), LinearSettings()).to_arrays())
    elsewhere = constant + np.array([0.0] * x.shape[1] + [5.0])
    assert (model.contributions(elsewhere) == model.contributions(constant)).all()
    assert np.abs(model.contributions(constant * 1e6)).max() <= CLIP * np.abs(model.weight).max()


def test_members_count_alike(table):
    x, y = table
    settings = BoostingSettings(members=3, iterations=12, least_rows=5)
    single = replace(settings, members=1)
    apart = [fit_trees(x, y, np.ones(len(x)), single, seed=seed) for seed in (4, 5, 6)]
    together = fit_trees(x, y, np.ones(len(x)), settings, seed=4)
    assert together.logits(x) == pytest.approx(np.mean([trees.logits(x) for trees in apart], axis=0), abs=1e-9)
    assert together.contributions(x).sum(axis=1) + together.base == pytest.approx(together.logits(x), abs=1e-9)


def test_weights_matter(table):
    x, y = table
    heavy = np.where(y, 10.0, 1.0)
    even = fit_trees(x, y, np.ones(len(x)), BoostingSettings(iterations=10), seed=1)
    tilted = fit_trees(x, y, heavy, BoostingSettings(iterations=10), seed=1)
    assert tilted.logits(x).mean() > even.logits(x).mean() + 0.5
