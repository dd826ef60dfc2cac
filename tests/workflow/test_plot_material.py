"""What figures are made of: the newest evaluation, a ranking, and clear words where there is nothing."""

import numpy as np
import pytest

from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.figures import EvaluatedCandidate, EvaluationFigure
from nesdb_annot.methods.scoring import METHODS
from nesdb_annot.residues import ResidueSpan, sequence_digest
from nesdb_annot.store.bulk import add_sequences
from nesdb_annot.store.evaluations import save_evaluation
from nesdb_annot.store.runs import run
from nesdb_annot.workflow import plot_material
from nesdb_annot.workflow.plot_material import BEST_SHOWN, gather_plots

RESIDUES = "MKLVAGDE" * 10


@pytest.fixture(autouse=True)
def no_heads(monkeypatch):
    """The head set is of no interest here, and opening a language model takes time."""
    monkeypatch.setattr(plot_material, "_head_set", lambda store, settings: (None, ""))


def candidate(method, first, score, verdict, protocol="honest"):
    span = ResidueSpan(first, first + 9)
    return EvaluatedCandidate(protocol, method, sequence_digest(RESIDUES), span, "1", score, verdict)


def evaluate(store, *candidates, figures=None):
    with store.transaction() as connection:
        add_sequences(connection, {sequence_digest(RESIDUES): RESIDUES})
    methods = sorted({(c.protocol, c.method) for c in candidates})
    made = [EvaluationFigure(protocol, "A", method, "auroc", 0.5) for protocol, method in methods]
    with run(store, "evaluate", {}) as (run_id, _):
        save_evaluation(store, run_id, figures or made, candidates)
    return run_id


def test_an_empty_database_says_what_to_type(store, settings):
    with pytest.raises(InputError, match="no scores and no evaluation") as raised:
        gather_plots(store, settings)
    assert raised.value.remedy == "nesannot evaluate"


def test_outcomes_are_those_of_the_newest_evaluation_without_unknown_ones(store, settings):
    evaluate(store, candidate("combined", 1, 0.1, "hit"), candidate("combined", 21, 0.2, "error"))
    newest = evaluate(
        store,
        candidate("combined", 1, 0.9, "hit"),
        candidate("combined", 21, 0.4, "error"),
        candidate("combined", 41, 0.6, "unknown"),
        candidate("tagger", 1, 0.9, "hit"),
        candidate("paper_consensus", 1, 14.0, "hit", "paper"),
        candidate("paper_consensus", 21, 3.0, "error", "paper"),
    )
    found = gather_plots(store, settings).evaluated
    assert found.run_id == newest
    own = found.outcomes["honest"]["combined"]
    assert sorted(zip(own.scores.tolist(), own.hit.tolist(), strict=True)) == [(0.4, False), (0.9, True)]
    assert list(found.outcomes["honest"]) == ["combined"]  # of the tagger there are hits only
    assert list(found.outcomes["paper"]) == ["paper_consensus"]
    assert {figure.method for figure in found.figures} == {"combined", "tagger", "paper_consensus"}


def row(rank, **changed):
    plain = dict.fromkeys(METHODS, 0.25) | {"combined": 0.5, "similarity": None}
    told = {"proteome": "yeast", "release": "1", "gene": None, "accession": "P1", "nes_class": "1a"}
    place = {"first_residue": rank, "last_residue": rank + 9, "peptide": "A" * 10, "probability": 0.1, "rank": rank}
    return plain | told | place | changed


def test_scores_are_columns_and_methods_without_any_score_are_left_out():
    rows = [row(1, gene="CRM1", combined=0.75), row(2, nes_class=None, tagger=None), *map(row, range(3, 40))]
    found = plot_material._scores_of(rows)
    assert found.source == "yeast, release 1"
    assert "similarity" not in found.methods
    assert found.methods[-1] == "combined"
    assert found.scores.shape == (39, len(METHODS))
    assert found.scores[0, -1] == 0.75
    assert np.isnan(found.scores[1, found.methods.index("tagger")])
    assert found.classes[:2] == ["1a", None]
    assert found.named[:2] == ["CRM1 1-10", "P1 2-11"]
    assert len(found.named) == len(found.probability) == BEST_SHOWN
    assert set(found.lengths.tolist()) == {10}


def test_a_proteome_that_is_not_there_or_not_ranked(store, settings, tmp_path):
    from nesdb_annot.workflow.ingest import ingest_proteome
    from nesdb_annot.workflow.proteome_source import proteome_source

    with pytest.raises(UsageError):
        gather_plots(store, settings, "nothing")
    fasta = tmp_path / "mine.fasta"
    fasta.write_text(f">P1\n{RESIDUES}\n")
    ingest_proteome(store, proteome_source(str(fasta), upid=None, name="mine", release=None, released=None))
    with pytest.raises(InputError, match="mine is not ranked") as raised:
        gather_plots(store, settings, "mine")
    assert "nesannot score mine" in raised.value.remedy
    evaluate(store, candidate("combined", 1, 0.9, "hit"), candidate("combined", 21, 0.4, "error"))
    assert gather_plots(store, settings).ranked is None
