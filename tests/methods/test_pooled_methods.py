"""Methods that read pooled vectors read those of their own pooling, and refuse others."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.neural import Neural
from nesdb_annot.methods.pooling import CENTRED, MAXIMUM, MEAN, POOLINGS
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.scoring import pooling_of
from nesdb_annot.methods.similarity import References, Similarity
from nesdb_annot.records import MethodIdentity
from nesdb_annot.residues import ResidueSpan

from .conftest import scores_by

VECTORS = np.eye(4, dtype=np.float32)


def similarity(pooling):
    spans, digests = np.ones((4, 2), dtype=np.int64), list("abcd")
    whole = References(VECTORS, np.arange(4) < 2, spans, digests, np.zeros(4, np.float32), VECTORS)
    return Similarity(MethodIdentity("similarity", 1), whole, 1, pooling)


def neural(pooling):
    ones = np.ones(4, dtype=np.float32)
    layers = {"layer0.weight": np.ones((1, 4, 1), np.float32), "layer0.bias": np.zeros((1, 1, 1), np.float32)}
    return Neural(MethodIdentity("neural", 1), {"mean": ones, "inverse_scale": ones, **layers}, pooling)


@pytest.fixture
def context():
    return ProteinContext("x", "ACDE", VECTORS, [ResidueSpan(1, 2), ResidueSpan(3, 4)], VECTORS[:2])


@pytest.mark.parametrize(
    ("method", "pooling"),
    [(similarity, CENTRED), (similarity, MEAN), (neural, CENTRED), (neural, MAXIMUM)],
)
def test_only_vectors_of_its_own_pooling_are_read(method, pooling, context):
    scores = scores_by(method(pooling), replace(context, pooling=pooling))
    assert len(scores) == 2
    for other in POOLINGS:
        if other != pooling:
            with pytest.raises(ValueError, match=f"pooled by '{other}', the method reads '{pooling}'"):
                scores_by(method(pooling), replace(context, pooling=other))


def test_heads_that_name_no_pooling_read_means():
    assert pooling_of({}) == pooling_of({"similarity": {"neighbours": 10}}) == MEAN
    assert pooling_of({"similarity": {"pooling": CENTRED}}) == CENTRED


def test_heads_of_an_unknown_pooling_are_refused_as_a_whole():
    with pytest.raises(ConfigurationError, match="pools segments by 'median'") as refused:
        pooling_of({"similarity": {"pooling": "median"}})
    assert "mean, centred, maximum" in refused.value.why
    assert refused.value.remedy == "nesannot train"


def test_the_evidence_of_the_perceptrons_is_what_each_of_them_gives(context):
    method = neural(MEAN)
    weights = np.stack([np.full((4, 1), size, np.float32) for size in (1.0, 3.0)])
    arrays = {**method.arrays, "layer0.weight": weights, "layer0.bias": np.zeros((2, 1, 1), np.float32)}
    scores = scores_by(replace(method, arrays=arrays), replace(context, pooling=MEAN))
    assert dict(scores[0].evidence) == {"members": [-3.0, -9.0]}
    assert scores[0].raw == -6.0
