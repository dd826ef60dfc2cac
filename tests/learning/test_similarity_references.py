"""What the references of the similarity are, and how their settings are chosen."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.learning import similarity
from nesdb_annot.learning.similarity import ReferenceSettings, fit_references
from nesdb_annot.methods.similarity import part_means, whitened
from nesdb_annot.residues import ResidueSpan

SETTINGS = ReferenceSettings(parts=(1, 3), neighbours=(3, 8), dimensions=6, others=60, queries=40)


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
        means = part_means(proteins[owner].embedding, [span], chosen["parts"])
        assert vector == pytest.approx(whitened(means, center, projection)[0], abs=5e-3)


def test_references_of_the_other_sign_overlap_no_motif(fitted, made_up):
    arrays, _ = fitted
    others = ~arrays["is_motif"].astype(bool)
    for (first, last), owner in zip(arrays["spans"][others], arrays["owner"][others], strict=True):
        assert not any(m.overlap(ResidueSpan(int(first), int(last))) for m in made_up[0][owner].truth.motifs)


def test_the_choice_is_of_the_grid_and_repeats(fitted, made_up):
    arrays, chosen = fitted
    again, same = fit_references(*made_up, SETTINGS, seed=1)
    assert chosen == same
    assert chosen["parts"] in SETTINGS.parts
    assert chosen["neighbours"] in SETTINGS.neighbours
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


def test_the_setting_of_highest_merit_wins(made_up, monkeypatch):
    tried = []
    monkeypatch.setattr(similarity, "_merit", lambda rows, k, *_: tried.append(k) or float(len(tried) == 4))
    _, chosen = fit_references(*made_up, SETTINGS, seed=1)
    assert tried == [3, 8, 3, 8]
    assert chosen == {"parts": 3, "neighbours": 8}


def test_merit_is_that_of_folds_that_give_no_reference(made_up):
    """Each fold's motifs are alike and unlike those of the others: held out, they are not recognised."""
    random = np.random.default_rng(0)
    group, is_motif = np.arange(240) % 4, np.arange(240) % 3 == 0
    vectors = random.normal(size=(240, 8))
    vectors[is_motif, group[is_motif]] += 6
    rows = similarity._Rows(
        whitened(vectors, np.zeros(8), np.eye(8)), is_motif, np.arange(240), np.ones((240, 2), dtype=np.int64), group
    )
    assert similarity._merit(rows, 3, SETTINGS, 1) < 0.5
    mixed = replace(rows, group=np.arange(240) // 60)
    assert similarity._merit(mixed, 3, SETTINGS, 1) > 0.9


def test_one_fold_leaves_nothing_to_choose_by(made_up):
    proteins, _ = made_up
    _, chosen = fit_references(proteins, [0] * len(proteins), SETTINGS, seed=1)
    assert chosen == {"parts": 1, "neighbours": 3}


def test_whitened_directions_have_equal_spread(made_up):
    """A direction with a hundred times the variance of the others does not decide the distances."""
    proteins, folds = made_up
    loud = []
    for protein in proteins:
        embedding = protein.embedding.copy()
        embedding[:, 3] *= 100
        loud.append(replace(protein, embedding=embedding))
    arrays, chosen = fit_references(loud, folds, ReferenceSettings(parts=(1,), dimensions=8), seed=1)
    means = np.concatenate([part_means(p.embedding, p.spans, 1) for p in loud]) - arrays["center"].astype(float)
    spread = (means @ arrays["projection"].astype(float)).std(axis=0)
    assert chosen["parts"] == 1
    assert spread.max() < 2 * spread.min()
