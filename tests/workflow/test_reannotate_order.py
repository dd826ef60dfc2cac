"""A re-annotation takes decoys before what is compared with them; no proteome stops the others."""

from dataclasses import replace

import pytest

from nesdb_annot.errors import IncompleteError, InputError
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.store.head_sets import save_head_set
from nesdb_annot.store.rankings import find_ranking
from nesdb_annot.store.runs import start_run
from nesdb_annot.workflow import score
from nesdb_annot.workflow.heads import bundled_head_set, heads_for
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.protein_scorer import ProteinScorer
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.queue import defer_score
from nesdb_annot.workflow.reannotate import reannotate
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

FASTA = """>one
MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSS
>two
MEELSQALASSFSVSQDLNSTAAPHPRLSQYKSKYSSLEQSERRRRLLELQKSKRLDYVN
"""
NO_SCORES = "p: 1 sequence failed and has no scores"


@pytest.fixture
def offline(settings):
    return replace(settings, offline=True)


@pytest.fixture
def ingest(store, tmp_path):
    def make(*names):
        path = tmp_path / "proteins.fasta"
        path.write_text(FASTA)
        for name in names:
            ingest_proteome(store, proteome_source(str(path), upid=None, name=name, release=None, released=None))

    return make


def train(store):
    """Store heads of another digest that select as the bundled ones do."""
    bundled = HeadSet.from_bytes(bundled_head_set())
    similarity = {**bundled.parameters["similarity"], "neighbours": 10}
    heads = replace(bundled, parameters={**bundled.parameters, "similarity": similarity})
    facts = {"language_model": heads.language_model, "references_digest": "", "digest": heads.digest}
    save_head_set(store, heads.to_bytes(), name="test", run_id=start_run(store, "train", {}), **facts)


def configuration_of(store, name):
    return find_ranking(store, name).configuration_id


@pytest.mark.parametrize("names", [(), ("human",)])
def test_decoys_come_first_named_or_not(store, offline, ingest, names):
    ingest("human", "zymo")
    score_proteome(store, offline, "zymo")
    score_proteome(store, offline, "human", decoys="zymo")
    train(store)
    done = reannotate(store, offline, names)
    assert (done.ranked, done.rescored, done.embedded) == (2, 2, 0)
    assert find_ranking(store, "human").decoys == "zymo"
    current = heads_for(store, offline).configuration_id
    assert {configuration_of(store, name) for name in ("human", "zymo")} == {current}


def test_a_proteome_that_cannot_be_scored_stops_no_other(store, offline, ingest, monkeypatch):
    ingest("bad", "good")
    for name in ("bad", "good"):
        score_proteome(store, offline, name)
    before = configuration_of(store, "bad")
    train(store)

    def failing(store, settings, name, **options):
        if name == "bad":
            raise InputError("made to fail", remedy="type this")
        return score_proteome(store, settings, name, **options)

    monkeypatch.setattr(score, "score_proteome", failing)
    with pytest.raises(IncompleteError, match="bad was not brought up to date: made to fail") as raised:
        reannotate(store, offline)
    assert (raised.value.exit_code, raised.value.remedy) == (1, "type this")
    assert configuration_of(store, "bad") == before
    assert configuration_of(store, "good") == heads_for(store, offline).configuration_id != before


def test_what_finally_failed_is_named_though_nothing_is_left_to_do(store, offline, ingest, monkeypatch):
    honest = ProteinScorer.score

    def failing(self, digest, residues, embedding):
        if residues.startswith("MTDVETTYADF"):
            raise ValueError("made to fail")
        return honest(self, digest, residues, embedding)

    monkeypatch.setattr(ProteinScorer, "score", failing)
    ingest("p")
    for _ in range(3):
        score_proteome(store, offline, "p")
    deferred = defer_score(store, offline, "p")
    assert deferred.run_id is None
    assert "p: every sequence is scored or failed (1 failed) already; nothing was deferred" in deferred.said
    assert deferred.problem.what.startswith(NO_SCORES)
    ranked = defer_score(store, offline, "p", cargo_prior=0.3)
    assert "p: every sequence is scored or failed (1 failed) already; only its ranking was deferred" in ranked.said
    assert ranked.problem.what.startswith(NO_SCORES)
    with pytest.raises(IncompleteError, match=NO_SCORES):
        reannotate(store, offline)
