"""The worker: takes job after job from the queue until it is told to stop, or nothing is left.

It says that it lives every ten seconds. Jobs of workers that have been silent for thirty are put back by whichever
worker looks next, so that the work of a killed one is taken over within a minute. A worker that is told to stop
has what it works on finished or given back within ten seconds (`GRACE_S` are for finishing).
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.worker import Worker

from ..errors import CannotWriteError, ConfigurationError, DatabaseUnreachableError, NesannotError, TryLaterError
from ..processes.child import StoppedError

if TYPE_CHECKING:
    from ..store.engine import Store

GRACE_S = 4.0
"""A chunk is about two seconds of a core; the rest of the ten is for giving back and for leaving on a busy machine."""

_LONGEST_WAIT_S = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker does what; all in seconds. Tests make it faster.

    Attributes:
        heartbeat_s: it says that it lives.
        silent_s: a worker that was not heard of for so long is dead.
        rescue_s: it looks for the jobs of dead workers.
        poll_s: it looks for a job, where none was announced.
        grace_s: a chunk may take to finish when the worker is told to stop.
    """

    heartbeat_s: float = 10.0
    silent_s: float = 30.0
    rescue_s: float = 10.0
    poll_s: float = 3.0
    grace_s: float = GRACE_S


class Patience(BaseRetryStrategy):
    """Jobs that another worker or a later moment may finish wait; what raises anything else is tried three times."""

    def __init__(self, attempts: int = 3) -> None:
        self._attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """At once for one that was given back, later and later for what a moment may mend."""
        if isinstance(exception, StoppedError | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, TryLaterError | DatabaseUnreachableError | ConfigurationError | CannotWriteError):
            return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), _LONGEST_WAIT_S)})
        return RetryDecision(retry_in={"seconds": 1}) if job.attempts + 1 < self._attempts else None


@dataclass(slots=True)
class QueueWorker:
    """One worker process.

    Attributes:
        app: procrastinate's, with all tasks.
        context: what tasks find in their context.
        queues: those it takes jobs from.
        concurrency: jobs at once.
        one_shot: end after one job.
        until_empty: end when no job waits and none is in work.
    """

    app: App
    store: Store
    context: Mapping[str, object]
    queues: tuple[str, ...]
    concurrency: int = 1
    one_shot: bool = False
    until_empty: bool = False
    pace: Pace = field(default_factory=Pace)
    _signal: int = 0
    _error: NesannotError | None = None
    _ended: bool = False

    def run(self) -> int:
        """Work; returns the number of the signal that ended it, 0 if there was nothing left to do.

        Raises:
            ConfigurationError: if this worker's set-up does not fit its jobs.
            CannotWriteError: if a disk that it needs is full.
            TryLaterError: if the connection to the database was lost.
        """
        from ..store.libpq import without_libpq_variables

        _quiet_logs()
        try:
            with without_libpq_variables(self.store.embedded):
                asyncio.run(self._run())
        except ConnectorException as error:
            raise _lost(error) from error
        if self._error is not None:
            raise self._error
        if not (self._signal or self._ended):
            raise _lost(None)
        return self._signal

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self.concurrency + 4))
        async with self.app.open_async():
            worker = self._worker()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, partial(self._stop, worker, number))
            beside = [asyncio.create_task(self._rescue(worker))]
            if self.until_empty:
                beside.append(asyncio.create_task(self._watch_queue(worker)))
            try:
                await worker.run()
            finally:
                for one in beside:
                    one.cancel()
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.remove_signal_handler(number)

    def _worker(self) -> Worker:
        return Worker(
            self.app,
            queues=list(self.queues),
            concurrency=1 if self.one_shot else self.concurrency,
            fetch_job_polling_interval=self.pace.poll_s,
            shutdown_graceful_timeout=self.pace.grace_s,
            delete_jobs=DeleteJobCondition.ALWAYS,
            additional_context=dict(self.context),
            install_signal_handlers=False,
            update_heartbeat_interval=self.pace.heartbeat_s,
            stalled_worker_timeout=self.pace.silent_s,
            worker_middleware=[self._around],
        )

    def _stop(self, worker: Worker, number: int) -> None:
        """Told to stop: the first time in good order, the second time at once."""
        if self._signal:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._signal = number
        worker.stop()

    async def _around(self, process: Callable[[], Awaitable[object]], _context: JobContext, worker: Worker) -> object:
        """Around every job: the only one stops the worker, and so does what no job on this worker can do without."""
        try:
            return await process()
        except (ConfigurationError, CannotWriteError) as error:
            self._error = error
            worker.stop()
            raise
        finally:
            if self.one_shot:
                self._ended = True
                worker.stop()

    async def _rescue(self, worker: Worker) -> None:
        """Put the jobs of dead workers back, for as long as this one lives."""
        from ..store.queue import rescue_jobs

        while True:
            try:
                await asyncio.to_thread(rescue_jobs, self.store, self.pace.silent_s)
            except TryLaterError:
                pass  # next time; if the database is gone, the heartbeat ends this worker
            except NesannotError as error:
                self._error = error
                worker.stop()
            await asyncio.sleep(self.pace.rescue_s)

    async def _watch_queue(self, worker: Worker) -> None:
        """Stop when nothing is left: what others work on may still come back."""
        from ..store.queue import queue_state

        while True:
            await asyncio.sleep(min(1.0, self.pace.poll_s))
            state = await asyncio.to_thread(queue_state, self.store, self.queues)
            if not (state.waiting or state.working):
                self._ended = True
                worker.stop()
                return


def _lost(error: Exception | None) -> TryLaterError:
    why = str(error.__cause__ or error).strip().split("\n")[0] if error else ""
    return TryLaterError("the worker lost its connection to the database", why=why, remedy="start it again")


def _quiet_logs() -> None:
    """Errors of jobs stand in their runs; procrastinate's own log would show each of them with a traceback."""
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
