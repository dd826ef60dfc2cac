"""A worker put together: the queue's connection, the tasks, the schedule, and what they work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from procrastinate import App

from nesdb_annot.errors import FailedJobsError
from nesdb_annot.processes.environment import single_threaded
from nesdb_annot.settings import Settings
from nesdb_annot.store.engine import Store, open_store
from nesdb_annot.store.queue import QUEUES, connector, queue_state
from nesdb_annot.store.queue_units import failed_sequences
from nesdb_annot.store.runs import this_process
from nesdb_annot.workflow.failures import failure_line
from nesdb_annot.workflow.heads import check_device
from nesdb_annot.workflow.queue_commands import CommandRunner
from nesdb_annot.workflow.queue_scoring import UnitScorer
from nesdb_annot.workflow.queue_worker import Pace, QueueWorker

from .commands import performer
from .schedule import add_schedule
from .tasks import RUNNER, SCORER, add_tasks

MOST = 10**6
"""Failed sequences of a run that are counted at most."""

SHOWN = 9
"""Further runs that are named where jobs of them failed."""


def queue_app(settings: Settings, store: Store) -> App:
    """Procrastinate's app on the database of these settings, with all tasks and the schedule."""
    app = App(connector=connector(settings))
    add_tasks(app)
    add_schedule(app, settings.reannotate_schedule, store)
    return app


def run_worker(
    settings: Settings,
    *,
    queues: tuple[str, ...] = QUEUES,
    concurrency: int = 1,
    one_shot: bool = False,
    until_empty: bool = False,
    pace: Pace | None = None,
    note: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] | None = None,
) -> int:
    """Work until a signal, or until nothing is left; returns the number of the signal, else 0.

    Args:
        warn: told of sequences that failed, at the end; `note` by default.

    Raises:
        FailedJobsError: if `until_empty` and a job or a sequence failed that this worker worked on, once nothing is
            left.
        NesannotError: as `QueueWorker.run`.
    """
    warn = warn or note
    single_threaded()
    check_device(settings)
    with open_store(settings) as store:
        queue_state(store)  # a role that may not work is told so, before procrastinate finds no function of its own
        scorer = UnitScorer(store, settings, this_process(), note)
        runner = CommandRunner(store, settings, performer, note)
        worker = QueueWorker(
            queue_app(settings, store),
            store,
            {SCORER: scorer, RUNNER: runner},
            queues,
            concurrency=concurrency,
            one_shot=one_shot,
            until_empty=until_empty,
            pace=pace or Pace(),
        )
        note(f"worker {this_process()} on {store.url}: {' and '.join(queues)}, {concurrency} at once")
        try:
            number = worker.run()
        finally:
            scorer.close()
        lines = _failed_sequences(store, scorer.touched)
        failed = [*runner.failed, *scorer.failed]
        ends = until_empty and not number
        for line in lines[: -1 if ends and not failed else None]:
            warn(line)
        if ends and failed:
            raise _some_failed(failed)
        if ends and lines:
            raise FailedJobsError(lines[-1])
        return number


def _failed_sequences(store: Store, configurations: Mapping[int, int]) -> list[str]:
    """A line for each run of which sequences failed, given the configuration of each run."""
    failed = {run_id: failed_sequences(store, run_id, key, MOST) for run_id, key in sorted(configurations.items())}
    return [failure_line(f"run {run_id}", sequences) for run_id, sequences in failed.items() if sequences]


def _some_failed(runs: Sequence[int]) -> FailedJobsError:
    """What to say of jobs that failed, given the run of each."""
    first, *others = sorted(set(runs))
    told = f"{len(runs):,} job{'s' if len(runs) > 1 else ''} failed of those that this worker took"
    where = ", ".join(f"run {one}" for one in (first, *others[:SHOWN])) + (" ..." if others[SHOWN:] else "")
    remedy = f"nesannot runs show {first} says why, nesannot runs retry {first} does it again"
    return FailedJobsError(told, where=where, remedy=remedy)
