"""A pool of spawned, single-threaded worker processes, one per core.

A worker that dies is an error, not a hang. Leaving the pool, by its end, an exception, Ctrl-C or SIGTERM, leaves no
process behind.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..errors import InternalError, NesannotError, TryLaterError
from .environment import single_threaded_environment
from .protocol import READY, Failure, Spawned

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

AHEAD = 2
"""Chunks that a worker holds at most: the one it works on and the next, so that it never waits for its parent."""

LONGEST_WAIT_S = 1.0
"""A Ctrl-C that comes just before the wait begins is seen when it ends: it must not be for long."""


@dataclass(slots=True)
class _Worker:
    spawned: Spawned
    ready: bool = False
    held: int = 0


class WorkerPool(Generic[Chunk, Answer]):
    """Workers that each build one object and call it with chunk after chunk.

    Args:
        workers: processes; with 1 everything happens in this process.
        initialise: called once in each worker with `arguments`, returns the object to call; importable by name.
        arguments: picklable.

    Raises:
        ValueError: if there is no worker.

    Example:
        >>> with WorkerPool(1, initialise=lambda power: lambda n: n**power, arguments=(2,)) as pool:
        ...     list(pool.map_unordered([1, 2, 3]))
        [1, 4, 9]
    """

    def __init__(
        self, workers: int, *, initialise: Callable[..., Callable[[Chunk], Answer]], arguments: tuple[Any, ...] = ()
    ) -> None:
        if workers < 1:
            raise ValueError(f"a pool of {workers} workers does nothing")
        self._count, self._initialise, self._arguments = workers, initialise, arguments
        self._workers: list[_Worker] = []
        self._here: Callable[[Chunk], Answer] | None = None

    def __enter__(self) -> Self:
        """Start all workers at once; none is waited for."""
        if self._count > 1:
            gc.freeze()
            with single_threaded_environment():
                arguments = (self._initialise, self._arguments)
                self._workers = [_Worker(Spawned.start(*arguments)) for _ in range(self._count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers: at once if any still works, else as soon as they see that nothing more comes."""
        for worker in self._workers:
            worker.spawned.connection.close()
            if kind is not None or worker.held or not worker.ready:
                worker.spawned.process.terminate()
        for worker in self._workers:
            if worker.spawned.exit_code() is None:
                worker.spawned.kill()
        if self._workers:
            gc.unfreeze()
        self._workers = []

    def map_unordered(self, chunks: Iterable[Chunk]) -> Iterator[Answer]:
        """Answers in the order of their completion.

        Args:
            chunks: consumed lazily, at most `AHEAD` per worker beyond the answers.

        Raises:
            NesannotError: what a worker raised; anything else, and a worker's death, as `InternalError`.
        """
        if self._count == 1:
            self._here = self._here or self._initialise(*self._arguments)
            yield from map(self._here, chunks)
            return
        source = iter(chunks)
        exhausted = not self._feed(source)
        while not exhausted or any(worker.held for worker in self._workers):
            ready = wait([worker.spawned.connection for worker in self._workers], LONGEST_WAIT_S)
            for worker in self._workers:
                if worker.spawned.connection in ready:
                    yield from self._answers(worker)
            exhausted = exhausted or not self._feed(source)

    def _feed(self, source: Iterator[Chunk]) -> bool:
        """Give every worker that is ready its chunks; False when there are no more."""
        for depth in range(1, AHEAD + 1):
            for worker in self._workers:
                if worker.ready and worker.held < depth:
                    try:
                        chunk = next(source)
                    except StopIteration:
                        return False
                    self._send(worker, chunk)
        return True

    def _send(self, worker: _Worker, chunk: Chunk) -> None:
        try:
            worker.spawned.connection.send(chunk)
        except (BrokenPipeError, ConnectionResetError) as error:
            died = self._died(worker)
            raise died from (died.__cause__ or error)
        worker.held += 1

    def _answers(self, worker: _Worker) -> Iterator[Answer]:
        """What a worker has to say: that it is ready, an answer, a failure, or nothing because it is dead."""
        try:
            message = worker.spawned.connection.recv()
        except (EOFError, ConnectionResetError) as error:
            died = self._died(worker)
            raise died from (died.__cause__ or error)
        if isinstance(message, Failure):
            raise _error_of(message)
        if message == READY:
            worker.ready = True
        else:
            worker.held -= 1
            yield message[0]

    def _died(self, worker: _Worker) -> NesannotError:
        """What it said before it left, if it could; nobody's mistake if it was killed, perhaps a bug otherwise."""
        failure = worker.spawned.last_failure()
        if failure:
            return _error_of(failure)
        code = worker.spawned.exit_code()
        remedy = "run the command again, with fewer --workers"
        if code == -signal.SIGKILL:
            why = "killed by the system, perhaps for want of memory"
            return TryLaterError("a worker process died", why=why, remedy=remedy)
        if ended_by := worker.spawned.ended_by():
            return TryLaterError(f"a worker process was ended by {ended_by}", remedy="run the command again")
        return InternalError("a worker process died", why=f"exit code {code}", remedy=remedy)


def _error_of(failure: Failure) -> NesannotError:
    return failure.as_error(InternalError, "a worker process failed")
