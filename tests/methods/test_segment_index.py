"""The index of stored segments: the same rows as all distances give, and the same after changes as built at once."""

from importlib.resources import files

import numpy as np
import pytest

from nesdb_annot.methods import segment_index
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.segment_index import NOTHING_SCORED, Rows, Scored, SegmentIndex, SegmentVectors

COUNT, DIMENSION = 3, 16


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def scored(moments):
    return Scored(*(np.array(column, dtype=np.int64) for column in (list(moments), list(moments.values()))))


def rows_of(moments):
    """Three segments of each sequence; their vectors follow from its key and when it was scored."""
    numbers = np.arange(1, COUNT + 1, dtype=np.int16)
    for key, at in moments.items():
        yield Rows(np.full(COUNT, key), numbers, unit(np.random.default_rng([key, at]).normal(size=(COUNT, DIMENSION))))


def built(moments):
    return SegmentVectors.empty(DIMENSION).with_changes(scored(moments), rows_of(moments))


def by_key(stored):
    keys = zip(stored.sequence.tolist(), stored.segment.tolist(), strict=True)
    return dict(zip(keys, stored.vectors.tolist(), strict=True))


@pytest.fixture(scope="module")
def real_vectors():
    """The reference vectors of the bundled head set: real segments in the space that is searched."""
    payload = (files("nesdb_annot.methods") / "bundled/headset_nes.safetensors").read_bytes()
    return unit(HeadSet.from_bytes(payload).arrays["similarity/vectors"].astype(np.float32))


def of_real(vectors):
    moments = dict.fromkeys(range(len(vectors)), 1)
    added = Rows(np.arange(len(vectors)), np.ones(len(vectors), dtype=np.int16), vectors)
    return SegmentVectors.empty(vectors.shape[1]).with_changes(scored(moments), [added])


def test_flat_index_gives_the_rows_of_all_distances():
    stored = built(dict.fromkeys(range(50), 1))
    queries, left_out = stored.vectors[:7].astype(np.float32), stored.sequence == 1
    distances, rows = SegmentIndex(stored).nearest(queries, 5, left_out)
    expected = np.linalg.norm(queries[:, None].astype(float) - stored.vectors[None].astype(float), axis=2)
    expected[:, left_out] = np.inf
    np.testing.assert_allclose(distances, np.sort(expected)[:, :5], atol=1e-5)
    assert rows.tolist() == np.argsort(expected)[:, :5].tolist()


def test_too_few_vectors_leave_rows_of_minus_one():
    stored = built({7: 1})
    _, rows = SegmentIndex(stored).nearest(stored.vectors[:1].astype(np.float32), 5, stored.segment == 1)
    assert rows[0].tolist()[2:] == [-1, -1, -1]
    assert sorted(rows[0].tolist()[:2]) == [1, 2]


def test_changes_give_what_is_built_at_once():
    before, now = {1: 5, 2: 5, 3: 5}, {1: 5, 3: 6, 4: 6}
    missing = scored(now).missing_in(scored(before)).tolist()
    assert missing == [3, 4]
    changed = built(before).with_changes(scored(now), rows_of({key: now[key] for key in missing}))
    assert by_key(changed) == by_key(built(now))
    assert changed.scored.equals(scored(now))


def test_everything_may_go_and_come():
    moments = {1: 5, 2: 5}
    nothing = built(moments).with_changes(NOTHING_SCORED, [])
    assert len(nothing.vectors) == 0
    assert scored(moments).missing_in(nothing.scored).tolist() == [1, 2]
    query, none = unit(np.ones((1, DIMENSION))), np.empty(0, dtype=bool)
    assert SegmentIndex(nothing).nearest(query, 2, none)[1].tolist() == [[-1, -1]]
    assert by_key(nothing.with_changes(scored(moments), rows_of(moments))) == by_key(built(moments))


@pytest.mark.parametrize("flat_up_to", [10**6, 20])
def test_bytes_give_the_same_vectors(monkeypatch, flat_up_to):
    monkeypatch.setattr(segment_index, "FLAT_UP_TO", flat_up_to)
    stored = built(dict.fromkeys(range(30), 1))
    again = SegmentVectors.from_bytes(stored.to_bytes())
    assert again.to_bytes() == stored.to_bytes()
    assert (len(again.centers) > 0) == (flat_up_to == 20)
    queries, none = stored.vectors[:4].astype(np.float32), np.zeros(90, dtype=bool)
    one, other = (SegmentIndex(vectors).nearest(queries, 3, none) for vectors in (stored, again))
    assert np.array_equal(one[1], other[1])


def test_cells_find_95_percent_of_the_ten_nearest(monkeypatch, real_vectors):
    exact = SegmentIndex(of_real(real_vectors))
    monkeypatch.setattr(segment_index, "FLAT_UP_TO", 1_000)
    in_cells = SegmentIndex(of_real(real_vectors))
    assert len(in_cells.stored.centers) == int(2 * len(real_vectors) ** 0.5)
    none, queries = np.zeros(len(real_vectors), dtype=bool), real_vectors[::7]
    expected, found = (index.nearest(queries, 10, none)[1].tolist() for index in (exact, in_cells))
    shared = [len(set(one) & set(other)) / 10 for one, other in zip(expected, found, strict=True)]
    assert np.mean(shared) >= 0.95


def test_cells_leave_out_what_is_left_out(monkeypatch, real_vectors):
    monkeypatch.setattr(segment_index, "FLAT_UP_TO", 1_000)
    left_out = np.arange(len(real_vectors)) % 2 == 0
    _, rows = SegmentIndex(of_real(real_vectors)).nearest(real_vectors[:20], 10, left_out)
    assert (rows % 2 == 1).all()


def test_cells_are_kept_until_there_are_four_times_as_many_vectors(monkeypatch):
    monkeypatch.setattr(segment_index, "FLAT_UP_TO", 50)
    first = built(dict.fromkeys(range(20), 1))
    more = dict.fromkeys(range(60), 1)
    grown = first.with_changes(scored(more), rows_of(dict.fromkeys(range(20, 60), 1)))
    assert grown.centers is first.centers
    assert len(grown.cell) == 180
    many = dict.fromkeys(range(80), 1)
    retrained = grown.with_changes(scored(many), rows_of(dict.fromkeys(range(60, 80), 1)))
    assert (first.trained_for, retrained.trained_for) == (60, 240)
    assert len(retrained.centers) > len(first.centers)
    assert not len(retrained.with_changes(scored({0: 1}), []).centers)
