"""The head set that comes with the package, at work."""

from dataclasses import replace
from importlib.resources import files
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

from nesdb_annot.deferred_json import Deferred
from nesdb_annot.errors import ConfigurationError
from nesdb_annot.methods.calibration import logistic
from nesdb_annot.methods.cargo import cargo_log_odds
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.protocol import OnDemand, ProteinContext, raw_column
from nesdb_annot.methods.scoring import METHODS, build_methods, pooling_of
from nesdb_annot.residues import ResidueSpan

PROTEIN = "MGSSDEEKPTTQNSNELALKLAGLDINKTEPSGGSDDEKRKRHPLLIVAVLLGVFAILLIVRKSQQ"


@pytest.fixture(scope="module")
def head_set():
    return HeadSet.from_bytes((files("nesdb_annot.methods") / "bundled" / "headset_nes.safetensors").read_bytes())


@pytest.fixture(scope="module")
def methods(head_set):
    return build_methods(head_set)


def pooled_context(head_set, residues, embedding, spans):
    """With the vectors that the heads read."""
    pooling = pooling_of(head_set.parameters)
    vectors = pool(embedding, spans, pooling)
    return ProteinContext("0" * 64, residues, embedding, spans, vectors, pooling=pooling)


def context(head_set, residues=PROTEIN, spans=((1, 12), (14, 26), (44, 60))):
    shape = len(residues), head_set.language_model.dimension
    embedding = np.random.default_rng(len(residues)).normal(size=shape).astype(np.float32)
    return pooled_context(head_set, residues, embedding, [ResidueSpan(*span) for span in spans])


def test_every_method_scores_every_segment(head_set, methods):
    scores = methods.score(context(head_set))
    assert [[score.method for score in row] for row in scores] == [[*METHODS, "combined"]] * 3
    for row in scores:
        assert all(np.isfinite(score.raw) and 0 < score.calibrated < 1 for score in row)
        assert set(row[-1].evidence["log_odds"]) == set(METHODS)


def test_the_evidence_tells_a_candidate_by_itself_from_what_its_rivals_do_to_it(head_set, methods):
    spans = ((1, 12), (14, 26), (44, 60))
    together = [row[-1].evidence for row in methods.score(context(head_set, spans=spans))]
    by_itself = [methods.score(context(head_set, spans=(span,)))[0][-1].evidence for span in spans]
    scores = methods.score(context(head_set, spans=spans))
    for beside, own, row in zip(together, by_itself, scores, strict=True):
        assert beside["alone"] == own["alone"]
        assert beside["rivals"] < own["rivals"] == 0
        odds = np.log(beside["alone"] / (1 - beside["alone"])) + beside["rivals"]
        assert odds == pytest.approx(row[-1].raw, abs=2e-3)
    best = max(together, key=lambda one: one["alone"])
    assert best["rivals"] == max(one["rivals"] for one in together)


def test_identities_name_the_head_set(head_set, methods):
    names = [identity.name for identity in methods.identities]
    assert names == [*METHODS, "combined"]
    trained = [identity for identity in methods.identities if identity.name != "consensus"]
    assert {identity.training_digest for identity in trained} == {head_set.digest}
    assert len({identity.digest for identity in methods.identities}) == 6


PKI_ALPHA = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


def test_the_signal_of_pki_wins(head_set, methods):
    """Whatever the embedding says, here an average one at every residue."""
    average = head_set.arrays["similarity/center"].astype(np.float32)
    embedding = np.repeat(average[None], len(PKI_ALPHA), axis=0)
    spans = [ResidueSpan(first, first + 14) for first in (1, 12, 20, 35, 50, 60)]
    scores = methods.score(pooled_context(head_set, PKI_ALPHA, embedding, spans))
    best = {row.method: max(range(6), key=lambda i: scores[i][k].raw) for k, row in enumerate(scores[0])}
    assert best["consensus"] == best["tagger"] == best["biochemical"] == best["combined"] == 3


def test_a_protein_s_scores_do_not_depend_on_others(head_set, methods):
    before = methods.score(context(head_set))
    methods.score(context(head_set, "MKLV" * 300, ((5, 20), (600, 622))))
    assert methods.score(context(head_set)) == before


def test_no_segments(head_set, methods):
    assert methods.score(context(head_set, spans=())) == []


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


def test_deferred_evidence_is_made_once_and_travels_as_a_dictionary():
    made = []

    def make():
        made.append(1)
        return {"class": "1a", "core": [1, 2]}

    evidence = Deferred(make)
    assert made == []
    assert evidence == {"class": "1a", "core": [1, 2]}
    assert (len(evidence), evidence["class"], list(evidence)) == (2, "1a", ["class", "core"])
    assert made == [1]
    travelled = ForkingPickler.dumps(evidence)
    assert b"Deferred" not in travelled
    assert dict(evidence) == {"class": "1a", "core": [1, 2]}


def test_pooling_is_the_mean_over_each_span():
    embedding = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float32)
    spans = [ResidueSpan(1, 1), ResidueSpan(1, 60), ResidueSpan(53, 60), ResidueSpan(9, 24)]
    expected = [embedding[span.as_slice()].astype(float).mean(axis=0) for span in spans]
    np.testing.assert_allclose(pool(embedding, spans), expected, rtol=1e-6, atol=1e-7)
    assert pool(embedding[::2], [ResidueSpan(2, 3)]).shape == (1, 5)
    assert pool(embedding, []).shape == (0, 5)


def test_rows_are_made_when_they_are_asked_for():
    made = []
    rows = OnDemand(4, lambda place: made.append(place) or place**2)
    assert (len(rows), made) == (4, [])
    assert (rows[2], rows[-1], rows[1:3]) == (4, 9, [1, 4])
    assert made == [2, 3, 1, 2]
    assert list(rows) == [0, 1, 4, 9]
    assert rows == [0, 1, 4, 9]
    assert rows != [0, 1, 4]
    assert OnDemand(0, str) == []
    with pytest.raises(IndexError):
        rows[4]


def test_a_combined_score_is_a_motif_in_a_cargo_times_a_cargo(head_set, methods):
    own = context(head_set)
    scores = methods.score(own)
    cargo = {round(last.calibrated / p, 9) for p, (*_, last) in zip(scores.in_cargo, scores, strict=True)}
    assert len(cargo) == 1
    assert 0 < cargo.pop() < 1
    for p, (*_, last) in zip(scores.in_cargo, scores, strict=True):
        assert logistic(np.array([last.raw]))[0] == pytest.approx(p, rel=1e-6)
        odds = cargo_log_odds(last.raw, last.calibrated)
        assert logistic(np.array([odds]))[0] == pytest.approx(last.evidence["cargo"], abs=1e-4)
    assert raw_column(methods.methods[0].score(own)) == [scored[0].raw for scored in scores]
