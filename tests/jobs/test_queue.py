"""The queue in the database: planned once, counted once, retried, and shown as it is."""

import os
import signal
import subprocess
import sys
import threading
from importlib.resources import files

import pytest

from nesdb_annot.errors import UsageError
from nesdb_annot.store import queue_units
from nesdb_annot.store.locks import one_after_another, only_one
from nesdb_annot.store.queue import queue_command, queue_state, rescue_jobs
from nesdb_annot.store.runs import find_run, finish_run, list_runs, run, start_run
from nesdb_annot.store.scores import write_scored
from nesdb_annot.workflow.queue import defer_command
from nesdb_annot.workflow.queue_commands import CommandRunner
from nesdb_annot.workflow.retry import retry_run
from nesdb_annot.workflow.run_report import compare_runs, report

SEQUENCES = ["MKLVRSTEDQ", "PLALKLAGLD", "INKTWYFHCA", "GGGGGGGGGG"]


def failing(digest):
    from nesdb_annot.records import ScoredSequence

    return ScoredSequence(digest, error="ValueError: poisonous")


def good(digest):
    from fake_scorer import score

    return score(digest, "MKLVR")


def begin(deferral, run_id, number):
    return queue_units.begin_unit(deferral.store, run_id, number, "host:1", "cpu")


@pytest.fixture(autouse=True)
def fake(monkeypatch, tmp_path):
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("NESANNOT_TEST_LOG", str(tmp_path / "attempts.log"))


def test_the_migration_made_what_the_installed_package_expects():
    import procrastinate

    published = (files("procrastinate") / "sql" / "schema.sql").read_text()
    copied = (files("nesdb_annot.migrations.versions") / "0002_procrastinate.sql").read_text()
    assert procrastinate.__version__.startswith("3.10.")
    assert copied.endswith(published)
    assert "MIT License" in copied


def test_a_deferred_run_has_a_job_for_each_chunk(deferral):
    run_id, units = deferral.defer(SEQUENCES, per_chunk=20)
    assert units == 2
    state = queue_state(deferral.store)
    assert (state.waiting, state.working, state.workers) == (2, 0, 0)
    told = report(deferral.store, run_id)
    assert ("status", "queued") in told.facts
    assert ("chunks left", "2 wait, 0 in work, 0 failed") in told.facts
    assert ("workers", "none is alive: start one with nesannot worker") in told.facts


def test_a_chunk_that_is_delivered_twice_is_counted_once(deferral):
    run_id, _ = deferral.defer(SEQUENCES, per_chunk=20)
    first, second = begin(deferral, run_id, 1), begin(deferral, run_id, 1)
    assert (first.attempts, second.attempts) == (1, 2)
    for unit in (first, second):
        todo = queue_units.pending_of_unit(deferral.store, unit, 1)
        write_scored(deferral.store, 1, run_id, [good(one.digest) for one in todo])
    assert queue_units.finish_unit(deferral.store, first, 1)
    assert not queue_units.finish_unit(deferral.store, second, 1)
    assert begin(deferral, run_id, 1) is None
    counts = find_run(deferral.store, run_id).counts
    assert (counts["residues"], counts["segments"]) == (20, 2)
    assert find_run(deferral.store, run_id).status == "running"


def test_the_last_chunk_ends_the_run_and_a_failed_one_is_left(deferral):
    run_id, _ = deferral.defer(SEQUENCES, per_chunk=20)
    queue_units.fail_unit(deferral.store, begin(deferral, run_id, 1), "RuntimeError: no luck")
    assert find_run(deferral.store, run_id).status == "running"
    unit = begin(deferral, run_id, 2)
    todo = queue_units.pending_of_unit(deferral.store, unit, 1)
    write_scored(deferral.store, 1, run_id, [good(todo[0].digest), failing(todo[1].digest)])
    queue_units.finish_unit(deferral.store, unit, 1)
    ended = find_run(deferral.store, run_id)
    assert (ended.status, ended.error) == ("failed", "RuntimeError: no luck")
    assert ended.counts["failed"] == 1
    told = report(deferral.store, run_id)
    assert [(row[0], row[-1]) for row in told.units] == [(1, "RuntimeError: no luck")]
    assert [row[-1] for row in told.failures] == ["ValueError: poisonous"]


