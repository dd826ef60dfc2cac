"""What the references of the similarity are, and how their settings are chosen."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.learning import similarity
from nesdb_annot.learning.similarity import ReferenceSettings, fit_references
from nesdb_annot.learning.truth import Verdict
from nesdb_annot.methods.pooling import MEAN, POOLINGS, pool
from nesdb_annot.methods.reference_index import ReferenceIndex
from nesdb_annot.methods.similarity import LEAST_DISTANCE, whitened
from nesdb_annot.residues import ResidueSpan

SETTINGS = ReferenceSettings(neighbours=(3, 8), dimensions=6, others=60, queries=40)


@pytest.fixture(scope="module")
def fitted(made_up):
    return fit_references(*made_up, SETTINGS, seed=1)


def test_references_are_clear_candidates_in_their_context(fitted, made_up):
    proteins, _ = made_up
    arrays, chosen = fitted
    motifs = arrays["is_motif"].astype(bool)
    assert 24 <= motifs.sum() <= SETTINGS.motifs
    assert (~motifs).sum() == SETTINGS.others
    assert np.linalg.norm(arrays["vectors"].astype(float), axis=1) == pytest.approx(1.0, abs=1e-2)
    center, projection = (arrays[name].astype(np.float32) for name in ("center", "projection"))
    for vector, (first, last), owner in zip(arrays["vectors"], arrays["spans"], arrays["owner"], strict=True):
        span = ResidueSpan(int(first), int(last))
        own = pool(proteins[owner].embedding, [span], chosen.pooling)
        assert vector == pytest.approx(whitened(own, center, projection)[0], abs=5e-3)


def test_references_of_the_other_sign_overlap_no_motif(fitted, made_up):
    arrays, _ = fitted
    others = ~arrays["is_motif"].astype(bool)
    for (first, last), owner in zip(arrays["spans"][others], arrays["owner"][others], strict=True):
        assert not any(m.overlap(ResidueSpan(int(first), int(last))) for m in made_up[0][owner].truth.motifs)


def test_the_choice_is_of_the_grid_and_repeats(fitted, made_up):
    arrays, chosen = fitted
    again, same = fit_references(*made_up, SETTINGS, seed=1)
    assert chosen == same
    assert chosen.pooling in POOLINGS
    assert chosen.neighbours in SETTINGS.neighbours
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


def test_the_setting_of_highest_merit_wins(made_up, monkeypatch):
    merits = iter(([0.1, 0.2], [0.3, 0.4], [0.2, 0.3]))
    monkeypatch.setattr(similarity, "_merits", lambda *_: next(merits))
    _, chosen = fit_references(*made_up, SETTINGS, seed=1)
    assert chosen == (POOLINGS[1], 8)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_pooling_that_tells_motifs_is_chosen(made_up, pooling):
    """Motifs stand out in what one pooling sees, and in it alone: the merit of the others is chance."""
    proteins, folds = made_up
    random = np.random.default_rng(4)
    drawn = []
    for protein in proteins:
        drawn.append(replace(protein))
        for own in POOLINGS:
            vectors = random.normal(size=(len(protein.spans), 8)).astype(np.float32)
            vectors[:, 0] += 5 * ((protein.verdicts == Verdict.HIT) & (own == pooling))
            drawn[-1]._vectors[own] = vectors
    assert fit_references(drawn, folds, SETTINGS, seed=1)[1].pooling == pooling


def test_merit_is_that_of_folds_that_give_no_reference(made_up):
    """Each fold's motifs are alike and unlike those of the others: held out, they are not recognised."""
    random = np.random.default_rng(0)
    group, is_motif = np.arange(240) % 4, np.arange(240) % 3 == 0
    vectors = random.normal(size=(240, 8))
    vectors[is_motif, group[is_motif]] += 6
    rows = similarity._Rows(
        np.zeros(240, dtype=np.int64),
        whitened(vectors, np.zeros(8), np.eye(8)),
        is_motif,
        np.arange(240),
        np.ones((240, 2), dtype=np.int64),
        group,
    )
    assert max(similarity._merits(rows, SETTINGS, 1)) < 0.5
    mixed = replace(rows, group=np.arange(240) // 60)
    assert min(similarity._merits(mixed, SETTINGS, 1)) > 0.9


@pytest.mark.parametrize("left_out", [0, 4], ids=["all", "some left out"])
def test_scores_that_are_compared_are_the_formula_s(left_out):
    """For each number of neighbours: means of sorted distances, whatever else is asked for in the same call."""
    random = np.random.default_rng(2)
    queries, vectors = (whitened(random.normal(size=(n, 5)), np.zeros(5), np.eye(5)) for n in (7, 30))
    is_motif, allowed = np.arange(30) < 10, np.arange(30) >= left_out
    distance = np.linalg.norm(queries[:, None].astype(float) - vectors[None], axis=2)
    folds = similarity._log_folds(ReferenceIndex(vectors), queries, allowed, is_motif, (12, 2, 40))
    for k, scores in zip((12, 2, 40), folds, strict=True):
        other, motif = (
            np.sort(distance[:, side & allowed], axis=1)[:, :k].mean(axis=1) for side in (~is_motif, is_motif)
        )
        assert scores == pytest.approx(np.log((other + LEAST_DISTANCE) / (motif + LEAST_DISTANCE)), abs=1e-5)


def test_without_motifs_their_distance_is_the_largest():
    vectors = whitened(np.random.default_rng(2).normal(size=(5, 4)), np.zeros(4), np.eye(4))
    every = np.ones(5, dtype=bool)
    assert (similarity._log_folds(ReferenceIndex(vectors), vectors, every, ~every, (2,)) < 0).all()


def test_one_fold_leaves_nothing_to_choose_by(made_up):
    proteins, _ = made_up
    _, chosen = fit_references(proteins, [0] * len(proteins), SETTINGS, seed=1)
    assert chosen == (MEAN, 3)


def test_whitened_directions_have_equal_spread(made_up):
    """A direction with a hundred times the variance of the others does not decide the distances."""
    proteins, folds = made_up
    loud = []
    for protein in proteins:
        embedding = protein.embedding.copy()
        embedding[:, 3] *= 100
        loud.append(replace(protein, embedding=embedding))
    arrays, chosen = fit_references(loud, folds, ReferenceSettings(poolings=(MEAN,), dimensions=8), seed=1)
    means = np.concatenate([p.pooled() for p in loud]) - arrays["center"].astype(float)
    spread = (means @ arrays["projection"].astype(float)).std(axis=0)
    assert chosen.pooling == MEAN
    assert spread.max() < 2 * spread.min()
