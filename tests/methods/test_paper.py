"""The published scores, reproduced."""

import csv

import pytest

from nesdb_annot.methods.paper_combined import PAPER, WeightedSum
from nesdb_annot.methods.paper_consensus import FORWARD, paper_consensus


@pytest.fixture(scope="module")
def golden(shared_data):
    with (shared_data / "seed_golden_scores.tsv").open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 38
    return rows


def test_all_published_consensus_scores(golden):
    expected = [(int(row["consensus_score"]), int(row["num_pattern_matches"])) for row in golden]
    assert [paper_consensus(row["sequence"]) for row in golden] == expected


def test_all_published_combined_scores(golden):
    columns = {"paper_consensus": "consensus_score", "paper_similarity": "embedding_score", "neural": "neural_score"}
    for row in golden:
        combined = PAPER.combine({name: float(row[column]) for name, column in columns.items()})
        assert combined == pytest.approx(float(row["combined_score"]), abs=1e-5)


def test_the_published_class_3_is_the_published_class_1d():
    offsets = {name: places for name, places, _ in FORWARD}
    assert offsets["3"] == offsets["1d"]


def test_the_sum_favours_plain_hydrophobicity():
    assert paper_consensus("L" * 22)[0] > 10 * paper_consensus("SNELALKLAGLDI")[0]


def test_prolines_acidic_ends_and_the_floor():
    assert paper_consensus("GGGG") == (0, 0)
    assert paper_consensus("DGGE") == (2, 0)
    assert paper_consensus("PPPG") == (0, 0)
    assert paper_consensus("DPPPE") == (1, 0)


def test_the_last_window_of_the_rev_rule_is_never_seen():
    assert paper_consensus("LPGLGGLGL")[1] < paper_consensus("LPGLGGLGLG")[1]


def test_weighted_sum_stays_within_its_ranges():
    weighted = WeightedSum({"a": 1.0, "b": 0.5}, {"a": (0, 10), "b": (-1, 1)})
    assert weighted.combine({"a": 5, "b": 0}) == pytest.approx(0.75)
    assert weighted.combine({"a": 50, "b": -7}) == pytest.approx(1.0)
    with pytest.raises(KeyError):
        weighted.combine({"a": 1})
    with pytest.raises(ValueError, match="'a' needs a range"):
        WeightedSum({"a": 1.0}, {"a": (1, 1)})
