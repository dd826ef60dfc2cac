"""A proteome without CRM1 is divided by homology: what is counted is no relative of what was taught or chosen on."""

from hashlib import sha256

import numpy as np
import pytest

from nesdb_annot.learning import homology
from nesdb_annot.learning.folds import FoldMember, families
from nesdb_annot.learning.homology import sharing_words, strangers
from nesdb_annot.workflow import training_set
from nesdb_annot.workflow.training_set import halves

LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
OTHER = str.maketrans("ACDEFGHIKLMNPQRSTVWY", "YACDEFGHIKLMNPQRSTVW")
PARENTS = 60


def random_protein(seed, length=120):
    return "".join(np.random.default_rng(seed).choice(LETTERS, length))


def close(residues):
    """A relative that shares many words."""
    draw = np.random.default_rng(sum(map(ord, residues)))
    return "".join(draw.choice(LETTERS) if draw.random() < 0.1 else letter for letter in residues)


def distant(residues):
    """A relative, three quarters identical, that shares no word."""
    return "".join(letter.translate(OTHER) if n % 4 == 0 else letter for n, letter in enumerate(residues))


def named(residues):
    return {sha256(own.encode()).hexdigest(): own for own in residues}


def parts(divided):
    """Residues of those taught, watched and counted."""
    return [[residues for _, residues in part] for part in (divided.taught, divided.watched, divided.counted)]


def digests(*several):
    return {digest for part in several for digest, _ in part}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few are taught and watched; what was divided under other settings is forgotten, before and after."""
    monkeypatch.setattr(training_set, "MOTIF_FREE", 20)
    monkeypatch.setattr(training_set, "WATCHED", 40)
    training_set._halved.cache_clear()
    yield
    training_set._halved.cache_clear()


@pytest.fixture
def by_words(monkeypatch):
    """Families are found by shared words, as those of a whole proteome are."""
    monkeypatch.setattr(homology, "ALL_PAIRS_RESIDUES", 0)


@pytest.fixture(scope="module")
def proteome():
    """Digest -> residues: parents, a close and a distant relative of each."""
    parents = [random_protein(seed) for seed in range(PARENTS)]
    return named([*parents, *map(close, parents), *map(distant, parents)])


def test_no_protein_is_in_two_groups_and_there_are_some_in_each(proteome):
    divided = halves(proteome)
    groups = [digests(part) for part in (divided.taught, divided.watched, divided.counted)]
    assert len(groups[0]) == 20
    assert all(len(group) >= 8 for group in groups)
    assert len(set.union(*groups)) == sum(map(len, groups))
    assert all(proteome[digest] == own for part in (divided.taught, divided.counted) for digest, own in part)


def test_no_more_are_watched_than_asked_for(proteome, monkeypatch):
    monkeypatch.setattr(training_set, "WATCHED", 5)
    assert len(halves(proteome).watched) == 5


def test_no_family_is_in_both_halves_even_if_only_a_third_protein_links_two():
    chains = []
    for seed in range(1000, 1060, 5):
        first, second = random_protein(seed, 120), random_protein(seed + 1, 120)
        chains += [random_protein(seed + 2, 80) + first, first + second, second + random_protein(seed + 3, 80)]
    family = families([FoldMember("", residues) for residues in chains]).tolist()
    assert family == [i - i % 3 for i in range(len(chains))]
    divided = halves(named(chains))
    of = dict(zip(named(chains), family, strict=True))
    taught, counted = digests(divided.taught, divided.watched), digests(divided.counted)
    assert taught
    assert counted
    assert not {of[digest] for digest in taught} & {of[digest] for digest in counted}


@pytest.mark.parametrize("search", ["all pairs", "by words"])
def test_what_is_watched_aligns_with_nothing_taught_and_what_is_counted_with_neither(proteome, search, request):
    if search == "by words":
        request.getfixturevalue("by_words")
    taught, watched, counted = parts(halves(proteome))
    assert strangers(watched, taught).all()
    assert strangers(counted, [*taught, *watched]).all()


def test_a_distant_relative_that_shares_no_words_is_left_out(proteome, by_words):
    lone = [random_protein(seed) for seed in range(PARENTS)]
    assert all(sharing_words([own, distant(own)]) == {} for own in lone)
    taught, watched, counted = parts(halves(proteome))
    relatives = {one: other for own in lone for one, other in ((own, distant(own)), (distant(own), own))}
    assert {relatives.get(own) for own in [*taught, *watched]}.isdisjoint(counted)
    assert {relatives.get(own) for own in taught}.isdisjoint(watched)
    left_out = set(proteome.values()).difference(taught, watched, counted)
    of_taught = {relatives.get(own) for own in taught} & left_out
    even = [int(digest, 16) % 2 == 0 for digest in named(of_taught)]
    assert any(even), "one would have been watched"
    assert not all(even), "another one counted"


def test_the_order_of_the_proteins_changes_nothing(proteome, by_words):
    first = halves(proteome)
    training_set._halved.cache_clear()
    assert halves(dict(reversed(proteome.items()))) == first
    assert [digest for digest, _ in first.taught] == sorted(digests(first.taught))


def test_a_new_protein_moves_no_other_to_the_other_half(proteome):
    before = halves(proteome)
    chosen, counted = digests(before.taught, before.watched), digests(before.counted)
    for seed in range(2000, 2006):
        after = halves(proteome | named([random_protein(seed)]))
        assert not digests(after.counted) & chosen
        assert not digests(after.taught, after.watched) & counted
        assert len(digests(after.counted) & counted) >= len(counted) - 3
