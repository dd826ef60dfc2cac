"""The real thing: the sample is deferred and a worker scores it as the command does in place."""

from importlib.resources import as_file

import pytest
from nesdb_annot.jobs.service import run_worker

from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.runs import find_run
from nesdb_annot.workflow import queue, sample
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.queue import SOCKET_ONLY, defer_score, where_workers_run
from nesdb_annot.workflow.retry import retry_run
from nesdb_annot.workflow.run_report import compare_runs
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

SCORES = """
select s.sha256, g.first_residue, g.last_residue, m.name, x.raw
from nesannot.segment g join nesannot.sequence s on s.id = g.sequence_id
join nesannot.method_score x using (configuration_id, sequence_id, segment) join nesannot.method m on m.id = x.method_id
order by 1, 2, 3, 4
"""


def rows(store, text=SCORES):
    return list(run_sql(store, text).rows)


def test_a_worker_scores_as_the_command_does(store, settings, monkeypatch):
    monkeypatch.setattr(queue, "RESIDUES_PER_CHUNK", 2000)
    with as_file(sample.proteins()) as path:
        ingest_proteome(store, proteome_source(str(path), upid=None, name="sample", release=None, released=None))
    deferred = defer_score(store, settings, "sample", decoys="shuffled")
    again = defer_score(store, settings, "sample")
    assert again.run_id == deferred.run_id, "what waits already is not deferred twice"
    assert run_worker(settings, until_empty=True) == 0
    run = find_run(store, deferred.run_id)
    assert (run.status, run.counts["failed"]) == ("done", 0)
    assert run.counts["residues"] == run.counts["residues_total"]
    assert run.counts["workers"] == 1
    assert 0 < run.counts["embedding_s"] < run.counts["worker_s"]
    assert " on cpu (" in run.device
    ((engine, embedded_by),) = rows(store, "select distinct engine, embedding_run_id from nesannot.scored_sequence")
    assert engine in run.device
    assert embedded_by == run.id
    by_worker = rows(store)
    assert defer_score(store, settings, "sample").run_id is None
    assert rows(store, "select status from run_progress where kind = 'decoys'") == [("done",)]
    score_proteome(store, settings, "sample", again=True, progress=Silent())
    in_place = rows(store)
    assert [row[:4] for row in by_worker] == [row[:4] for row in in_place]
    assert [row[4] for row in by_worker] == pytest.approx([row[4] for row in in_place], rel=1e-4, abs=1e-4)
    newest = rows(store, "select max(run_id) from run_progress where kind = 'score'")[0][0]
    where = {name: (a, b) for name, a, b in compare_runs(store, deferred.run_id, newest).facts}["where"]
    assert where[0] == "workers" != where[1]
    assert "nothing was computed" in retry_run(store, settings, newest)[0]


def test_it_is_said_where_workers_may_run(store, monkeypatch):
    monkeypatch.setattr(store, "embedded", False)
    assert "any machine" in where_workers_run(store)
    monkeypatch.setattr(store, "embedded", True)
    assert where_workers_run(store) == SOCKET_ONLY
    assert "private socket" in SOCKET_ONLY
    assert "NESANNOT_DATABASE_URL" in SOCKET_ONLY
