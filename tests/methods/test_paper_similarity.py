"""The published similarity: against plain arithmetic, as a method, and in no combination but the published one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods import scoring
from nesdb_annot.methods.paper_combined import PAPER
from nesdb_annot.methods.paper_similarity import NAME, mean_distances, paper_similarity


def rows(seed, count, dimension=5):
    return np.random.default_rng(seed).normal(size=(count, dimension))


def plain(segment, motifs, others):
    def far(references):
        return sum(math.dist(segment, reference) for reference in references) / len(references)

    return math.log(1 + far(others)) - math.log(1 + far(motifs))


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.integers(1, 7), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_it_is_the_log_fold_of_mean_distances_to_all_references(segments, motifs, others, dimension, seed):
    own = rows(seed, segments, dimension).astype(np.float32)
    near, far = rows(seed + 1, motifs, dimension), rows(seed + 2, others, dimension)
    expected = [plain(segment.tolist(), near.tolist(), far.tolist()) for segment in own.astype(float)]
    assert paper_similarity(own, near, far) == pytest.approx(expected, abs=1e-12)


def test_swapping_the_references_changes_the_sign():
    own, motifs, others = rows(0, 4).astype(np.float32), rows(1, 7), rows(2, 3)
    assert paper_similarity(own, motifs, others) == pytest.approx(-paper_similarity(own, others, motifs))


def test_a_segment_that_is_a_reference_is_far_from_the_rest_of_them():
    """All references count, not the nearest: being one of many hardly helps. That is how it was published."""
    motifs = np.vstack([np.zeros(3), np.full((9, 3), 10.0)])
    distance = mean_distances(np.zeros((1, 3)), motifs)
    assert distance == pytest.approx([0.9 * math.sqrt(300)])


@pytest.mark.parametrize("references", [np.empty((0, 5)), np.zeros((3, 4))])
def test_references_that_cannot_be_are_refused(references):
    with pytest.raises(ValueError, match="references of shape"):
        mean_distances(rows(0, 2), references)


def test_no_published_score_takes_part_in_the_combination_in_use():
    assert not {NAME, "paper_consensus"} & set(scoring.METHODS)
    assert NAME in PAPER.weights


def test_published_similarities_lie_within_the_published_range(shared_data):
    lines = (shared_data / "seed_golden_scores.tsv").read_text().splitlines()
    column = lines[0].split("\t").index("embedding_score")
    low, high = PAPER.ranges[NAME]
    assert all(low - 1e-6 <= float(line.split("\t")[column]) <= high + 1e-6 for line in lines[1:])
