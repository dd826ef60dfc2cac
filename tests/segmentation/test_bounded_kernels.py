"""The compiled kernels of exact segmentation against plain Python in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.segmentation import _bounded_kernels as kernels
from nesdb_annot.segmentation._ledger import BASE, DOUBT, LEDGER, START, parting, share_doubt
from nesdb_annot.segmentation._running_sums import (
    LAGS,
    REBASED_AFTER,
    SPARE,
    UNIT,
    WHOLE,
    Rows,
    aligned,
    extend,
    inverse_norms,
    moments,
    products,
    rebase,
)
from nesdb_annot.segmentation.bounded import change_points


def rows_of(embedding, scale=None, offset=None):
    scale = np.ones(len(embedding)) if scale is None else scale
    offset = np.zeros((1, embedding.shape[1]), np.float32) if offset is None else offset
    return Rows(embedding, scale, offset, offset.astype(np.float64))


@pytest.fixture
def embedding():
    return (np.random.default_rng(5).normal(size=(40, WHOLE)) * 3 + 2).astype(np.float32)


def test_moments_of_large_numbers():
    rows = np.zeros((3, WHOLE), np.float32)
    rows[:, 0] = [16777216.0, 1.0, 1.0]  # added up in float32, the ones would be lost
    assert moments(rows, np.ones(3), 1, rows[0].astype(float))[0][0] == 16777218.0 / 3


@pytest.mark.parametrize("length", [1, 2, 3, 4, 39, 40, 97])
@pytest.mark.parametrize("step", [1, 2, 7])
def test_moments_of_scaled_rows(length, step):
    random = np.random.default_rng(length)
    embedding = (random.normal(size=(length, WHOLE)) + 40).astype(np.float32)
    scale = random.uniform(0.5, 2, size=length)
    rows = (embedding.astype(np.float64) * scale[:, None])[::step]
    mean, spread = moments(embedding, scale, step, embedding[0] * scale[0])
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-13)
    mean, spread = moments(embedding, scale, step, mean)
    expected = ((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean()
    assert spread == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_inverse_norms(embedding):
    embedding[3] = 0
    scale = inverse_norms(embedding)
    assert scale[3] == 1
    lengths = np.linalg.norm(embedding * scale[:, None], axis=1)
    np.testing.assert_allclose(np.delete(lengths, 3), 1.0)


@pytest.mark.parametrize("offset", range(8))
def test_rows_in_scratch_begin_with_a_cache_line(offset):
    sums = aligned(np.zeros(500)[offset:], 48)
    assert sums.ctypes.data % 64 == 0
    assert len(sums) >= (500 - 16 - offset) * 2 // 48


def running(embedding, scale, offset):
    rows = embedding.astype(np.float64) * scale[:, None] + offset
    return np.concatenate([np.zeros((1, embedding.shape[1])), rows.cumsum(axis=0)])


def test_running_sums_and_their_squares(embedding):
    random = np.random.default_rng(2)
    scale, offset = random.uniform(0.5, 2, size=40), random.normal(size=(1, WHOLE)).astype(np.float32)
    sums, squares = np.zeros((60, WHOLE), np.float32), np.zeros((2, 30))
    extend(rows_of(embedding, scale, offset), 0, sums, 7, squares)
    expected = running(embedding, scale, offset)[1:31]
    np.testing.assert_allclose(sums[8:38], expected, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(squares[0], (expected**2).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(squares[1], (np.diff(expected, axis=0, prepend=0) ** 2).sum(axis=1), rtol=1e-4)


def test_a_new_base_moves_what_is_in_reach():
    sums = np.random.default_rng(3).normal(size=(30, WHOLE)).astype(np.float32)
    expected, squares = sums[15:21].astype(np.float64) - sums[20], np.zeros(6)
    rounded = rebase(sums, 20, 6, squares)
    np.testing.assert_allclose(sums[:6], expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(squares, (expected**2).sum(axis=1), rtol=1e-6)
    assert 0 < rounded <= 2 * UNIT * np.sqrt((expected**2).sum(axis=1).max())


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_products_of_running_sums(fours, groups, vectors):
    sums = np.random.default_rng(fours).normal(size=(80, WHOLE * vectors)).astype(np.float32)
    near = np.zeros((LAGS * groups, 4 * fours), np.float32)
    products(sums, 50, 4 * fours, 13, near)
    expected = [[sums[50 + i] @ sums[13 + i + j] for i in range(4 * fours)] for j in range(LAGS * groups)]
    np.testing.assert_allclose(near, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("begin", "end"), [(0, 1), (3, 11), (4, 29)])
def test_gain_in_float64(embedding, begin, end):
    scale, offset = np.linspace(0.5, 2, 40), np.full((1, WHOLE), -2.5, np.float32)
    rows = embedding.astype(np.float64) * scale[:, None] + offset
    expected = (rows[begin:end].sum(axis=0) ** 2).sum() / (end - begin)
    assert kernels.gain(rows_of(embedding, scale, offset), begin, end) == pytest.approx(expected, rel=1e-13)


def ledger_of(starts, doubts, reach):
    ledger = np.zeros((LEDGER, len(starts) + reach + SPARE))
    ledger[BASE] = np.inf
    ledger[BASE, reach : reach + len(starts)] = 0.0
    ledger[START, reach : reach + len(starts)] = starts
    ledger[DOUBT, reach : reach + len(starts)] = doubts
    return ledger


def test_segmentations_part_where_they_last_agree():
    starts = [0, 0, 0, 1, 2, 3, 3, 5]  # 7 <- 5 <- 3 <- 1 <- 0; 6 <- 3; 4 <- 2 <- 0
    ledger = ledger_of(starts, 0.0, 4)
    assert [parting(ledger, 4, 7, other, 9) for other in (7, 6, 4, 3)] == [7, 3, 0, 3]
    assert [parting(ledger, 4, 7, 4, steps) for steps in (5, 6)] == [-1, 0]


def test_only_what_all_have_in_common_is_no_longer_doubted():
    starts, doubts = [0, 0, 0, 1, 2, 3, 3, 5], [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0]
    ledger = ledger_of(starts, doubts, 2)
    share_doubt(ledger, 2, 7)  # 5, 6 and 7 agree up to 3
    assert ledger[DOUBT, 2 + np.array([3, 5, 6, 7])].tolist() == [0.0, 1.0, 2.0, 3.0]
    ledger = ledger_of(starts, doubts, 7)
    share_doubt(ledger, 7, 7)  # 4 and 7 have nothing in common
    assert ledger[DOUBT, 7 : 7 + len(doubts)].tolist() == doubts


def cut_slowly(embedding, minimum, maximum, penalty, relative=False):
    """By plain recursion in float64; of equals the shortest last segment."""
    rows = embedding.astype(np.float64)
    rows -= rows.mean(axis=0)
    penalty *= (rows**2).sum(axis=1).mean() if relative else 1.0
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    base, start = [0.0], [0]
    for end in range(1, len(rows) + 1):
        begins = range(end - minimum, max(-1, end - maximum - 1), -1)
        costs = [(base[b] - ((sums[end] - sums[b]) ** 2).sum() / (end - b), -b) for b in begins] or [(np.inf, 0)]
        base.append(min(costs)[0] + penalty)
        start.append(-min(costs)[1])
    ends = [len(rows)]
    while start[ends[-1]] > 0:
        ends.append(start[ends[-1]])
    return ends[::-1]


@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-5])
def test_float64_decides_what_float32_cannot(noise):
    """Segments of nearly equal gain, far within the error of products in float32, over several bases."""
    random = np.random.default_rng(7)
    rows = np.repeat(random.normal(size=(1, 64)), 300, axis=0) * np.where(np.arange(300) // 6 % 2, 1, -1)[:, None]
    rows = (rows + noise * random.normal(size=rows.shape)).astype(np.float32)
    for penalty in (0.0, 0.7, 40.0):
        assert change_points(rows, 8, 25, penalty).tolist() == cut_slowly(rows, 8, 25, penalty)


@pytest.mark.parametrize("maximum", [15, 25, REBASED_AFTER + 40])
@pytest.mark.parametrize("drift", [0.0, 0.3, 3.0])
def test_long_proteins_that_drift(maximum, drift):
    """Over many bases and sharings of doubt; sums grow where rows resemble each other."""
    random = np.random.default_rng(11)
    rows = random.normal(size=(1100, 40)) + drift * random.normal(size=(1100, 40)).cumsum(axis=0) / 5
    rows = rows.astype(np.float32)
    for penalty in (0.0, 1.25):
        found = change_points(rows, 8, maximum, penalty, relative=True).tolist()
        assert found == cut_slowly(rows, 8, maximum, penalty, relative=True)


def test_repeats_of_one_row_are_decided_like_in_float64():
    """Every choice is a tie to within float64's own rounding: the cost is what can be compared."""
    rows = np.tile(np.random.default_rng(1).normal(size=(5, 24)), (60, 1)).astype(np.float32)
    found = change_points(rows, 8, 25, 0.5).tolist()
    ends = cut_slowly(rows, 8, 25, 0.5)

    def cost(cuts):
        parts = [rows[a:b].astype(np.float64) for a, b in zip([0, *cuts], cuts, strict=False)]
        return sum(((part - part.mean(axis=0)) ** 2).sum() + 0.5 for part in parts)

    assert cost(found) == pytest.approx(cost(ends), rel=1e-12)


