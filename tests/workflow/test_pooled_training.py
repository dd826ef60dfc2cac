"""Training the pooled heads only: what follows comes from stored vectors, and no language model computes anything."""

import random

import pytest

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.workflow.heads import heads_for
from nesdb_annot.workflow.ingest import ingest_references
from nesdb_annot.workflow.queue import defer_score
from nesdb_annot.workflow.rank import rank_proteome
from nesdb_annot.workflow.reannotate import reannotate
from nesdb_annot.workflow.reference_sources import user_entries
from nesdb_annot.workflow.score import score_proteome
from nesdb_annot.workflow.train import train_heads
from nesdb_annot.workflow.train_pooled import train_pooled_heads

pytestmark = pytest.mark.xdist_group("score")

FAMILIES = 14
SCORES = """
select s.sha256, g.first_residue, g.last_residue, encode(g.pooled, 'hex'), m.name, x.raw, x.calibrated
from nesannot.segment g join nesannot.sequence s on s.id = g.sequence_id
join nesannot.method_score x using (configuration_id, sequence_id, segment) join nesannot.method m on m.id = x.method_id
where g.configuration_id = {} order by 1, 2, 3, 5
"""
PARTS = """
select g.sequence_id, g.segment, g.first_stage, g.competition, s.cargo_log_odds
from nesannot.segment g join nesannot.scored_sequence s using (configuration_id, sequence_id)
where g.configuration_id = {} order by 1, 2
"""
DECOYS = "select configuration_id, combined from nesannot.decoy order by 1"


def rows(store, text):
    return list(run_sql(store, text).rows)


@pytest.fixture
def annotated(store, with_references, ingest_made_up, made_up_protein):
    """References of as many families, and three proteins, ingested, scored and ranked."""
    draw = random.Random(12)
    ingest_made_up([made_up_protein(draw) for _ in range(3)])
    score_proteome(store, with_references, "p", decoys="shuffled")
    rank_proteome(store, with_references, "p")
    return with_references


@pytest.fixture
def no_embedding(monkeypatch):
    """From here on whoever embeds fails."""

    def allow():
        monkeypatch.undo()

    def refuse():
        def fails(*_, **__):
            raise AssertionError("the language model was asked")

        monkeypatch.setattr("nesdb_annot.language.model_embedder.ModelEmbedder.embed", fails)
        monkeypatch.setattr("nesdb_annot.processes.pool.WorkerPool.__init__", fails)

    refuse.allow = allow
    return refuse


@pytest.mark.parametrize("command", ["reannotate", "score", "queue"])
def test_stored_vectors_are_scored_and_ranked_again_and_nothing_is_embedded(store, annotated, no_embedding, command):
    before = heads_for(store, annotated)
    old = rows(store, SCORES.format(before.configuration_id))
    trained = train_pooled_heads(store, annotated)
    assert "not those that the heads were fitted on" in before.notes[0]
    assert "known to similarity and neural, the other heads" in heads_for(store, annotated).notes[0]
    assert heads_for(store, annotated).selector_digest == before.selector_digest
    assert [row[0] for row in trained.tables[0].rows] == ["similarity", "neural"]
    assert ["truth A" in table.title or "truth B" in table.title for table in trained.tables] == [True, True]
    no_embedding()
    if command == "reannotate":
        would = reannotate(store, annotated, dry_run=True)
        assert (would.embedded, would.rescored) == (0, 3)
        done = reannotate(store, annotated)
        assert (done.references, done.embedded, done.rescored, done.ranked) == (0, 0, 3, 1)
        assert reannotate(store, annotated).sentence() == "everything is current; nothing was computed"
    elif command == "score":
        assert score_proteome(store, annotated, "p", dry_run=True).rescored == 3
        summary = score_proteome(store, annotated, "p")
        assert (summary.rescored, summary.sequences) == (3, 0)
        assert summary.sentence() == "p: 3 sequences were scored again from stored vectors, without embedding"
        assert "nothing was computed" in score_proteome(store, annotated, "p").sentence()
    else:
        said = defer_score(store, annotated, "p").said
        assert "p: 3 sequences were scored from stored vectors, here and now" in said
        assert "p: every sequence is scored already; only its ranking was deferred" in said
    origins = "select distinct embedding_run_id, engine from nesannot.scored_sequence where configuration_id = {}"
    after = heads_for(store, annotated)
    assert rows(store, origins.format(after.configuration_id)) == rows(store, origins.format(before.configuration_id))
    new = rows(store, SCORES.format(after.configuration_id))
    assert [row[:5] for row in new] == [row[:5] for row in old], "the same candidates"
    differ = {row[4] for row, was in zip(new, old, strict=True) if row[5:] != was[5:]}
    assert differ == {"similarity", "neural"}, "no method with a weight changed, and no combined score"
    assert rows(store, PARTS.format(after.configuration_id)) == rows(store, PARTS.format(before.configuration_id))
    if command == "queue":
        return
    no_embedding.allow()
    fast = rows(store, DECOYS)
    assert [row[0] for row in fast] == [before.configuration_id, after.configuration_id]
    assert fast[0][1] == fast[1][1], "combined scores of decoys"
    with store.transaction() as connection:
        from sqlalchemy import text

        connection.execute(text("DELETE FROM nesannot.decoy"))
    score_proteome(store, annotated, "p", again=True)
    slow = rows(store, SCORES.format(after.configuration_id))
    assert slow == new, "to the last bit"
    assert rows(store, DECOYS)[0][1] == fast[1][1], "decoys, embedded or from vectors"


def test_a_file_that_cannot_be_written_is_said_first(store, settings, tmp_path):
    with pytest.raises(CannotWriteError):
        train_pooled_heads(store, settings, save_to=tmp_path / "no" / "where")


def test_references_of_too_few_families_are_bad_input(store, settings, tmp_path, made_up_protein):
    draw = random.Random(3)
    known = made_up_protein(draw)
    table = ["accession\tfirst\tlast\tevidence\tcitation\tresidues"]
    table += [f"R{n}\t27\t37\tmade up\tnone\t{known}{'GSNQ'[n % 4] * (n + 1)}" for n in range(FAMILIES)]
    (tmp_path / "mine.tsv").write_text("\n".join(table) + "\n")
    ingest_references(store, "user:mine", user_entries(store, str(tmp_path / "mine.tsv"), "mine"))
    with pytest.raises(InputError, match="too much alike"):
        train_heads(store, settings)
