"""Shares of cargoes with several signals: those under which the numbers that were found are to be expected."""

from itertools import combinations

import numpy as np
import pytest

from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.learning.several import expected_sizes, fit_several, peak_sums
from nesdb_annot.learning.truth import Truth
from nesdb_annot.residues import ResidueSpan

ELSEWHERE = 0.25
SPANS = [ResidueSpan(30 * i + 1, 30 * i + 12) for i in range(8)]


def protein(motifs, cargo=True):
    return TrainingProtein("d" * 64, "A" * 240, np.ones((240, 2), np.float32), SPANS, Truth(tuple(motifs)), cargo)


def drawn(shares, count=6000):
    """Log-odds of peaks and sets of them that are signals, drawn as the second stage supposes."""
    random = np.random.default_rng(5)
    sizes = (ELSEWHERE, 1.0, *shares)
    sets = [own for size in range(len(sizes)) for own in combinations(range(len(SPANS)), size)]
    weights = np.array([sizes[len(own)] for own in sets])
    inside = np.array([[i in own for i in range(len(SPANS))] for own in sets], dtype=float)
    for _ in range(count):
        first = random.normal(-4.0, 2.0, len(SPANS))
        chance = weights * np.exp(inside @ first)
        own = sets[random.choice(len(sets), p=chance / chance.sum())]
        yield first, protein(SPANS[i] for i in own)


@pytest.mark.parametrize("shares", [(0.5, 0.2), (1.0, 1.0), (0.2, 0.0)])
def test_shares_are_found_again(shares):
    """Whatever share of the cargoes has no signal that was seen: they say nothing."""
    firsts, proteins = zip(*drawn(shares), strict=True)
    assert 0.1 < np.mean([not own.truth.motifs for own in proteins]) < 0.6
    assert fit_several(firsts, proteins) == pytest.approx(shares, rel=0.1, abs=0.04)


def test_as_many_sets_of_each_size_are_expected_as_there_are():
    firsts, proteins = zip(*drawn((0.5, 0.2), 500), strict=True)
    pairs = [(first, own) for first, own in zip(firsts, proteins, strict=True) if own.truth.motifs]
    counts = np.bincount([len(own.truth.motifs) for _, own in pairs])[1:]
    sums = np.array([peak_sums(first, own) for first, own in pairs])
    assert expected_sizes(sums, np.array([1.0, *fit_several(firsts, proteins)])) == pytest.approx(counts, rel=1e-3)


def test_sizes_that_no_cargo_has_have_no_share():
    firsts, proteins = [np.zeros(8)] * 3, [protein(SPANS[:1]), protein(SPANS[2:3]), protein(SPANS[:2])]
    two, three = fit_several(firsts, proteins)
    assert two > 0
    assert three == 0


def test_larger_sets_count_as_the_largest():
    firsts = [np.zeros(8)] * 2
    four = fit_several(firsts, [protein(SPANS[:1]), protein(SPANS[:4])])
    assert four == fit_several(firsts, [protein(SPANS[:1]), protein(SPANS[:3])])


def test_proteins_without_signals_and_motif_free_ones_say_nothing():
    firsts, proteins = [np.zeros(8)] * 2, [protein(SPANS[:1]), protein(SPANS[:2])]
    alone = fit_several(firsts, proteins)
    more = [*proteins, protein([]), protein([], cargo=False)]
    assert fit_several([np.zeros(8)] * 4, more) == alone
    assert fit_several(firsts[:1], [protein([])]) == ()


def test_one_signal_found_twice_is_one():
    near = [ResidueSpan(1, 6), ResidueSpan(7, 12)]
    firsts = [np.zeros(8)] * 2
    assert fit_several(firsts, [protein(SPANS[:1]), protein(near)]) == (0.0, 0.0)
