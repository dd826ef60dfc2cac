"""Cargoes against non-binders: matching by length, strangers to training, and the figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from nesdb_annot.learning.cargo_screen import (
    LENGTH_TOLERANCE,
    ProteinScore,
    chosen_on,
    matched_pairs,
    screen_figures,
)
from nesdb_annot.residues import sequence_digest


def screened(length, cargo, score=0.0, counted=True):
    """A protein whose scores are all the same."""
    return ProteinScore(length, cargo, counted, score, score, score)


PROTEINS = st.lists(st.builds(screened, st.integers(50, 3000), st.booleans()), max_size=40)


@given(PROTEINS)
def test_pairs_are_of_both_kinds_of_nearly_one_length_and_share_nobody(proteins):
    pairs = matched_pairs(proteins)
    used = [i for pair in pairs for i in pair]
    assert len(used) == len(set(used))
    for cargo, other in pairs:
        assert proteins[cargo].cargo
        assert not proteins[other].cargo
        assert abs(np.log(proteins[cargo].length / proteins[other].length)) <= LENGTH_TOLERANCE + 1e-12


def test_each_cargo_takes_the_nearest_partner_left():
    proteins = [screened(n, cargo) for n, cargo in ((400, True), (390, True), (401, False), (380, False))]
    assert matched_pairs(proteins) == [(0, 2), (1, 3)]


def test_the_scores_of_a_protein_by_hand():
    score = ProteinScore.of(500, True, [p * 0.4 for p in (0.2, 0.5, 0.1)], np.log(0.4 / 0.6))
    assert score.cargo_odds == pytest.approx(np.log(0.4 / 0.6))
    assert 1 - np.exp(-score.at_least_one) == pytest.approx(1 - 0.92 * 0.8 * 0.96)
    assert score.best == 0.2


def test_a_protein_without_candidates_is_hardly_a_cargo():
    none = ProteinScore.of(500, True, [], None)
    assert none.at_least_one == pytest.approx(0.0, abs=1e-5)
    assert none.cargo_odds < -10
    assert np.isfinite(ProteinScore.of(500, True, [1.0], 3.0).at_least_one)


def test_relatives_are_in_the_same_half():
    random = np.random.default_rng(5)
    first = ["".join(random.choice(list("ACDEFGHIKLMNPQRSTVWY"), 120)) for _ in range(60)]
    relatives = ["".join("A" if i % 11 == 0 else letter for i, letter in enumerate(own)) for own in first]
    residues = [*first, *relatives]
    chosen = chosen_on([sequence_digest(own) for own in residues], residues)
    assert chosen[:60].tolist() == chosen[60:].tolist()
    assert 15 < chosen[:60].sum() < 45


def made_up(n, shift, seed=3):
    """Cargoes longer than others, with scores that depend on length, and `shift` more for cargoes."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(2 * n):
        cargo = i < n
        length = int(random.lognormal(6.2 if cargo else 5.8, 0.5))
        score = float(np.log(length) + random.gumbel() + shift * cargo)
        rows.append(screened(length, cargo, score, counted=i % 3 > 0))
    return rows


def test_length_alone_does_not_count_on_pairs():
    figures = screen_figures(made_up(300, 0.0))
    assert figures["auroc_length_all"][0] > 0.65
    assert figures["auroc_length"][0] == pytest.approx(0.5, abs=0.08)
    value, (low, high) = figures["auroc"]
    assert value == pytest.approx(0.5, abs=0.07)
    assert low < value < high


def test_a_real_difference_is_found_as_scikit_learn_finds_it():
    proteins = made_up(300, 2.0)
    figures = screen_figures(proteins)
    assert figures["auroc"][0] > 0.75
    for name, own in (("auroc", [p for p in proteins if p.counted]), ("auroc_pairs", proteins)):
        chosen = [own[i] for pair in matched_pairs(own) for i in pair]
        expected = roc_auc_score([protein.cargo for protein in chosen], [protein.cargo_odds for protein in chosen])
        assert figures[name][0] == pytest.approx(expected)
    assert figures["pairs_of_both_halves"][0] == len(chosen) / 2 > figures["pairs"][0]
    assert (figures["cargoes"][0], figures["non_binders"][0]) == (300, 300)


def test_without_pairs_there_is_no_figure():
    figures = screen_figures([screened(100, True, 1.0), screened(900, False, 1.0)])
    assert figures["pairs"] == (0.0, None)
    assert "auroc" not in figures
