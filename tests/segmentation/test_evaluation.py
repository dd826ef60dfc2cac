"""Figures of a segmentation on cases that can be counted by hand."""

import csv
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.evaluation import ProteinSegments, evaluate_segments
from nesdb_annot.segmentation.tilings import best_tilings, searched_windows, tilings


def blind_tiling(length, width, step):
    """Windows of `width` residues every `step`, and a last one that ends with the protein: the plain oracle."""
    if length <= width:
        return [ResidueSpan(1, length)]
    firsts = list(range(1, length - width + 2, step))
    if firsts[-1] != length - width + 1:
        firsts.append(length - width + 1)
    return [ResidueSpan(first, first + width - 1) for first in firsts]


def spans(*texts):
    return [ResidueSpan.parse(text) for text in texts]


def test_a_partition_by_hand():
    protein = ProteinSegments(60, spans("1-20", "21-40", "41-60"), spans("5-14", "15-26", "41-60"))
    quality = evaluate_segments([protein])
    assert quality.truths == 3
    assert quality.wholly_inside == pytest.approx(2 / 3)
    assert quality.oracle_recall == pytest.approx(2 / 3)
    assert quality.mean_best_iou == pytest.approx((10 / 20 + 6 / 26 + 1.0) / 3)
    assert quality.cut_rate == pytest.approx(1 / 3)
    assert quality.per_residue == pytest.approx(3 / 60)
    assert quality.lengths == {20: 3}


def test_an_overlapping_segment_heals_a_cut():
    protein = ProteinSegments(60, spans("1-20", "11-30", "21-40"), spans("15-26"))
    quality = evaluate_segments([protein])
    assert quality.cut_rate == 0
    assert quality.wholly_inside == 1
    assert quality.mean_best_iou == pytest.approx(12 / 20)


def test_a_segment_within_the_truth_cuts_it():
    quality = evaluate_segments([ProteinSegments(60, spans("12-20"), spans("10-30"))])
    assert (quality.cut_rate, quality.wholly_inside) == (1, 0)


def test_a_protein_without_segments_counts_its_truths_as_missed():
    quality = evaluate_segments(
        [ProteinSegments(50, [], spans("5-14")), ProteinSegments(50, spans("1-10"), spans("1-10"))]
    )
    assert quality.oracle_recall == pytest.approx(0.5)
    assert quality.per_residue == pytest.approx(1 / 100)


def test_proteins_without_truths_count_for_the_density():
    quality = evaluate_segments(
        [ProteinSegments(50, spans("1-10"), spans("1-10")), ProteinSegments(50, spans("1-50"), [])]
    )
    assert quality.per_residue == pytest.approx(2 / 100)
    assert quality.lengths == {10: 1, 50: 1}


def test_no_truth_at_all_is_an_error():
    with pytest.raises(ValueError, match="no signal is known"):
        evaluate_segments([ProteinSegments(50, spans("1-10"), [])])


@pytest.mark.parametrize(
    ("length", "width", "step"), [(100, 20, 20), (101, 20, 7), (20, 20, 5), (5, 20, 5), (33, 8, 25)]
)
def test_blind_tilings_stay_inside_and_reach_the_end(length, width, step):
    tiles = blind_tiling(length, width, step)
    assert tiles[0].first == 1
    assert tiles[-1].last == length
    assert {len(tile) for tile in tiles} == {min(width, length)}
    gaps = [b.first - a.first for a, b in pairwise(tiles)]
    assert all(0 < gap <= step for gap in gaps)


def test_the_search_finds_the_tiling_that_fits():
    proteins = [ProteinSegments(100, [], spans("1-20", "41-60", "81-100"))]
    searched = tilings(proteins, [((20, 20),), ((20, 40),), ((10, 10),), ((20, 20), (10, 10))])
    by_recall, by_iou = best_tilings(searched, 0.04)
    assert by_recall.windows == by_iou.windows == ((20, 40),)
    assert by_recall.quality.mean_best_iou == 1.0
    with pytest.raises(ValueError, match="as few as"):
        best_tilings(searched, 0.001)


def test_equal_windows_of_two_tilings_count_once():
    proteins = [ProteinSegments(15, [], spans("1-15"))]
    (tiling,) = tilings(proteins, [((20, 5), (24, 5))])
    assert tiling.quality.lengths == {15: 1}


def test_the_windows_searched_are_many_and_within_bounds():
    windows = searched_windows()
    assert len(windows) == len(set(windows)) > 1000
    assert all(8 <= width <= 40 for choice in windows for width, _ in choice)
    assert all(width <= 25 for choice in windows if len(choice) > 1 for width, _ in choice)


TRUTHS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40)), max_size=3)
PROTEINS = st.lists(st.tuples(st.integers(1, 100), TRUTHS), min_size=1, max_size=4)


@given(
    PROTEINS,
    st.lists(st.tuples(st.integers(8, 25), st.integers(3, 40)), min_size=1, max_size=2, unique_by=lambda w: w[0]),
)
@settings(max_examples=150, deadline=None)
def test_figures_of_a_tiling_are_those_of_its_windows(drawn, windows):
    proteins = [
        ProteinSegments(length, [], [ResidueSpan(f, min(f + n, length)) for f, n in truths if f <= length])
        for length, truths in drawn
    ]
    laid = [
        ProteinSegments(p.length, sorted({t for w in windows for t in blind_tiling(p.length, *w)}), p.truths)
        for p in proteins
    ]
    if any(protein.truths for protein in proteins):
        assert tilings(proteins, [tuple(windows)])[0].quality == evaluate_segments(laid)


@pytest.mark.parametrize("model", ["esm2", "prott5"])
def test_published_boundaries_lose_most_signals(shared_data, model):
    segments = {}
    for line in (shared_data / f"segments/zps_{model}_boundaries.tsv").read_text().splitlines():
        accession, _, boundaries = line.partition("\t")
        segments[accession] = [ResidueSpan.from_bed(*pair) for pair in json.loads(boundaries)]
    truths = {}
    with (shared_data / "nesdb/nesdb_truth.tsv").open() as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if (row["doubtful"], row["has_functional_signal"]) == ("0", "1") and row["accession"] in segments:
                span = ResidueSpan(int(row["range_start"]), int(row["range_end"]))
                if len(span) <= 40:
                    truths.setdefault((row["accession"], int(row["seq_len"])), []).append(span)
    quality = evaluate_segments(
        ProteinSegments(length, segments[accession], spans) for (accession, length), spans in truths.items()
    )
    assert quality.truths == 115
    assert quality.wholly_inside == pytest.approx(0.71, abs=0.02)
    assert quality.oracle_recall == pytest.approx(0.155, abs=0.02)
    assert quality.cut_rate == pytest.approx(1 - quality.wholly_inside)