def test_equal_rows_are_ties_without_end():
    """Every place is settled once: followed back one by one, these would take minutes."""
    rows = np.repeat(np.random.default_rng(1).normal(size=(1, 32)), 16_000, axis=0).astype(np.float32)
    sizes = np.diff([0, *change_points(rows, 8, 25, 0.0).tolist()])
    assert sizes.sum() == 16_000
    assert sizes.min() >= 8
    assert sizes.max() <= 25


def test_a_large_common_offset_does_not_eat_digits():
    small = np.repeat([[0.0], [1.0], [0.0]], [10, 12, 9], axis=0) + np.random.default_rng(0).normal(size=(31, 1)) * 1e-3
    assert change_points((small + 4096).astype(np.float32), 8, 25, 0.5).tolist() == [10, 22, 31]


@pytest.mark.parametrize("size", [1e-30, 1e-18, 1.0, 1e15])
@pytest.mark.parametrize("cost", ["squared", "cosine"])
def test_embeddings_of_any_size(size, cost):
    rows = np.random.default_rng(4).normal(size=(200, 6))
    expected = change_points(rows.astype(np.float32), 8, 25, 0.6, cost=cost, relative=True).tolist()
    assert change_points((rows * size).astype(np.float32), 8, 25, 0.6, cost=cost, relative=True).tolist() == expected


