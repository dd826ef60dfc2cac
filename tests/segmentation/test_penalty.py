"""The penalty of `bounded` comes from the other folds, and fits what they know."""

import numpy as np
import pytest

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.evaluation import ProteinSegments
from nesdb_annot.segmentation.penalty import (
    PENALTIES,
    KnownProtein,
    best_penalty,
    cut_with_penalties,
    held_out_segments,
)


def protein(stepped, seed, truth):
    return KnownProtein("A" * 120, stepped(120, ends=(20, 42, 60, 84), noise=0.3, seed=seed), [truth])


@pytest.fixture
def proteins(stepped):
    return [protein(stepped, seed, ResidueSpan(21, 42)) for seed in range(6)]


def test_each_protein_is_cut_under_every_penalty(proteins):
    cut = cut_with_penalties(proteins[:2], penalties=(0.0, 2.0))
    assert list(cut) == [0.0, 2.0]
    for penalty, segments in cut.items():
        assert [one.segments for one in segments] == [
            Bounded(penalty=penalty).spans(p.residues, p.embedding) for p in proteins[:2]
        ]


def test_the_choice_is_neither_the_least_nor_the_greatest_where_segments_are_clear(proteins):
    cut = cut_with_penalties(proteins)
    chosen = best_penalty(cut, range(6))
    assert 0 < chosen < max(PENALTIES)


def test_of_equal_penalties_the_smallest():
    cut = {p: [ProteinSegments(30, [ResidueSpan(1, 15)], [ResidueSpan(1, 15)])] for p in (2.0, 0.5, 1.0)}
    assert best_penalty(cut, [0]) == 0.5
    with pytest.raises(ValueError, match="no signal"):
        best_penalty(cut, [])


def test_a_fold_has_no_part_in_its_own_penalty():
    """Each fold's truth fits one penalty only; the other fold's penalty is what it gets."""
    small, large = ResidueSpan(1, 8), ResidueSpan(1, 25)
    cut = {
        0.0: [ProteinSegments(50, [small], [truth]) for truth in (small, large)],
        1.0: [ProteinSegments(50, [large], [truth]) for truth in (small, large)],
    }
    segments, penalties = held_out_segments(cut, [0, 1])
    assert penalties == [1.0, 0.0]
    assert [one.segments for one in segments] == [[large], [small]]


def test_cosine_costs_can_be_chosen_for_too(proteins):
    cut = cut_with_penalties(proteins[:1], "cosine", (1.0,))
    expected = Bounded(penalty=1.0, cost="cosine").spans(proteins[0].residues, proteins[0].embedding)
    assert cut[1.0][0].segments == expected


def test_the_default_penalty_is_among_those_tried():
    assert Bounded().penalty in PENALTIES
    assert np.all(np.diff(PENALTIES) > 0)
