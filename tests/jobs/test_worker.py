"""Real workers, real signals: nothing is lost, nothing is double, and no sequence stops the others."""

import random
import signal
import time

import pytest

SCORES = """
select s.sha256, count(*) from nesannot.segment g join nesannot.sequence s on s.id = g.sequence_id group by 1 order by 1
"""

FAILED = "select error, attempts from nesannot.scored_sequence where error is not null"


def many(count, length=20):
    return ["".join(random.Random(n).choices("ACDEFGHIKLMNPQRSTVWY", k=length)) for n in range(count)]


def assert_complete(deferral, run_id, sequences, failed=0):
    """Every sequence has its one segment or its error, and the run counted each once."""
    run = deferral.run(run_id)
    assert run.status == "done", run.error
    assert run.counts["residues"] == run.counts["residues_total"] == sum(map(len, sequences))
    assert run.counts["segments"] == len(sequences) - failed
    assert run.counts["failed"] == failed
    assert [count for _, count in deferral.rows(SCORES)] == [1] * (len(sequences) - failed)
    assert deferral.rows("select count(*) from nesannot.work_unit") == [(0,)]
    assert deferral.rows("select count(*) from queue.procrastinate_jobs") == [(0,)]


def test_a_worker_does_what_is_there_and_ends(deferral):
    sequences = many(20)
    run_id, units = deferral.defer(sequences)
    assert units == 10
    assert deferral.run(run_id).status == "queued"
    worker = deferral.worker(until_empty=True)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert said.count("scored") == 10
    assert_complete(deferral, run_id, sequences)


def test_one_shot_takes_one_job(deferral):
    run_id, units = deferral.defer(many(6))
    worker = deferral.worker(one_shot=True)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert deferral.rows("select count(*) from nesannot.work_unit") == [(units - 1,)]
    assert deferral.run(run_id).status == "running"


def test_chunks_of_a_killed_worker_are_taken_over_and_nothing_is_double(deferral):
    sequences = many(12)
    run_id, _ = deferral.defer(sequences)
    victim = deferral.worker(sleep_s=1.0)
    deferral.wait_until(deferral.log.read_text)
    victim.send_signal(signal.SIGKILL)
    other = deferral.worker(until_empty=True)
    said, _ = other.communicate(timeout=60)
    assert other.returncode == 0, said
    assert_complete(deferral, run_id, sequences)


def test_a_worker_that_was_frozen_does_no_harm_when_it_wakes(deferral):
    sequences = many(8)
    run_id, _ = deferral.defer(sequences)
    frozen = deferral.worker(sleep_s=0.3)
    deferral.wait_until(deferral.log.read_text)
    frozen.send_signal(signal.SIGSTOP)
    other = deferral.worker(until_empty=True)
    other.communicate(timeout=60)
    frozen.send_signal(signal.SIGCONT)
    time.sleep(2)
    assert other.returncode == 0
    assert_complete(deferral, run_id, sequences)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_gives_its_chunk_back(deferral, number):
    run_id, units = deferral.defer(many(4))
    worker = deferral.worker(sleep_s=30.0)
    deferral.wait_until(deferral.log.read_text)
    began = time.monotonic()
    worker.send_signal(number)
    said, _ = worker.communicate(timeout=60)
    assert time.monotonic() - began < 25, "it waited for its chunk"
    assert worker.returncode == 128 + number, said
    waiting = "select count(*) from nesannot.work_unit where worker is null and attempts = 0"
    assert deferral.rows(waiting) == [(units,)]
    assert deferral.rows("select distinct status::text from queue.procrastinate_jobs") == [("todo",)]
    assert deferral.rows("select count(*) from queue.procrastinate_workers") == [(0,)]
    other = deferral.worker(until_empty=True)
    other.communicate(timeout=60)
    assert_complete(deferral, run_id, many(4))


def test_a_worker_that_is_told_to_stop_finishes_a_short_chunk(deferral):
    _, units = deferral.defer(many(4))
    worker = deferral.worker(sleep_s=0.4, pace={"grace_s": 8.0, "poll_s": 0.3})
    deferral.wait_until(deferral.log.read_text)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 143
    assert deferral.rows("select count(*) from nesannot.work_unit") == [(units - 1,)]


@pytest.mark.parametrize(
    ("poison", "error", "tried"),
    [("RAISE", "poisonous", 3), ("CRASH", "the whole chunk fails", 4), ("DIES", "its process died: killed", 4)],
)
def test_poison_counts_three_times_and_death_only_alone(deferral, poison, error, tried):
    sequences = [*many(9), poison + "ACDEFGHIKLMNPQR"]
    random.Random(poison).shuffle(sequences)
    run_id, _ = deferral.defer(sequences, per_chunk=100)
    worker = deferral.worker(until_empty=True)
    said, _ = worker.communicate(timeout=90)
    assert worker.returncode == 1, said
    assert f"run {run_id}: 1 sequence failed and has no scores: P" in said
    assert deferral.attempts(poison) == tried
    assert_complete(deferral, run_id, sequences, failed=1)
    ((recorded, attempts),) = deferral.rows(FAILED)
    assert error in recorded
    assert attempts == 3


