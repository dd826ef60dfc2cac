"""The head set that comes with the package, at work."""

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import PlattCalibration, logistic
from nesdb_annot.methods.combination import combined
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.rescoring import StoredSegments, stored_scores
from nesdb_annot.methods.scoring import METHODS, POOLED, SELECTING, build_methods, pooling_of
from nesdb_annot.records import ScoredSequence
from nesdb_annot.residues import ResidueSpan

PROTEIN = "MGSSDEEKPTTQNSNELALKLAGLDINKTEPSGGSDDEKRKRHPLLIVAVLLGVFAILLIVRKSQQ"


@pytest.fixture(scope="module")
def head_set():
    return HeadSet.from_bytes((files("nesdb_annot.methods") / "bundled" / "headset_nes.safetensors").read_bytes())


@pytest.fixture(scope="module")
def methods(head_set):
    return build_methods(head_set)


def noise(head_set, residues):
    shape = len(residues), head_set.language_model.dimension
    return np.random.default_rng(len(residues)).normal(size=shape).astype(np.float32)


def selected(methods, residues=PROTEIN, spans=((1, 12), (14, 26), (44, 60)), embedding=None):
    """All candidates, which are kept as they are, and how they are stored."""
    spans = [ResidueSpan(*span) for span in spans]
    embedding = noise(methods.head_set, residues) if embedding is None else embedding
    context = ProteinContext("0" * 64, residues, embedding, spans)
    candidates, everything = methods.selector.candidates(context), range(len(spans))
    scores = {
        name: stored_scores(method, context, candidates.raw[:, i], everything)
        for i, (name, method) in enumerate(zip(SELECTING, methods.selector.methods, strict=True))
    }
    vectors = pool(embedding, spans, pooling_of(methods.head_set.parameters)).astype(np.float16)
    stored = StoredSegments(
        "0" * 64, residues, spans, vectors, scores, candidates.competition, candidates.cargo
    )  # fmt: skip
    return candidates, stored


def scored(methods, *where, **how):
    return methods.scorers.score(selected(methods, *where, **how)[1])


def test_every_method_scores_every_segment(methods):
    segments = scored(methods).segments
    assert [[score.method for score in segment.scores] for segment in segments] == [[*METHODS, "combined"]] * 3
    for segment in segments:
        assert all(np.isfinite(score.raw) and 0 < score.calibrated < 1 for score in segment.scores)
        assert set(json.loads(segment.scores[-1].evidence)["log_odds"]) == set(METHODS)


def test_evidence_tells_a_candidate_alone_from_competition(methods):
    spans = ((1, 12), (14, 26), (44, 60))
    segments = scored(methods, spans=spans).segments
    together = [json.loads(segment.scores[-1].evidence) for segment in segments]
    by_itself = [json.loads(scored(methods, spans=(s,)).segments[0].scores[-1].evidence) for s in spans]
    for beside, alone, segment in zip(together, by_itself, segments, strict=True):
        assert beside["alone"] == alone["alone"]
        assert beside["competition"] < alone["competition"] == 0
        assert segment.scores[-1].raw < np.log(beside["alone"] / (1 - beside["alone"]))
    best = max(together, key=lambda one: one["alone"])
    assert best["competition"] == max(one["competition"] for one in together)


def test_identities_name_the_head_set(head_set, methods):
    names = [identity.name for identity in methods.identities]
    assert names == [*METHODS, "combined"]
    digests = {identity.name: identity.training_digest for identity in methods.identities}
    assert {digests[name] for name in (*POOLED, "combined")} == {head_set.digest}
    assert {digests[name] for name in SELECTING if name != "consensus"} == {methods.selector_digest}
    assert len({identity.digest for identity in methods.identities}) == 6


PKI_ALPHA = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


def test_the_signal_of_pki_wins(head_set, methods):
    """Whatever the embedding says, here an average one at every residue."""
    average = head_set.arrays["similarity/center"].astype(np.float32)
    embedding = np.repeat(average[None], len(PKI_ALPHA), axis=0)
    spans = [(first, first + 14) for first in (1, 12, 20, 35, 50, 60)]
    segments = scored(methods, PKI_ALPHA, spans, embedding).segments
    rows = [{score.method: score.raw for score in segment.scores} for segment in segments]
    best = {name: max(range(6), key=lambda i: rows[i][name]) for name in rows[0]}
    assert best["consensus"] == best["tagger"] == best["biochemical"] == best["combined"] == 3


def test_a_protein_s_scores_do_not_depend_on_others(methods):
    before = scored(methods)
    scored(methods, "MKLV" * 300, ((5, 20), (600, 622)))
    assert scored(methods) == before


def test_no_segments(methods):
    _, stored = selected(methods)
    empty = replace(stored, spans=[], cargo=None)
    assert replace(methods.scorers.score(empty), training=None) == ScoredSequence(stored.digest)