def test_retry_defers_what_failed_and_counts_it_anew(deferral):
    run_id, _ = deferral.defer(SEQUENCES, per_chunk=20)
    with deferral.store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM queue.procrastinate_jobs")
    queue_units.fail_unit(deferral.store, begin(deferral, run_id, 1), "RuntimeError: no luck")
    unit = begin(deferral, run_id, 2)
    todo = queue_units.pending_of_unit(deferral.store, unit, 1)
    write_scored(deferral.store, 1, run_id, [failing(one.digest) for one in todo])
    queue_units.finish_unit(deferral.store, unit, 1)
    assert find_run(deferral.store, run_id).counts["residues"] == 20
    said = retry_run(deferral.store, deferral.settings, run_id)
    assert said == [f"run {run_id}: 3 chunks wait for a worker"]
    waiting = find_run(deferral.store, run_id)
    assert (waiting.status, waiting.counts["failed"], waiting.counts["residues"]) == ("queued", 0, 0)
    for number in (1, 2, 3):
        unit = begin(deferral, run_id, number)
        todo = queue_units.pending_of_unit(deferral.store, unit, 1) if unit else []
        write_scored(deferral.store, 1, run_id, [good(one.digest) for one in todo])
        if unit:
            queue_units.finish_unit(deferral.store, unit, 1)
    done = find_run(deferral.store, run_id)
    assert (done.status, done.counts["residues"], done.counts["failed"]) == ("done", 40, 0)
    assert retry_run(deferral.store, deferral.settings, run_id) == [f"run {run_id}: nothing failed and nothing is lost"]


def test_jobs_that_got_lost_are_found_by_retry(deferral):
    run_id, units = deferral.defer(SEQUENCES, per_chunk=20)
    with deferral.store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM queue.procrastinate_jobs")
    assert retry_run(deferral.store, deferral.settings, run_id) == [f"run {run_id}: {units} chunks wait for a worker"]
    assert queue_state(deferral.store).waiting == units


def test_jobs_of_silent_workers_are_rescued_and_those_of_living_ones_are_not(deferral):
    deferral.defer(SEQUENCES, per_chunk=20)
    with deferral.store.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO queue.procrastinate_workers (last_heartbeat) VALUES (now()), (now() - interval '1 minute')"
        )
        for worker in (1, 2):
            connection.exec_driver_sql(f"SELECT queue.procrastinate_fetch_job_v2(NULL, {worker})")
    assert rescue_jobs(deferral.store) == 1
    assert rescue_jobs(deferral.store) == 0
    state = queue_state(deferral.store)
    assert (state.waiting, state.working, state.workers) == (1, 1, 1)


KILLED = """
import os, sys, time
from nesdb_annot.settings import Settings
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.runs import run
with open_store(Settings(database_url=os.environ["URL"])) as store, run(store, "score", {}):
    print("go", flush=True)
    time.sleep(60)
"""


def test_a_killed_command_is_not_running_for_ever(store, settings, eventually):
    environment = os.environ | {"URL": settings.database_url}
    victim = subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True)
    assert victim.stdout.readline() == "go\n"
    assert list_runs(store)[0].status == "running"
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    eventually(lambda: list_runs(store)[0].status != "running")
    assert (list_runs(store)[0].status, list_runs(store)[0].seconds_left) == ("interrupted", None)


def test_two_commands_follow_one_another(store):
    waited, order = [], []
    began = threading.Event()

    def second():
        began.set()
        with one_after_another(store, "score 1 1", lambda: waited.append(1), every_s=0.02):
            order.append("second")

    thread = threading.Thread(target=second)
    with only_one(store, "score 1 1") as mine:
        assert mine
        thread.start()
        began.wait()
        while not waited:
            pass
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]


