import numpy as np
import pytest

from nesdb_annot.methods.reference_index import ReferenceIndex


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def vectors():
    return unit(np.random.default_rng(7).normal(size=(60, 16)))


def all_distances(queries, vectors, allowed):
    distances = np.linalg.norm(queries[:, None].astype(float) - vectors[None], axis=2)
    distances[:, ~allowed] = np.inf
    return distances


@pytest.mark.parametrize("count", [1, 2, 40, 59])
def test_nearest_are_those_of_all_distances(vectors, count):
    vectors[7] = vectors[3]
    allowed = np.arange(len(vectors)) != 11
    queries = unit(np.vstack([vectors[[3, 5]], -vectors[:4], vectors[5:6] + np.float32(1e-3)]))
    distances, rows = ReferenceIndex(vectors).nearest(queries, count, allowed)
    expected = all_distances(queries, vectors, allowed)
    np.testing.assert_allclose(distances, np.sort(expected)[:, :count], atol=2e-6)
    np.testing.assert_allclose(np.take_along_axis(expected, rows, axis=1), distances, atol=2e-6)


def test_vectors_that_are_not_allowed_are_never_given(vectors):
    allowed = np.arange(len(vectors)) % 3 == 1
    _, rows = ReferenceIndex(vectors).nearest(vectors, int(allowed.sum()), allowed)
    assert set(rows.ravel().tolist()) == set(np.flatnonzero(allowed).tolist())


def test_distance_to_itself_is_zero_in_batches_of_any_size(vectors):
    index, every = ReferenceIndex(vectors), np.ones(len(vectors), dtype=bool)
    many, _ = index.nearest(vectors, 5, every)
    assert not many[:, 0].any()
    for i in range(len(vectors)):
        one, _ = index.nearest(vectors[i : i + 1], 5, every)
        assert np.array_equal(one[0], many[i])


def test_a_caller_s_array_may_change_afterwards(vectors):
    given = vectors.copy()
    index = ReferenceIndex(given)
    given[:] = 0
    distances, _ = index.nearest(vectors[:1], 1, np.ones(len(vectors), dtype=bool))
    assert distances.item() == 0


def test_index_without_vectors_is_empty(vectors):
    assert ReferenceIndex(vectors[:0]).flat.ntotal == 0
