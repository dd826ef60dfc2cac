from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.methods.pooling import MEAN, pool
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.similarity import LEAST_DISTANCE, References, Similarity, whitened
from nesdb_annot.records import MethodIdentity
from nesdb_annot.residues import ResidueSpan

from .conftest import scores_by

DIMENSION = 6


@pytest.fixture
def references():
    """Ten motifs and twenty others."""
    random = np.random.default_rng(1)
    means = random.normal(size=(30, DIMENSION)).astype(np.float32)
    is_motif = np.arange(30) < 10
    means[is_motif, 0] += 4
    spans = np.array([(i + 1, i + 12) for i in range(30)])
    center = np.full(means.shape[1], 0.1, np.float32)
    projection = random.normal(size=(means.shape[1], 4)).astype(np.float32) * 0.2
    projection[0, 0] += 1
    vectors = whitened(means, center, projection)
    return References(vectors, is_motif, spans, [f"protein{i // 2}" for i in range(30)], center, projection)


@pytest.fixture
def method(references):
    return Similarity(MethodIdentity("similarity", 1), references, 4, MEAN)


def context(digest="query", seed=2):
    random = np.random.default_rng(seed)
    embedding = random.normal(size=(60, DIMENSION)).astype(np.float32)
    embedding[10:30, 0] += 4
    spans = [ResidueSpan(1, 9), ResidueSpan(12, 28), ResidueSpan(40, 55)]
    return ProteinContext(digest, "M" * 60, embedding, spans, pool(embedding, spans))


def by_hand(references, embedding, span, k):
    """The formula, without an index."""
    query = (embedding[span.as_slice()].mean(axis=0) - references.center) @ references.projection
    distance = np.linalg.norm(references.vectors - query / np.linalg.norm(query), axis=1)
    near = [
        np.sort(distance[side])[:k].mean() + LEAST_DISTANCE
        for side in (references.is_motif, ~references.is_motif)
    ]
    return np.log(near[1]) - np.log(near[0])


def test_the_score_is_the_formula(method, references):
    own = context()
    expected = [by_hand(references, own.embedding, span, 4) for span in own.spans]
    assert [score.raw for score in scores_by(method, own)] == pytest.approx(expected, abs=1e-4)


def test_a_motif_like_segment_scores_highest(method):
    scores = [score.raw for score in scores_by(method, context())]
    assert np.argmax(scores) == 1
    assert scores[1] > 0 > min(scores)


def test_fewer_references_than_neighbours(references):
    many = Similarity(MethodIdentity("similarity", 1), references, 100, MEAN)
    own = context()
    expected = [by_hand(references, own.embedding, span, 100) for span in own.spans]
    assert [score.raw for score in scores_by(many, own)] == pytest.approx(expected, abs=1e-4)


def test_without_any_motif_the_score_is_negative(method, references):
    alone = Similarity(method.identity, replace(references, is_motif=np.zeros(30, dtype=bool)), 4, MEAN)
    scores = scores_by(alone, context())
    assert all(np.isfinite(score.raw) and score.raw < 0 for score in scores)
    assert all("nearest_motif" not in score.evidence for score in scores)


def test_evidence_names_the_nearest_and_flags_the_same_protein(method, references):
    own = context(digest="protein1")
    evidence = scores_by(method, own)[1].evidence
    nearest = evidence["nearest_motif"]
    place = references.digests.index(nearest["sequence"])
    assert nearest["span"] in references.spans[[place, place + 1]].tolist()
    assert nearest["same_protein"] == (nearest["sequence"] == "protein1")
    assert not evidence["nearest_other"]["same_protein"]


def test_a_reference_itself_is_the_highest_and_finite(method, references):
    own = context()
    itself = References(
        references.whitened(own.pooled), np.array([False, True, False]), references.spans[:3], ["a", "protein0", "b"],
        references.center, references.projection,
    )  # fmt: skip
    scores = scores_by(Similarity(method.identity, itself, 1, MEAN), own)
    assert np.argmax([score.raw for score in scores]) == 1
    assert np.isfinite(scores[1].raw)
    assert scores[1].evidence["nearest_motif"] == {
        "sequence": "protein0",
        "span": [2, 13],
        "distance": pytest.approx(0.0, abs=1e-3),
        "same_protein": False,
    }


def test_company_changes_nothing(method):
    own = context()
    alone = ProteinContext(own.digest, own.residues, own.embedding, own.spans[1:2], own.pooled[1:2])
    assert scores_by(method, own)[1].raw == pytest.approx(scores_by(method, alone)[0].raw, abs=1e-6)


def test_no_segments(method):
    own = context()
    assert scores_by(method, ProteinContext("x", own.residues, own.embedding, [], own.pooled[:0])) == []
