"""The published segmentation: breakpoints equal those of ruptures with its full kernel matrix."""

import numpy as np
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.banded_rbf import BandedRbf, median_squared_distance
from nesdb_annot.segmentation.zps import PAPER_BREAKPOINTS, ZeroShot


def embedding(seed, length, dimension=6):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(length, dimension)) + np.cumsum(rng.normal(size=(length, dimension)), axis=0) * 0.3
    return rows.astype(np.float32)


def published(rows, per_100):
    wanted = max(int(len(rows) * per_100 / 100), 1)
    return [int(end) for end in ruptures.Window(width=30, model="rbf", jump=1).fit(rows).predict(n_bkps=wanted)]


@given(st.integers(0, 10_000), st.integers(30, 260), st.sampled_from([3.0, PAPER_BREAKPOINTS]))
@settings(max_examples=40, deadline=None)
def test_breakpoints_are_the_published_ones(seed, length, per_100):
    rows = embedding(seed, length)
    spans = ZeroShot(per_100).spans("A" * length, rows)
    assert [span.last for span in spans] == published(rows, per_100)
    assert [span.first for span in spans] == [1, *(span.last + 1 for span in spans[:-1])]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_kernel_values_are_those_of_ruptures(scale):
    rows = embedding(1, 80) * np.float32(scale)
    theirs = ruptures.costs.CostRbf().fit(rows)
    ours = BandedRbf(30).fit(rows)
    for begin in range(0, 80, 7):
        for end in range(begin + 1, min(begin + 30, 80) + 1):
            assert ours.error(begin, end) == pytest.approx(theirs.error(begin, end), rel=1e-9, abs=1e-9)


def test_identical_rows_have_no_breakpoints():
    rows = np.ones((90, 4), dtype=np.float32)
    assert [s.last for s in ZeroShot().spans("A" * 90, rows)] == published(rows, 3.0) == [90]


@given(st.integers(0, 10_000), st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_the_median_in_blocks_is_exact(seed, length):
    rows = embedding(seed, length).astype(np.float64)
    expected = np.median(pdist(rows, metric="sqeuclidean"))
    assert median_squared_distance(rows, whole=1) == pytest.approx(expected, rel=1e-9)


def test_the_median_over_several_blocks_is_exact(monkeypatch):
    monkeypatch.setattr("nesdb_annot.segmentation.banded_rbf.BLOCK", 100_000)
    rows = embedding(3, 1300, dimension=3).astype(np.float64)
    assert median_squared_distance(rows, whole=1) == pytest.approx(median_squared_distance(rows), rel=1e-9)
    assert median_squared_distance(np.ones((600, 2)), whole=1) == 0.0


def test_breakpoints_of_a_giant_are_the_same(monkeypatch):
    rows = embedding(4, 700)
    whole = ZeroShot().spans("A" * 700, rows)
    monkeypatch.setattr("nesdb_annot.segmentation.banded_rbf.median_squared_distance.__defaults__", (100,))
    assert ZeroShot().spans("A" * 700, rows) == whole


@pytest.mark.parametrize("length", [8, 15, 29])
def test_short_proteins_are_one_segment(length):
    assert ZeroShot().spans("A" * length, embedding(0, length)) == [ResidueSpan(1, length)]


@pytest.mark.parametrize("length", [1, 2, 7])
def test_proteins_shorter_than_the_motif_have_no_segment(length):
    assert ZeroShot().spans("A" * length, embedding(0, length)) == []


def test_no_segment_is_shorter_than_half_a_window():
    spans = ZeroShot(PAPER_BREAKPOINTS).spans("A" * 600, embedding(5, 600))
    assert min(len(span) for span in spans) >= 15


def test_identity_and_impossible_parameters():
    assert ZeroShot().identity.digest != ZeroShot(PAPER_BREAKPOINTS).identity.digest
    for wrong in (0.0, -3.0, 60.0):
        with pytest.raises(ValueError, match="breakpoints per 100"):
            ZeroShot(wrong)


def test_an_embedding_of_another_protein_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        ZeroShot().spans("A" * 50, embedding(0, 49))