def test_sequence_that_kills_its_worker_is_tried_three_times_alone(deferral):
    sequences = [*many(5), "KILLSACDEFGHIKLMNPQR", *many(7)[5:]]
    run_id, _ = deferral.defer(sequences, per_chunk=1000)
    for _ in range(4):  # the first time with its whole chunk
        worker = deferral.worker()
        said, _ = worker.communicate(timeout=60)
        assert worker.returncode == -signal.SIGKILL, said
    last = deferral.worker(until_empty=True)
    said, _ = last.communicate(timeout=60)
    assert last.returncode == 1, said
    assert deferral.attempts("KILLS") == 4
    assert_complete(deferral, run_id, sequences, failed=1)
    assert "the worker was gone" in deferral.rows(FAILED)[0][0]


def test_full_disk_ends_the_worker_and_counts_for_no_sequence(deferral):
    sequences = [*many(4), "FULLACDEFGHIKLMNPQR", *many(6)[4:]]
    run_id, _ = deferral.defer(sequences, per_chunk=1000)
    worker = deferral.worker(until_empty=True)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 1, said  # the program of the test prints the error's traceback
    assert "CannotWriteError: a disk is full or cannot be used" in said
    assert deferral.rows("select count(*) from nesannot.scored_sequence where error is not null") == [(0,)]
    before = len(deferral.log.read_text().splitlines()) - 1
    assert deferral.rows("select count(*) from nesannot.scored_sequence") == [(before,)]
    assert deferral.run(run_id).status == "running"


def test_child_that_is_ended_by_sigterm_counts_for_no_sequence(deferral):
    sequences = [*many(3), "TERMACDEFGHIKLMNPQR"]
    run_id, _ = deferral.defer(sequences, per_chunk=1000)
    worker = deferral.worker(until_empty=True)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert_complete(deferral, run_id, sequences)


def test_two_workers_share_the_work_and_each_chunk_is_done_once(deferral):
    sequences = many(40)
    run_id, _ = deferral.defer(sequences)
    workers = [deferral.worker(until_empty=True, concurrency=2, sleep_s=0.05) for _ in range(2)]
    said = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert all(" scored, " in one for one in said)
    assert len(deferral.log.read_text().splitlines()) == 40
    assert_complete(deferral, run_id, sequences)


def test_a_deferred_recomputation_recomputes_each_once(deferral):
    sequences = many(6)
    first, _ = deferral.defer(sequences)
    deferral.worker(until_empty=True).communicate(timeout=60)
    second, _ = deferral.defer(sequences, again=True)
    deferral.worker(until_empty=True).communicate(timeout=60)
    assert len(deferral.log.read_text().splitlines()) == 12
    assert deferral.run(first).status == "done"
    assert_complete(deferral, second, sequences)
    assert deferral.rows("select distinct run_id from nesannot.scored_sequence") == [(second,)]


def test_a_worker_whose_version_does_not_fit_gives_back_and_says_so(deferral):
    run_id, units = deferral.defer(many(4))
    with deferral.store.transaction() as connection:
        other = "UPDATE nesannot.run SET settings = settings || '{\"configuration\": 99}' WHERE queued"
        connection.exec_driver_sql(other)
    worker = deferral.worker()
    assert worker.wait(60) == 1  # the program of the test prints the error's traceback
    assert "cannot compute what run" in worker.stdout.read()
    assert deferral.rows("select count(*) from nesannot.work_unit where attempts = 0") == [(units,)]
    assert deferral.run(run_id).status == "running"


def test_connections_that_break_lose_nothing(deferral):
    sequences = many(12)
    run_id, _ = deferral.defer(sequences)
    first = deferral.worker(sleep_s=0.3, until_empty=True)
    deferral.wait_until(deferral.log.read_text)
    with deferral.store.transaction() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND application_name LIKE 'nesannot%%'"
        )
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 0 or "lost" in said, said
    second = deferral.worker(until_empty=True)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert_complete(deferral, run_id, sequences)


@pytest.mark.slow
def test_with_default_settings_a_killed_workers_chunk_is_taken_over_within_a_minute(deferral):
    """The slowest test of this folder: it waits for the default heartbeat to fall silent."""
    sequences = many(4)
    run_id, _ = deferral.defer(sequences, per_chunk=1000)
    victim = deferral.worker(sleep_s=4.0, pace={})
    deferral.wait_until(deferral.log.read_text)
    other = deferral.worker(pace={})
    time.sleep(4)
    victim.send_signal(signal.SIGKILL)
    tried = len(deferral.log.read_text().splitlines())
    assert deferral.run(run_id).status == "running", "the chunk was not killed in its middle"
    seconds = deferral.wait_until(lambda: len(deferral.log.read_text().splitlines()) > tried)
    print(f"taken over {seconds:.1f} s after the kill")
    deferral.wait_until(lambda: deferral.run(run_id).status == "done")
    other.send_signal(signal.SIGTERM)
    assert other.wait(60) == 143
    assert_complete(deferral, run_id, sequences)
