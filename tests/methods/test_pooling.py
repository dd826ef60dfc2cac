"""Each pooling against its formula in plain numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.methods.pooling import CENTRED, MAXIMUM, MEAN, POOLINGS, pool
from nesdb_annot.residues import ResidueSpan

EMBEDDING = np.random.default_rng(1).normal(size=(40, 5)).astype(np.float32)


def by_hand(rows, pooling):
    if pooling == MAXIMUM:
        return rows.max(axis=0)
    weights = np.ones(len(rows)) if pooling == MEAN else np.hanning(len(rows) + 2)[1:-1]
    return np.average(rows.astype(float), axis=0, weights=weights)


@pytest.mark.parametrize("pooling", POOLINGS)
@given(spans=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 39)), max_size=5))
def test_a_pooling_is_its_formula(pooling, spans):
    chosen = [ResidueSpan(first, min(first + more, 40)) for first, more in spans]
    vectors = pool(EMBEDDING, chosen, pooling)
    assert vectors.shape == (len(chosen), 5)
    assert vectors.dtype == np.float32
    for span, vector in zip(chosen, vectors, strict=True):
        assert vector == pytest.approx(by_hand(EMBEDDING[span.as_slice()], pooling), abs=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_one_residue_is_its_own_vector(pooling):
    assert pool(EMBEDDING, [ResidueSpan(7, 7)], pooling)[0] == pytest.approx(EMBEDDING[6])


def test_the_ends_count_least_where_the_middle_counts_most():
    rows = np.zeros((9, 1), dtype=np.float32)
    effect = []
    for place in range(9):
        rows[:] = 0
        rows[place] = 1
        effect.append(pool(rows, [ResidueSpan(1, 9)], CENTRED).item())
    assert effect == pytest.approx(effect[::-1])
    assert (np.diff(effect[:5]) > 0).all()
    assert sum(effect) == pytest.approx(1)


def test_an_embedding_of_other_numbers_is_converted():
    span = [ResidueSpan(3, 12)]
    assert pool(EMBEDDING.astype(np.float64)[:, ::-1], span) == pytest.approx(pool(EMBEDDING, span)[:, ::-1])


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="no pooling 'median': mean, centred, maximum"):
        pool(EMBEDDING, [ResidueSpan(1, 3)], "median")