def test_a_deferred_command_is_one_run(store):
    run_id = queue_command(store, "ingest nesdb", {"strict": True})
    assert find_run(store, run_id).status == "queued"
    with run(store, "ingest references", {"source": "nesdb"}, queued_run=run_id) as (taken, counts):
        counts["new"] = 3
        with run(store, "another", {}) as (other, _):
            pass
    assert taken == run_id
    assert other != run_id
    done = find_run(store, run_id)
    assert (done.kind, done.status, done.counts) == ("ingest nesdb", "done", {"new": 3})
    assert done.settings["source"] == "nesdb"


@pytest.mark.parametrize(
    ("perform", "attempts", "status"), [("refusing", 0, "failed"), ("dying", 2, "failed"), ("idle", 0, "done")]
)
def test_the_run_of_a_deferred_command_ends(store, settings, perform, attempts, status):
    import fake_commands

    run_id = queue_command(store, "ingest nesdb", {})
    runner = CommandRunner(store, settings, getattr(fake_commands, perform), lambda _: None)
    runner.run((run_id, "ingest nesdb", {}), attempts, lambda: False)
    ended = find_run(store, run_id)
    assert ended.status == status
    assert bool(ended.error) == (status == "failed")
    assert runner.failed == ([run_id] if status == "failed" else [])


def test_a_chunk_that_fails_for_good_is_counted_once(deferral, monkeypatch):
    from nesdb_annot.workflow import queue_scoring

    def unreadable(*_):
        raise ValueError("no such heads")

    monkeypatch.setattr(queue_scoring, "heads_for", unreadable)
    run_id, _ = deferral.defer(SEQUENCES)
    scorer = queue_scoring.UnitScorer(deferral.store, deferral.settings, "host:1", lambda _: None)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such heads"):
            scorer.score(run_id, 1, lambda: False)
        assert scorer.failed == []
    scorer.score(run_id, 1, lambda: False)
    assert scorer.failed == [run_id]


def test_a_command_that_failed_is_retried_and_one_that_is_done_is_not(store, settings):
    run_id = queue_command(store, "ingest nesdb", {"strict": True})
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM queue.procrastinate_jobs")
    finish_run(store, run_id, "failed", {}, "no answer")
    assert "waits for a worker" in retry_run(store, settings, run_id)[0]
    assert queue_state(store).waiting == 1
    assert "nothing to retry" in retry_run(store, settings, run_id)[0]


def test_what_cannot_be_retried_says_what_to_do(store, settings):
    with pytest.raises(UsageError, match="there is no run 77"):
        retry_run(store, settings, 77)
    with pytest.raises(UsageError, match="ran in place") as caught:
        retry_run(store, settings, start_run(store, "train", {}))
    assert "give its command again" in str(caught.value)
    with run(store, "score", {}) as (run_id, _), pytest.raises(UsageError, match="is running"):
        retry_run(store, settings, run_id)


def test_standard_input_cannot_be_deferred(store):
    with pytest.raises(UsageError, match="standard input"):
        defer_command(store, "ingest proteome", {"source": "-"})


def test_runs_are_compared_by_what_differs(store):
    ids = []
    for layer in (3, 6):
        with run(store, "score", {"layer": layer, "model": "bundled"}) as (run_id, counts):
            counts["residues"] = 10 * layer
        ids.append(run_id)
    told = compare_runs(store, *ids)
    facts = {name: values for name, *values in told.facts}
    assert facts["setting layer"] == ["3", "6"]
    assert "setting model" not in facts
    assert "nesannot rank" in told.sentences[0]


def test_a_sequence_that_was_given_back_untried_is_no_failure(deferral):
    run_id, _ = deferral.defer(["MKLVA", "MKLVI"])
    unit = begin(deferral, run_id, 1)
    configuration = unit.settings["configuration"]
    ids = [one.id for one in queue_units.pending_of_unit(deferral.store, unit, configuration)]
    queue_units.mark_tried(deferral.store, unit, configuration, ids, "gone")
    marked = (deferral.store, run_id, configuration, 10)
    assert len(queue_units.failed_sequences(*marked)) == 2
    queue_units.unmark_tried(deferral.store, configuration, ids[0])
    assert [one.attempts for one in queue_units.failed_sequences(*marked)] == [1]