@pytest.mark.parametrize("cost", ["squared", "cosine"])
def test_a_row_that_dwarfs_those_that_were_sampled(cost):
    rows = np.random.default_rng(1).normal(size=(600, 6)).astype(np.float32)
    rows[301] = 1e20
    sizes = np.diff([0, *change_points(rows, 8, 25, 1.0, cost=cost).tolist()])
    assert sizes.sum() == 600
    assert sizes.min() >= 8
    assert sizes.max() <= 25


def test_small_differences_of_large_numbers():
    """Their squares are less than float32 can tell from nothing."""
    rows = np.c_[np.ones(100), 1e-24 * np.random.default_rng(0).normal(size=(100, 3))].astype(np.float32)
    assert change_points(rows, 4, 25, 0.0).tolist() == cut_slowly(rows, 4, 25, 0.0)
    assert change_points(rows, 4, 25, 1.0, relative=True).tolist() == cut_slowly(rows, 4, 25, 1.0, relative=True)


@pytest.mark.parametrize(("minimum", "maximum"), [(1, 2), (2, 3), (2, 4), (3, 5), (4, 7)])
def test_short_segments_of_nearly_equal_gain(minimum, maximum):
    """Ends are looked at together though they rest on each other: what isn't known yet must not hide a choice."""
    for seed in range(60):
        random = np.random.default_rng(seed)
        rows = random.normal(size=(1, 32)) * np.where(np.arange(20) % 2, 1, -1)[:, None]
        rows = (rows + 1e-6 * random.normal(size=(20, 32))).astype(np.float32)
        assert change_points(rows, minimum, maximum, 0.0).tolist() == cut_slowly(rows, minimum, maximum, 0.0)


def test_lengths_that_few_numbers_of_segments_reach():
    rows = np.random.default_rng(0).normal(size=(330, 20)).astype(np.float32)
    sizes = np.diff([0, *change_points(rows, 100, 110, 1.0).tolist()])
    assert sorted(sizes.tolist()) == [110, 110, 110]


@pytest.mark.parametrize(
    ("length", "minimum", "maximum", "penalty"),
    [(13, 8, 10, 0.0), (300, 140, 149, 0.0), (30, 9, 8, 0.0), (30, 0, 8, 0.0), (30, 4, 8, np.nan), (30, 4, 8, np.inf)],
)
def test_what_cannot_be_cut_is_refused(length, minimum, maximum, penalty):
    with pytest.raises(ValueError, match=r"cannot be cut|no such penalty"):
        change_points(np.zeros((length, 3), np.float32), minimum, maximum, penalty)


def test_memory_that_must_not_be_written_and_other_layouts():
    rows = np.random.default_rng(6).normal(size=(90, 32)).astype(np.float32)
    expected = change_points(rows, 8, 25, 3.0).tolist()
    locked = rows.copy()
    locked.flags.writeable = False
    doubled = np.repeat(rows, 2, axis=0)[::2]
    for same in (locked, np.asfortranarray(rows), doubled, rows.astype(np.float64), rows[::-1][::-1]):
        assert change_points(same, 8, 25, 3.0).tolist() == expected


@pytest.mark.parametrize(("length", "minimum", "maximum"), [(16, 8, 15), (15, 8, 15), (8, 8, 8), (24, 8, 8), (1, 1, 1)])
def test_lengths_at_the_bounds(length, minimum, maximum):
    rows = np.random.default_rng(length).normal(size=(length, 2)).astype(np.float32)
    found = change_points(rows, minimum, maximum, 0.0).tolist()
    sizes = np.diff([0, *found])
    assert found[-1] == length
    assert sizes.min() >= minimum
    assert sizes.max() <= maximum


def test_scratch_is_used_again_by_shorter_and_longer_proteins():
    random = np.random.default_rng(9)
    proteins = [random.normal(size=(length, 5)).astype(np.float32) for length in (700, 31, 90, 1500, 16, 200)]
    for rows in [*proteins, *reversed(proteins)]:
        assert change_points(rows, 8, 25, 2.0).tolist() == cut_slowly(rows, 8, 25, 2.0)
