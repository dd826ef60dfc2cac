"""Predictions without a database: equal to `score`, and what variants do to candidates."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.formats.fasta import read_fasta
from nesdb_annot.formats.hgvs import parse_variant
from nesdb_annot.records import ProteinRecord, ScoredSequence
from nesdb_annot.report.answer import answer_lines, verdict
from nesdb_annot.report.rows import prediction_rows
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.mutate import STEP, Effect, RefusedVariant, scan, variant_effects
from nesdb_annot.workflow.predict import open_predictor
from nesdb_annot.workflow.protein_scorer import ScoredChunk
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import Listing, rank_proteome
from nesdb_annot.workflow.score import score_proteome

SAMPLE = files("nesdb_annot") / "workflow" / "sample" / "proteins.fasta"
LINKER = "GSAGSDTGNQEDGTSPGNTEDSGQDTGSNE" * 2


@pytest.fixture(scope="module")
def proteins():
    return {record.accession: record for record in read_fasta(SAMPLE)}


@pytest.fixture(scope="module")
def predictor(tmp_path_factory, cache_in):
    directory = tmp_path_factory.mktemp("predictor")
    return open_predictor(Settings(data_dir=directory, cache_dir=cache_in(directory), workers=1))


@pytest.fixture(scope="module")
def two_signals(proteins):
    """PKI's NES twice, far from each other."""
    signal = proteins["P61925"].residues[30:55]
    return ProteinRecord("twice", f"M{LINKER}{signal}{LINKER}{signal}{LINKER}")


def test_predict_equals_score(store, settings, predictor, proteins):
    ingest_proteome(store, proteome_source(str(SAMPLE), upid=None, name="p", release=None, released=None))
    score_proteome(store, settings, "p")
    rows = rank_proteome(store, settings, "p", listing=Listing(None)).rows
    stored = {
        (row["accession"], row["first_residue"], row["last_residue"]): (row["peptide"], row["nes_class"] or "")
        for row in rows
    }
    combined = {(row["accession"], row["first_residue"]): row["combined"] for row in rows}
    predicted = {}
    for prediction in predictor.predict(proteins.values()):
        for one in prediction.candidates:
            key = (prediction.accession, one.span.first, one.span.last)
            predicted[key] = (one.peptide, one.nes_class)
            assert combined[key[:2]] == np.float32(one.probability)
    assert predicted == stored


def test_answer_names_place_probability_and_training(predictor, proteins):
    prediction = next(predictor.predict([proteins["P61925"]]))
    lines = answer_lines(prediction, {}, {"strict": 0.25})
    assert lines[0] == "P61925 PKIA, 76 residues: likely NES"
    assert "residues 38-48, LalkLagLdIn, pattern class 1a" in lines[1]
    assert lines[2].startswith("probability 0.80 = 0.97 (")
    assert "where 10 % of all proteins are" in lines[2]
    assert "operating points passed: strict (least probability: strict 0.25)" in lines
    assert any("was in the training set (P61925)" in line for line in lines)


def test_answer_quotes_the_record_of_similar_predictions(predictor, proteins):
    bins = [
        {"least": 0.0, "most": 0.5, "right": 0.1, "interval": [0.0, 0.2], "motifs": 0.6},
        {"least": 0.5, "most": 1.0, "right": 0.7, "interval": [0.6, 0.8], "motifs": 0.4},
    ]
    sure, unsure = (next(predictor.predict([proteins[name]])) for name in ("P61925", "P04406"))
    assert any("70% of such predictions were right" in line for line in answer_lines(sure, {"in_proteome": bins}, {}))
    assert verdict(unsure) == "no candidate over 0.1"
    assert any("60% of the known NESs" in line for line in answer_lines(unsure, {"in_proteome": bins}, {}))


def test_core_mutations_weaken_and_others_do_not(predictor, proteins):
    variants = [parse_variant(text) for text in ("L42A", "N48Q", "X1A")]
    core, spacer, refused = variant_effects(predictor, proteins["P61925"], variants)
    assert core.effect in (Effect.WEAKENED, Effect.LOST)
    assert core.change < -STEP
    assert spacer.effect is Effect.UNCHANGED
    assert isinstance(refused, RefusedVariant)
    assert "the protein has M1" in refused.reason


def test_destroying_one_of_two_signals_leaves_the_other(predictor, two_signals):
    first, second = (one.span for one in next(predictor.predict([two_signals])).candidates[:2])
    assert abs(first.first - second.first) > 60
    target = min(first, second, key=lambda span: span.first)
    residues = two_signals.residues[target.as_slice()]
    replaced = residues.translate(str.maketrans("LIVMF", "SSSSS"))
    name = f"{residues[0]}{target.first}_{residues[-1]}{target.last}delins{replaced}"
    effects = {one.span: one for one in variant_effects(predictor, two_signals, [parse_variant(name)])}
    other = second if target == first else first
    assert effects[target].effect is Effect.LOST
    assert effects[other].effect is Effect.UNCHANGED
    assert effects[other].total >= effects[other].after, "its competitor is gone"


def test_an_inserted_signal_is_new(predictor, proteins):
    signal = proteins["P61925"].residues[33:50]
    protein = ProteinRecord("plain", f"M{LINKER * 3}")
    before, after = protein.residues[89:91]
    effects = variant_effects(predictor, protein, [parse_variant(f"{before}90_{after}91ins{signal}")])
    assert Effect.NEW in [one.effect for one in effects]


def test_scan_replaces_each_residue_once(proteins):
    residues = proteins["P61925"].residues
    span = ResidueSpan(38, 41)
    assert [one.name for one in scan(residues, [span, span])] == ["L38A", "L40A", "K41A"]


def test_scores_are_matched_by_digest_not_by_order(predictor, proteins):
    pair = [proteins["P61925"], proteins["P04406"]]

    def reversed_scorer(chunk):
        scored = predictor.scorer(chunk)
        return replace(scored, sequences=scored.sequences[::-1])

    other = replace(predictor, scorer=reversed_scorer)
    assert [one.candidates for one in other.predict(pair)] == [one.candidates for one in predictor.predict(pair)]


def test_a_scorer_that_stopped_ends_the_prediction(predictor, proteins):
    def stopped(chunk):
        return ScoredChunk(0, [], stopped=CannotWriteError("the disk is full"))

    with pytest.raises(CannotWriteError, match="full"):
        list(replace(predictor, scorer=stopped).predict([proteins["P61925"]]))


def test_a_failed_protein_is_named_with_its_reason(predictor, proteins):
    def failing(chunk):
        return ScoredChunk(0, [ScoredSequence(digest, error="not enough memory") for digest, _ in chunk])

    other = replace(predictor, scorer=failing)
    [prediction] = other.predict([proteins["P61925"]])
    assert verdict(prediction) == "not scored"
    assert next(prediction_rows([prediction]))[-1] == "not enough memory"
    with pytest.raises(InputError, match="cannot be scored"):
        list(variant_effects(other, proteins["P61925"], []))


def test_operating_points_are_named_for_their_own_prior_only(predictor, proteins):
    [prediction] = replace(predictor, cargo_prior=0.5).predict([proteins["P61925"]])
    assert not [line for line in answer_lines(prediction, {}, {"strict": 0.25}) if "operating points" in line]
