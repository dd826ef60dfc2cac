import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.learning import homology
from nesdb_annot.learning.homology import (
    Homology,
    connected_components,
    homologous_pairs,
    sharing_words,
    strangers,
    words,
)

LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def random_protein(seed, length=200):
    return "".join(np.random.default_rng(seed).choice(LETTERS, length))


def mutated(residues, share):
    random = np.random.default_rng(sum(map(ord, residues)))
    return "".join(random.choice(LETTERS) if random.random() < share else letter for letter in residues)


def linked(sequences):
    return {(pair.first, pair.second) for pair in homologous_pairs(sequences)}


def test_relatives_are_linked_and_strangers_are_not():
    parent = random_protein(1)
    assert linked([parent, random_protein(2), mutated(parent, 0.5), random_protein(3)]) == {(0, 2)}


def test_a_shared_domain_links_the_smaller_protein():
    domain = random_protein(4, 150)
    long = random_protein(5, 500) + domain + random_protein(6, 500)
    pairs = list(homologous_pairs([long, domain + random_protein(7, 40)]))
    assert len(pairs) == 1
    assert pairs[0].coverage[0] > 0.7
    assert pairs[0].coverage[1] < 0.2


def test_a_short_shared_stretch_links_nothing():
    stretch = random_protein(8, 40)
    assert linked([random_protein(9, 200) + stretch, stretch + random_protein(10, 200)]) == set()


def test_relatives_of_known_ones_are_no_strangers_however_few_words_they_share():
    known = [random_protein(11), random_protein(12)]
    distant = "".join("AC"[letter == "A"] if n % 4 == 0 else letter for n, letter in enumerate(known[1]))
    assert sharing_words([known[1], distant]) == {}
    assert strangers([known[0], random_protein(13), distant], known).tolist() == [False, True, False]
    assert strangers(known, []).tolist() == [True, True]
    assert strangers([], known).shape == (0,)


@pytest.mark.parametrize(
    ("identity", "coverage", "score", "expected"),
    [
        (0.30, (0.8, 0.8), 45, True),
        (0.29, (1.0, 1.0), 500, False),
        (0.50, (0.8, 0.79), 99, False),
        (0.50, (0.8, 0.79), 100, True),
        (0.50, (0.49, 0.3), 400, False),
    ],
)
def test_the_rule(identity, coverage, score, expected):
    assert Homology(0, 1, identity, coverage, score).linked is expected


def test_gap_penalties_are_not_the_loose_defaults():
    assert (homology.GAP_OPEN, homology.GAP_EXTEND, homology.MATRIX) == (12, 1, "BLOSUM62")


def test_rare_letters_are_aligned():
    parent = random_protein(11)
    assert linked([parent[:50] + "UOXBZ" + parent[50:], parent]) == {(0, 1)}


def test_words_find_the_same_close_relatives(monkeypatch):
    parents = [random_protein(seed) for seed in range(20, 26)]
    sequences = [*parents, *(mutated(parent, 0.3) for parent in parents)]
    everything = linked(sequences)
    monkeypatch.setattr(homology, "ALL_PAIRS_RESIDUES", 0)
    assert linked(sequences) == everything == {(i, i + 6) for i in range(6)}


def test_words_are_distinct_and_of_one_length():
    assert words("AAAA", 3) == {"AAA"}
    assert words("AB", 3) == set()
    assert sharing_words(["MKLVAWQ", "GGGGGGG", "TMKLVAW"]) == {0: [2]}


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_the_finest_that_hold_every_link(links):
    component = connected_components(12, links)
    assert all(component[a] == component[b] for a, b in links)
    reach = np.eye(12, dtype=bool)
    for a, b in links:
        reach[a, b] = reach[b, a] = True
    for _ in range(4):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    assert np.array_equal(component[:, None] == component[None, :], reach)
    assert all(component[i] <= i for i in range(12))


def test_nothing_to_align():
    assert linked([]) == set()
    assert linked(["MKL"]) == set()
