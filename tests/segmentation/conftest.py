"""Embeddings with change points in known places."""

import numpy as np
import pytest


@pytest.fixture
def stepped():
    """Make an embedding whose mean jumps at given residues: stepped(length, ends, dimension=8, noise=0.3, seed=0)."""

    def make(length, ends=(), dimension=8, noise=0.3, seed=0):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(length, dimension)) * noise
        for end in ends:
            rows[end:] += rng.normal(size=dimension)
        return rows.astype(np.float32)

    return make


@pytest.fixture
def wandering():
    """Make an embedding that drifts as real ones do: wandering(length, dimension=8, seed=0)."""

    def make(length, dimension=8, seed=0):
        rng = np.random.default_rng(seed)
        sums = np.cumsum(rng.normal(size=(length + 8, dimension)), axis=0)
        return (sums[8:] - sums[:-8]).astype(np.float32)

    return make
