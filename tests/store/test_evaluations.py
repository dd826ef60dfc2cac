"""Evaluations come back as they were stored, and the views show them with the run's language model and accessions."""

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.figures import EvaluatedCandidate, EvaluationFigure
from nesdb_annot.records import ReferenceEntry
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store import evaluations
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.references import ingest_entries
from nesdb_annot.store.runs import run

ENTRY = ReferenceEntry("user:x", "1", "P12345", "MKLVLSTE" * 5, ())
FIGURES = [
    EvaluationFigure("honest", "A", "combined", "average_precision", 0.5, (0.4, 0.6)),
    EvaluationFigure("honest", "A", "combined", "average_precision", 0.45, None, "without tagger"),
    EvaluationFigure("honest", "A", "combined", "precision_at_0.8", None),
    EvaluationFigure("paper", "segments", "neural", "auroc", 0.97),
]
CANDIDATES = [
    EvaluatedCandidate("honest", "combined", ENTRY.digest, ResidueSpan(2, 12), "3", 0.25, "error", None),
    EvaluatedCandidate("honest", "combined", ENTRY.digest, ResidueSpan(20, 31), "3", 0.75, "hit", "unknown"),
    EvaluatedCandidate("honest", "random", ENTRY.digest, ResidueSpan(20, 31), "3", 0.1, "hit", "unknown"),
]


def saved(store, figures=FIGURES, candidates=CANDIDATES):
    with run(store, "evaluate", {"language_model": "esm"}) as (run_id, _):
        ingest_entries(store, "user:x", [ENTRY], run_id)
        evaluations.save_evaluation(store, run_id, figures, candidates)
    return run_id


def test_what_is_stored_comes_back(store):
    run_id = saved(store)
    assert sorted(evaluations.load_figures(store, run_id), key=repr) == sorted(FIGURES, key=repr)
    assert evaluations.load_candidates(store, run_id, "honest", "combined") == [CANDIDATES[1], CANDIDATES[0]]
    assert evaluations.load_candidates(store, run_id, "paper", "combined") == []


def test_the_newest_evaluation_is_the_latest(store):
    with pytest.raises(InputError, match="nothing was evaluated"):
        evaluations.latest_evaluation(store)
    first, second = saved(store), saved(store, FIGURES[:1], [])
    assert evaluations.latest_evaluation(store) == second
    rows = list(run_sql(store, "select distinct run_id, language_model, is_latest from evaluation order by 1").rows)
    assert rows == [(first, "esm", False), (second, "esm", True)]


def test_the_view_of_candidates_shows_accession_and_peptide(store):
    saved(store)
    question = "select accession, peptide, verdict, verdict_b, part, length from evaluation_candidate order by score"
    assert list(run_sql(store, question).rows)[-1] == ("P12345", ENTRY.residues[19:31], "hit", "unknown", "3", 40)


def test_an_evaluation_is_stored_whole_or_not_at_all(store):
    twice = [*FIGURES, FIGURES[0]]
    with pytest.raises(Exception, match="duplicate key"):
        saved(store, twice)
    assert list(run_sql(store, "select count(*) from evaluation_candidate").rows) == [(0,)]
