"""The pool: order, errors, crashes, and that no process is left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from nesdb_annot.errors import ConfigurationError, InternalError
from nesdb_annot.processes.pool import AHEAD, WorkerPool

sys.path.insert(0, str(Path(__file__).parent))  # spawned workers inherit it
from chunk_work import Doubler, dead_at_once, unbuildable


def pool(workers=2, initialise=Doubler, argument=2):
    return WorkerPool(workers, initialise=initialise, arguments=(argument,))


@pytest.mark.parametrize("workers", [1, 2])
def test_every_chunk_is_answered_once(workers):
    with pool(workers) as running:
        answers = list(running.map_unordered(range(40)))
    assert sorted(answer for _, answer in answers) == [2 * n for n in range(40)]


def test_one_worker_is_this_process():
    with pool(1) as running:
        assert {pid for pid, _ in running.map_unordered(range(3))} == {os.getpid()}


def test_more_workers_are_other_processes_and_none_is_left():
    with pool(2) as running:
        pids = {pid for pid, _ in running.map_unordered(range(200))}
        assert os.getpid() not in pids
        list(running.map_unordered(range(3)))
    assert multiprocessing.active_children() == []


def test_a_pool_without_workers_is_refused():
    with pytest.raises(ValueError, match="0 workers"):
        pool(0)


def test_nothing_to_do():
    with pool(2) as running:
        assert list(running.map_unordered([])) == []


def test_chunks_are_taken_no_further_ahead_than_promised():
    taken = []

    def chunks():
        for n in range(50):
            taken.append(n)
            yield n

    with pool(2) as running:
        answers = running.map_unordered(chunks())
        next(answers)
        assert len(taken) <= 2 * AHEAD + 1


def test_large_chunks_and_answers_do_not_block_each_other():
    with pool(2, argument=1) as running:
        answers = list(running.map_unordered(["x" * 3_000_000] * 8))
    assert [len(answer) for _, answer in answers] == [3_000_000] * 8


def test_workers_are_single_threaded_and_this_process_keeps_its_environment():
    before = dict(os.environ)
    with pool(2) as running:
        assert set(running.map_unordered(["threads"] * 4)) == {"1"}
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("chunk", "error", "text"),
    [
        ("raise", InternalError, "chunk is bad"),
        ("configure", ConfigurationError, "fetch them"),
        ("die", InternalError, "exit code 9"),
    ],
)
def test_failures_are_errors_here(chunk, error, text):
    with pytest.raises(error, match=text), pool(2) as running:
        list(running.map_unordered([1, 2, chunk, *range(100)]))
    assert multiprocessing.active_children() == []


def test_what_a_worker_said_before_it_left_is_heard_where_a_chunk_cannot_be_sent():
    with pytest.raises(ConfigurationError, match="fetch them"), pool(2) as running:
        next(running.map_unordered(range(4)))
        leaving = running._workers[0].spawned
        leaving.connection.send("configure")
        leaving.process.join(60)
        running._send(running._workers[0], 1)


def test_error_of_a_worker_has_its_traceback_as_cause():
    with pytest.raises(ConfigurationError) as raised, pool(2) as running:
        list(running.map_unordered(["configure"]))
    assert "chunk_work.py" in str(raised.value.__cause__)
    assert "no weights" in str(raised.value.__cause__)


@pytest.mark.parametrize(("initialise", "error"), [(unbuildable, ConfigurationError), (dead_at_once, InternalError)])
def test_a_worker_that_does_not_start_is_an_error(initialise, error):
    with pytest.raises(error), pool(2, initialise) as running:
        list(running.map_unordered(range(10)))
    assert multiprocessing.active_children() == []


def test_leaving_early_does_not_wait_for_work():
    began = time.monotonic()
    with pool(2) as running:
        next(running.map_unordered([1, "sleep", "sleep", 1]))
    assert time.monotonic() - began < 50
    assert multiprocessing.active_children() == []


PARENT = """
    import faulthandler, os, signal, sys, time
    from nesdb_annot.processes.pool import WorkerPool

    # Whatever the runner of the tests ignores or blocks is inherited, and no matter of the pool.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])
    faulthandler.dump_traceback_later(50)

    class Work:
        def __call__(self, chunk):
            time.sleep(chunk)
            return os.getpid()

    if __name__ == "__main__":
        with WorkerPool(2, initialise=Work) as pool:
            answers = pool.map_unordered([0, 0, 0, 0, 600, 600, 600, 600])
            pids = {next(answers) for _ in range(4)}
            print(*[worker.spawned.process.pid for worker in pool._workers], flush=True)
            next(answers)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_do_not_outlive_their_parent(number, tmp_path, eventually):
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(PARENT))
    with (tmp_path / "said").open("w") as said:
        parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=said, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(number)
    try:
        parent.wait(60)
    except subprocess.TimeoutExpired:
        parent.kill()
        pytest.fail((tmp_path / "said").read_text())
    eventually(lambda: not any(map(alive, pids)))
