"""Shares of cargoes with several signals: those under which the numbers that were found are to be expected."""

from itertools import combinations

import numpy as np
import pytest

from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.learning.several import fit_several
from nesdb_annot.learning.truth import Truth
from nesdb_annot.residues import ResidueSpan

ELSEWHERE = 0.02
SPANS = [ResidueSpan(30 * i + 1, 30 * i + 12) for i in range(8)]


def protein(motifs, cargo=True):
    return TrainingProtein("d" * 64, "A" * 240, np.ones((240, 2), np.float32), SPANS, Truth(tuple(motifs)), cargo)


def drawn(shares, count=3000):
    """Log-odds of peaks and sets of them that are signals, drawn as the second stage supposes."""
    random = np.random.default_rng(5)
    sizes = (ELSEWHERE, 1.0, *shares)
    sets = [own for size in range(len(sizes)) for own in combinations(range(len(SPANS)), size)]
    weights = np.array([sizes[len(own)] for own in sets])
    inside = np.array([[i in own for i in range(len(SPANS))] for own in sets], dtype=float)
    for _ in range(count):
        first = random.normal(-2.0, 2.0, len(SPANS))
        chance = weights * np.exp(inside @ first)
        own = sets[random.choice(len(sets), p=chance / chance.sum())]
        yield first, protein(SPANS[i] for i in own)


@pytest.mark.parametrize("shares", [(0.2, 0.1), (1.0, 1.0), (0.05, 0.0)])
def test_shares_are_found_again(shares):
    firsts, proteins = zip(*drawn(shares), strict=True)
    assert fit_several(firsts, proteins, ELSEWHERE) == pytest.approx(shares, rel=0.25, abs=0.01)


def test_sizes_that_no_cargo_has_have_no_share():
    firsts, proteins = [np.zeros(8)] * 3, [protein(SPANS[:1]), protein(SPANS[2:3]), protein(SPANS[:2])]
    two, three = fit_several(firsts, proteins, ELSEWHERE)
    assert two > 0
    assert three == 0


def test_larger_sets_count_as_the_largest():
    firsts = [np.zeros(8)] * 2
    four = fit_several(firsts, [protein(SPANS[:1]), protein(SPANS[:4])], ELSEWHERE)
    assert four == fit_several(firsts, [protein(SPANS[:1]), protein(SPANS[:3])], ELSEWHERE)


def test_proteins_without_signals_and_motif_free_ones_say_nothing():
    firsts, proteins = [np.zeros(8)] * 2, [protein(SPANS[:1]), protein(SPANS[:2])]
    alone = fit_several(firsts, proteins, ELSEWHERE)
    more = [*proteins, protein([]), protein([], cargo=False)]
    assert fit_several([np.zeros(8)] * 4, more, ELSEWHERE) == alone
    assert fit_several(firsts[:1], [protein([])], ELSEWHERE) == ()


def test_one_signal_found_twice_is_one():
    near = [ResidueSpan(1, 6), ResidueSpan(7, 12)]
    firsts = [np.zeros(8)] * 2
    assert fit_several(firsts, [protein(SPANS[:1]), protein(near)], ELSEWHERE) == (0.0, 0.0)
