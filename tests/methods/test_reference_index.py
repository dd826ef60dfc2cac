import numpy as np
import pytest

from nesdb_annot.methods.reference_index import KEPT, reference_index


@pytest.fixture
def vectors():
    random = np.random.default_rng(7)
    vectors = random.normal(size=(40, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_same_head_set_finds_the_index_that_is_there(vectors):
    assert reference_index(vectors, "digest", "motifs") is reference_index(vectors.copy(), "digest", "motifs")
    assert reference_index(vectors, "digest", "motifs") is not reference_index(vectors, "digest", "others")


def test_when_the_digest_differs_it_is_built_anew(vectors):
    earlier = reference_index(vectors, "earlier", "motifs")
    changed = vectors.copy()
    changed[3] = -changed[3]
    index = reference_index(changed, "later", "motifs")
    distance, found = index.flat.search(changed[3:4], 1)
    assert (found.item(), distance.item()) == (3, pytest.approx(0, abs=1e-6))
    assert earlier.flat.search(vectors[3:4], 1)[0].item() == pytest.approx(0, abs=1e-6)


def test_of_heads_in_training_nothing_is_kept(vectors):
    assert reference_index(vectors, "", "motifs") is not reference_index(vectors, "", "motifs")


def test_a_caller_s_array_may_change_afterwards(vectors):
    given = vectors.copy()
    index = reference_index(given, "changing", "motifs")
    given[:] = 0
    near = index.nearest(vectors[:1], 1, np.zeros(len(vectors), dtype=bool))
    assert near[2].item() == pytest.approx(0, abs=1e-3)


def test_few_indices_are_kept(vectors):
    first = reference_index(vectors, "first", "motifs")
    for number in range(KEPT):
        reference_index(vectors, str(number), "motifs")
    assert reference_index(vectors, "first", "motifs") is not first


def test_no_vectors(vectors):
    assert reference_index(vectors[:0], "", "motifs").flat.ntotal == 0