def test_the_bundled_head_set_is_small_and_holds_no_sequence(head_set):
    blob = head_set.to_bytes()
    assert len(blob) < 4_000_000
    letters = set("ACDEFGHIKLMNPQRSTVWY")
    text = blob.decode("latin-1")
    longest = run = 0
    for letter in text:
        run = run + 1 if letter in letters else 0
        longest = max(longest, run)
    assert longest < 20


@pytest.mark.parametrize("method", ["similarity", "neural", "tagger", "biochemical"])
def test_missing_weights(head_set, method):
    arrays = {name: array for name, array in head_set.arrays.items() if not name.startswith(method)}
    with pytest.raises(ConfigurationError, match=method):
        build_methods(replace(head_set, arrays=arrays))


def test_a_missing_array(head_set):
    arrays = {name: array for name, array in head_set.arrays.items() if name != "biochemical/threshold"}
    with pytest.raises(ConfigurationError, match="incomplete"):
        build_methods(replace(head_set, arrays=arrays))


def test_references_of_sequences_that_are_not_named(head_set):
    with pytest.raises(ConfigurationError, match="points at a sequence that it does not name"):
        build_methods(replace(head_set, training_digests=()))


def test_a_missing_calibration(head_set):
    calibrations = {name: own for name, own in head_set.calibrations.items() if name != "combined"}
    with pytest.raises(ConfigurationError, match="no calibration"):
        build_methods(replace(head_set, calibrations=calibrations))


def test_a_head_set_of_before_the_odds_of_a_cargo(head_set):
    parameters = {name: own for name, own in head_set.parameters.items() if name != "cargo"}
    with pytest.raises(ConfigurationError, match="incomplete") as caught:
        build_methods(replace(head_set, parameters=parameters))
    assert "nesannot train" in str(caught.value)


def test_pooling_is_the_mean_over_each_span():
    embedding = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float32)
    spans = [ResidueSpan(1, 1), ResidueSpan(1, 60), ResidueSpan(53, 60), ResidueSpan(9, 24)]
    expected = [embedding[span.as_slice()].astype(float).mean(axis=0) for span in spans]
    np.testing.assert_allclose(pool(embedding, spans), expected, rtol=1e-6, atol=1e-7)
    assert pool(embedding[::2], [ResidueSpan(2, 3)]).shape == (1, 5)
    assert pool(embedding, []).shape == (0, 5)


def test_a_combined_score_follows_from_the_stored_parts(head_set, methods):
    sequence = scored(methods)
    calibration = head_set.calibrations["combined"]
    for segment in sequence.segments:
        last = segment.scores[-1]
        first, competition = np.array([segment.first_stage]), np.array([segment.competition])
        again = combined(first, competition, sequence.cargo, calibration)
        assert (last.raw, last.calibrated) == (again.log_odds[0], again.probability[0])
        in_cargo = calibration.apply(first - competition)[0]
        assert last.calibrated == pytest.approx(in_cargo * logistic(np.array([sequence.cargo]))[0], rel=1e-6)


def test_a_shift_of_the_prior_changes_only_the_odds_of_a_cargo():
    parts, shift = (np.array([1.5, -3.0]), np.array([0.5, 0.25])), 2.0
    before, after = (combined(*parts, 0.75, PlattCalibration(1.2, -0.5), by) for by in (0.0, shift))
    assert (before.log_odds == after.log_odds).all()
    ratio = float(logistic(np.array([2.75]))[0] / logistic(np.array([0.75]))[0])
    assert (after.probability / before.probability).tolist() == pytest.approx([ratio, ratio])


def test_candidates_compete_before_overlaps_are_resolved(methods):
    """The competition of a candidate is that of all peaks, whatever is kept of them."""
    candidates, _ = selected(methods)
    first = [segment.first_stage for segment in scored(methods).segments]
    elsewhere = np.exp(methods.selector.ranking.outside_option)
    others = [sum(np.exp(first[j]) for j in range(3) if j != i) for i in range(3)]
    assert candidates.competition == pytest.approx(np.log(elsewhere + np.array(others)))


def test_a_method_without_pooled_vectors_refuses_to_read_them(methods):
    bare = ProteinContext("x", PROTEIN, noise(methods.head_set, PROTEIN), [ResidueSpan(1, 12)])
    with pytest.raises(ValueError, match="has none"):
        methods.scorers.pooled["neural"].raw(bare)


def test_what_a_method_computes_is_computed_once_for_a_protein():
    context, calls = ProteinContext("x", "A", np.empty((1, 0)), []), []
    one, other = object(), object()
    assert [context.once(one, lambda: calls.append(1) or len(calls)) for _ in range(3)] == [1, 1, 1]
    assert context.once(other, lambda: calls.append(1) or len(calls)) == 2
