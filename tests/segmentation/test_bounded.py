"""Exact segmentation: the optimum by brute force and by ruptures, bounds kept, short proteins, extremes."""

from functools import cache

import numpy as np
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.bounded import PENALTY, Bounded, change_points, partition

SIGNALS = st.tuples(st.integers(0, 10_000), st.integers(20, 90), st.integers(2, 6))


def signal(seed, length, dimension):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(length, dimension))
    for end in rng.integers(1, length, size=length // 12):
        rows[end:] += rng.normal(size=dimension)
    return rows.astype(np.float32)


def squared_cost(rows):
    rows = rows.astype(np.float64)
    return cache(lambda begin, end: float(((rows[begin:end] - rows[begin:end].mean(axis=0)) ** 2).sum()))


def total(rows, ends, penalty):
    cost = squared_cost(rows)
    return sum(cost(begin, end) + penalty for begin, end in zip([0, *ends], ends, strict=False))


def optimum(rows, minimum, maximum, penalty):
    """Cost of the best segmentation, by plain recursion."""
    cost = squared_cost(rows)

    @cache
    def best(end):
        if end == 0:
            return 0.0
        begins = range(max(0, end - maximum), end - minimum + 1)
        return min((best(begin) + cost(begin, end) + penalty for begin in begins), default=np.inf)

    return best(len(rows))


@given(SIGNALS, st.integers(1, 6), st.floats(0, 30))
@settings(max_examples=60, deadline=None)
def test_no_segmentation_within_bounds_is_cheaper(shape, minimum, penalty):
    rows = signal(*shape)
    maximum = 2 * minimum + 5
    ends = change_points(rows, minimum, maximum, penalty).tolist()
    assert total(rows, ends, penalty) == pytest.approx(optimum(rows, minimum, maximum, penalty), rel=1e-9)


@given(SIGNALS, st.integers(1, 8), st.floats(0.5, 40))
@settings(max_examples=40, deadline=None)
def test_without_maximum_the_breakpoints_are_those_of_ruptures(shape, minimum, penalty):
    rows = signal(*shape)
    ours = change_points(rows, minimum, len(rows), penalty).tolist()
    wide = rows.astype(np.float64)
    assert ours == ruptures.Dynp(model="l2", min_size=minimum, jump=1).fit(wide).predict(n_bkps=len(ours) - 1)
    kernel = ruptures.KernelCPD(kernel="linear", min_size=minimum, jump=1).fit(wide)
    if len(ours) > 1:
        assert ours == kernel.predict(n_bkps=len(ours) - 1)
    # With a penalty KernelCPD prunes as if segments of any length were allowed, and may miss the optimum.
    assert total(rows, ours, penalty) <= total(rows, kernel.predict(pen=penalty), penalty) * (1 + 1e-12)


@given(SIGNALS, st.floats(2, 40))
@settings(max_examples=25, deadline=None)
def test_without_bounds_the_breakpoints_are_those_of_penalised_searches(shape, penalty):
    rows = signal(*shape)
    wide = rows.astype(np.float64)
    ours = change_points(rows, 1, len(rows), penalty).tolist()
    assert ours == ruptures.Pelt(model="l2", min_size=1, jump=1).fit(wide).predict(pen=penalty)
    assert ours == ruptures.KernelCPD(kernel="linear", min_size=1, jump=1).fit(wide).predict(pen=penalty)


@given(SIGNALS, st.integers(1, 8), st.floats(0.2, 5))
@settings(max_examples=40, deadline=None)
def test_cosine_breakpoints_are_those_of_ruptures(shape, minimum, penalty):
    rows = signal(*shape)
    ours = change_points(rows, minimum, len(rows), penalty, cost="cosine").tolist()
    kernel = ruptures.KernelCPD(kernel="cosine", min_size=minimum, jump=1).fit(rows.astype(np.float64))
    if len(ours) > 1:
        assert ours == kernel.predict(n_bkps=len(ours) - 1)


@given(st.integers(1, 130), st.integers(1, 12), st.floats(0, 5), st.sampled_from(["squared", "cosine"]))
@settings(max_examples=150, deadline=None)
def test_segments_cover_the_protein_within_bounds(length, minimum, penalty, cost):
    segmenter = Bounded(minimum=minimum, maximum=2 * minimum + 3, penalty=penalty, cost=cost)
    spans = segmenter.spans("A" * length, signal(length, length, 3))
    if length < minimum:
        assert spans == []
        return
    assert [span.first for span in spans] == [1, *(span.last + 1 for span in spans[:-1])]
    assert spans[-1].last == length
    assert all(minimum <= len(span) <= 2 * minimum + 3 for span in spans)


@pytest.mark.parametrize("seed", range(3))
def test_on_rows_shaped_like_embeddings_ends_are_those_of_ruptures(seed, wandering):
    rows = wandering(150, dimension=320, seed=seed)
    wide = rows.astype(np.float64)
    ours = change_points(rows, 8, len(rows), PENALTY, relative=True).tolist()
    assert len(ours) > 2
    assert ours == ruptures.KernelCPD(kernel="linear", min_size=8, jump=1).fit(wide).predict(n_bkps=len(ours) - 1)
    assert ours == ruptures.Dynp(model="l2", min_size=8, jump=1).fit(wide).predict(n_bkps=len(ours) - 1)


@pytest.mark.parametrize("relative_penalty", [PENALTY, 5.0, 100.0])
def test_on_rows_shaped_like_embeddings_the_maximum_is_kept(relative_penalty, wandering):
    rows = wandering(150, dimension=320)
    penalty = relative_penalty * float(rows.astype(np.float64).var(axis=0).sum())
    ends = change_points(rows, 8, 25, penalty).tolist()
    assert max(np.diff([0, *ends])) <= 25
    assert total(rows, ends, penalty) == pytest.approx(optimum(rows, 8, 25, penalty), rel=1e-12)


def test_clear_jumps_are_found(stepped):
    embedding = stepped(100, ends=(20, 37, 50, 72), noise=0.05)
    spans = Bounded(penalty=0.5).spans("A" * 100, embedding)
    assert {20, 37, 50, 72} <= {span.last for span in spans}
    assert all(8 <= len(span) <= 25 for span in spans)


@pytest.mark.parametrize("cost", ["squared", "cosine"])
def test_a_relative_penalty_is_in_units_of_the_undivided_cost(cost):
    rows = signal(3, 80, 5)
    wide = rows.astype(np.float64)
    if cost == "cosine":
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    unit = ((wide - wide.mean(axis=0)) ** 2).sum(axis=1).mean()
    for penalty in (0.3, 1.1):
        relative = change_points(rows, 4, 20, penalty, cost=cost, relative=True)
        assert relative.tolist() == change_points(rows, 4, 20, penalty * unit, cost=cost).tolist()


@pytest.mark.parametrize("length", [5, 60])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_refused(length, wrong):
    rows = signal(1, length, 3)
    rows[2, 1] = wrong
    for cost in ("squared", "cosine"):
        with pytest.raises(ValueError, match="not finite"):
            Bounded(cost=cost).spans("A" * length, rows)


def test_without_penalty_everything_is_cut_small(wandering):
    spans = Bounded(penalty=0.0).spans("A" * 300, wandering(300))
    assert np.mean([len(span) for span in spans]) < 10


def test_a_penalty_makes_segments_longer(wandering):
    counts = [len(Bounded(penalty=penalty).spans("A" * 300, wandering(300))) for penalty in (0.0, 1.0, 4.0, 100.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 12


def test_segments_do_not_depend_on_scale_or_offset(wandering):
    embedding = wandering(200).astype(np.float64)
    spans = Bounded().spans("A" * 200, embedding)
    assert Bounded().spans("A" * 200, embedding * 1000) == spans
    assert Bounded().spans("A" * 200, embedding + 5000) == spans


@pytest.mark.parametrize("cost", ["squared", "cosine"])
def test_constant_embeddings(cost):
    for value in (0.0, 3.0):
        spans = Bounded(cost=cost).spans("A" * 60, np.full((60, 4), value, dtype=np.float32))
        assert spans[-1].last == 60


def test_a_giant_protein_needs_little_memory(wandering):
    spans = Bounded().spans("A" * 36_000, wandering(36_000, dimension=4))
    assert spans[-1].last == 36_000


@pytest.mark.parametrize(("length", "shape"), [(10, (9, 4)), (10, (10,)), (0, (0, 4)), (10, (11, 4))])
def test_an_embedding_of_another_protein_is_refused(length, shape):
    with pytest.raises(ValueError, match="does not fit"):
        Bounded().spans("A" * length, np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("wrong", [{"minimum": 0}, {"minimum": 14}, {"penalty": -1.0}, {"cost": "rbf"}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"cannot cut|no such"):
        Bounded(**wrong)


def test_identity_follows_the_parameters():
    assert Bounded().identity.digest == Bounded().identity.digest
    assert len({Bounded(penalty=p, cost=c).identity.digest for p in (1.0, 2.0) for c in ("squared", "cosine")}) == 4


def test_partition_of_nothing_and_of_one():
    assert partition([]) == []
    assert partition([5]) == [ResidueSpan(1, 5)]


def test_a_common_offset_loses_no_digits():
    small = np.repeat([[0.0], [1.0], [0.0]], [10, 12, 9], axis=0) + np.random.default_rng(0).normal(size=(31, 1)) * 1e-3
    assert change_points((small + 4096).astype(np.float32), 8, 25, 0.5).tolist() == [10, 22, 31]


@pytest.mark.parametrize("size", [1e-30, 1e-18, 1.0, 1e15])
@pytest.mark.parametrize("cost", ["squared", "cosine"])
def test_embeddings_of_any_size(size, cost):
    rows = np.random.default_rng(4).normal(size=(200, 6))
    expected = change_points(rows.astype(np.float32), 8, 25, 0.6, cost=cost, relative=True).tolist()
    assert change_points((rows * size).astype(np.float32), 8, 25, 0.6, cost=cost, relative=True).tolist() == expected


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


def test_read_only_memory_and_other_layouts_give_the_same_ends():
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
