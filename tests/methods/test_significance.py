"""Decoys are reproducible and keep composition; q-values agree with counting by hand and are never too small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.methods.significance import Chance, decoys_of, shuffled

PROTEINS = [("b" * 64, "MKLLDERAAL"), ("a" * 64, "MSTNPKPQRKTK")]
SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=30)


def test_decoys_keep_the_composition_and_change_the_order():
    decoys = dict(decoys_of(PROTEINS, residues=10_000, copies=3))
    assert len(decoys) == 6
    assert {"".join(sorted(d)) for d in decoys.values()} == {"".join(sorted(p)) for _, p in PROTEINS}
    assert not set(decoys.values()) & {p for _, p in PROTEINS}
    assert len(set(decoys.values())) == 6


def test_decoys_stop_when_there_are_enough_and_begin_with_the_least_digest():
    names = [name for name, _ in decoys_of(PROTEINS, residues=12, copies=3)]
    assert names == [f"decoy 1 of {'a' * 64}"]
    assert list(decoys_of([], residues=5, copies=2)) == []


def test_the_order_of_the_proteins_does_not_matter():
    assert list(decoys_of(PROTEINS, 100, 2)) == list(decoys_of(PROTEINS[::-1], 100, 2))


def test_other_keys_shuffle_otherwise():
    assert shuffled("ACDEFGHIKLMNPQRSTVWY", "1") != shuffled("ACDEFGHIKLMNPQRSTVWY", "2")


def test_the_rate_counts_decoys_as_good_and_one_more():
    chance = Chance("shuffled", np.array([0.1, 0.5, 0.5, 0.9]), 100)
    assert chance.rate(np.array([0.0, 0.5, 0.6, 0.95])).tolist() == [0.05, 0.04, 0.02, 0.01]


def test_q_values_by_hand():
    chance = Chance("shuffled", np.array([0.1, 0.5]), 1000)
    scores = np.array([0.9, 0.5, 0.05, 0.3])
    # cut at    0.05  0.3  0.5  0.9
    # decoys+1     3    2    2    1   of 1,000 residues, here 500
    # kept         4    3    2    1
    # false     .375  .333   .5   .5
    assert chance.q_values(scores, 500).tolist() == pytest.approx([1 / 3, 1 / 3, 0.375, 1 / 3])


@given(SCORES, SCORES)
def test_a_better_score_never_has_a_greater_q_value(targets, decoys):
    scores = np.array(targets)
    q = Chance("shuffled", np.sort(decoys), 50).q_values(scores, 70)
    assert ((q >= 0) & (q <= 1)).all()
    assert (np.diff(q[np.argsort(scores)]) <= 0).all()


@given(SCORES, SCORES)
def test_steps_say_the_same_as_q_values_and_rates(targets, decoys):
    scores = np.array(targets)
    chance = Chance("shuffled", np.sort(decoys), 50)
    steps = chance.steps(scores, 70)
    place = np.searchsorted([at for at, _, _ in steps], scores, side="right") - 1
    assert np.array([q for _, q, _ in steps])[place] == pytest.approx(chance.q_values(scores, 70), abs=1e-6)
    assert np.array([rate for _, _, rate in steps])[place].tolist() == chance.rate(scores).tolist()


def test_where_targets_are_like_decoys_most_are_called_false():
    drawn = np.random.default_rng(1).random(4000)
    q = Chance("shuffled", np.sort(drawn[:2000]), 10_000).q_values(drawn[2000:], 10_000)
    assert np.median(q) > 0.9


def test_where_signals_stand_out_the_share_of_errors_is_about_right():
    generator = np.random.default_rng(2)
    decoys, errors, signals = generator.random(5000), generator.random(5000), 0.9 + generator.random(1000) / 10
    scores = np.concatenate([errors, signals])
    q = Chance("shuffled", np.sort(decoys), 10**5).q_values(scores, 10**5)
    kept = q <= 0.4
    assert kept[5000:].mean() > 0.9
    assert kept[:5000].sum() / kept.sum() == pytest.approx(0.4, abs=0.1)
