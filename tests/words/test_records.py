"""Identities change with everything that they stand for, and with nothing else."""

from dataclasses import replace
from multiprocessing.reduction import ForkingPickler

from nesdb_annot.records import (
    LanguageModelIdentity,
    MethodIdentity,
    MethodScore,
    ProteinRecord,
    ScoredSegment,
    ScoredSequence,
    SegmentationIdentity,
    digest_of,
    json_text,
)
from nesdb_annot.relation import Relation, TrainingRelation
from nesdb_annot.residues import ResidueSpan, sequence_digest

MODEL = LanguageModelIdentity("m", 6, 320, "ab" * 32, "full")


def test_language_model_digest_sees_every_field():
    changed = [
        replace(MODEL, name="n"),
        replace(MODEL, layer=5),
        replace(MODEL, dimension=321),
        replace(MODEL, weights_sha256="cd" * 32),
        replace(MODEL, long_rule="windows"),
    ]
    assert len({MODEL.digest, *(m.digest for m in changed)}) == 6


def test_order_of_parameters_does_not_matter():
    one = SegmentationIdentity("lattice", 1, {"a": 1, "b": 2})
    two = SegmentationIdentity("lattice", 1, {"b": 2, "a": 1})
    assert one.digest == two.digest != SegmentationIdentity("lattice", 1, {"a": 1, "b": 3}).digest


def test_training_set_is_part_of_a_method():
    assert MethodIdentity("neural", 1).digest != MethodIdentity("neural", 1, training_digest="x").digest


def test_digest_of_is_stable_over_releases_of_python():
    assert digest_of({"b": [1, 2.5], "a": None})[:16] == "e57f5d37865437a8"


def test_equal_residues_share_a_digest_whatever_their_accession():
    a, b = ProteinRecord("P1", "MKL"), ProteinRecord("P2", "MKL", isoform=2)
    assert a.digest == b.digest == sequence_digest("MKL")


def test_scores_travel_between_processes_as_they_are():
    evidence = json_text({"class": "1a", "core": [1, 2.5], "é": None})
    scores = (MethodScore("consensus", 1.5, 0.25, evidence), MethodScore("neural", -2.0, 0.5))
    spans = (ResidueSpan(3, 12), ResidueSpan(20, 30))
    segments = (
        ScoredSegment(spans[0], bytes(8), 0.1, -1.5, scores),
        ScoredSegment(spans[1], b"", -2.0, 0.0, scores[1:]),
    )
    related = TrainingRelation(Relation.RELATED, "P1", 0.5)
    sequences = (
        ScoredSequence("ab", segments, 0.3, training=related),
        ScoredSequence("cd", error="ValueError: x"),
        ScoredSequence("ef"),
    )
    for sequence in sequences:
        arrived = ForkingPickler.loads(ForkingPickler.dumps(sequence))
        assert arrived == sequence
        again = ForkingPickler.loads(ForkingPickler.dumps(arrived))
        assert again == sequence
