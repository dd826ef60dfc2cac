"""What is stored of a protein: refined spans of a lattice with vectors of their own; a partition as it is."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from nesdb_annot.methods import scoring
from nesdb_annot.methods.pooling import POOLINGS, pool
from nesdb_annot.methods.selector import Candidates
from nesdb_annot.records import MethodIdentity, MethodScore, ScoredSegment, ScoredSequence
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.lattice import Lattice
from nesdb_annot.segmentation.refinement import refine_spans
from nesdb_annot.workflow.candidates import refinement, resolution
from nesdb_annot.workflow.protein_scorer import ProteinScorer

LENGTH = 120


class ByPosition:
    """A method that favours candidates near residue 60."""

    identity = MethodIdentity("position", 1)

    def evidence(self, context, indices):
        return [{"scored": str(context.spans[i])} for i in indices]


class Selecting:
    """A selector with that method alone."""

    methods = (ByPosition(),)

    def candidates(self, context):
        nothing = np.zeros(len(context.spans))
        return Candidates(nothing[:, None].astype(np.float32), np.array(probabilities(context.spans)), nothing, 0.5)


class Scoring:
    """Scorers that give segments as they come."""

    def score(self, stored):
        evidence = stored.scores["position"].evidence
        segments = [
            ScoredSegment(span, vector.tobytes(), 0.0, 0.0, (MethodScore("position", 0.0, 0.5, text),))
            for span, vector, text in zip(stored.spans, stored.pooled, evidence, strict=True)
        ]
        return ScoredSequence(stored.digest, tuple(segments), stored.cargo)


@pytest.fixture(params=POOLINGS)
def pooling(request):
    return request.param


@pytest.fixture
def scored(monkeypatch, pooling):
    """Segments of one protein of noise, with the segmenter and embedding they come from."""
    methods = SimpleNamespace(selector=Selecting(), scorers=Scoring())
    monkeypatch.setattr(scoring, "build_methods", lambda _: methods)
    embedding = np.random.default_rng(1).normal(size=(LENGTH, 6)).astype(np.float32)

    def run(segmenter):
        heads = SimpleNamespace(parameters={"similarity": {"pooling": pooling}})
        segments = ProteinScorer(None, segmenter, heads).score("x", "A" * LENGTH, embedding).segments
        return segments, segmenter.spans("A" * LENGTH, embedding), embedding

    return run


def probabilities(spans):
    return [1 / (1 + abs((span.first + span.last) / 2 - 60)) for span in spans]


def test_a_lattice_stores_refined_spans_and_their_vectors(scored, pooling):
    cores = [ResidueSpan(52, 62), ResidueSpan(54, 63), ResidueSpan(49, 58)]
    segments, spans, embedding = scored(Lattice(lambda _: cores, "cores of one signal", density=0.1))
    kept = resolution(Lattice())(spans, probabilities(spans), LENGTH)
    refined = refine_spans(spans, probabilities(spans), kept)
    assert [segment.span for segment in segments] == refined
    assert refined != [spans[i] for i in kept]
    vectors = np.array([np.frombuffer(segment.pooled, dtype="<f2") for segment in segments])
    assert vectors == pytest.approx(pool(embedding, refined, pooling), abs=1e-3)
    scored_spans = [json.loads(segment.scores[-1].evidence)["scored"] for segment in segments]
    assert scored_spans == [str(spans[i]) for i in kept]


def test_a_partition_is_stored_as_it_is(scored):
    segments, spans, _ = scored(Bounded())
    assert [segment.span for segment in segments] == spans


def test_refinement_follows_the_segmentation():
    two = [ResidueSpan(10, 21), ResidueSpan(12, 23)]
    plain, with_core = "G" * 40, "G" * 8 + "LSEKLTSDLEI" + "G" * 21
    assert refinement(Lattice())(plain, two, [0.5, 0.5], [0]) == [ResidueSpan(11, 22)]
    assert refinement(Lattice())(with_core, two, [0.5, 0.5], [0]) == [ResidueSpan(9, 22)]
    assert refinement(Bounded())(with_core, two, [0.5, 0.5], [0, 1]) == two
