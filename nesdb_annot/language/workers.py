"""Spawned, single-threaded worker processes for embedding and what follows it, one per core.

Never forked: a process that has started OpenMP threads cannot be forked safely. A worker that dies is an error, not a
hang; leaving the pool, by its end, an exception, Ctrl-C or SIGTERM, leaves no process behind, and a worker whose
parent was killed ends by itself.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..errors import InternalError, NesannotError, TryLaterError
from . import processor

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

AHEAD = 2
"""Chunks that a worker holds at most: the one it works on and the next, so that it never waits for its parent."""

SECONDS_TO_LEAVE = 5.0

ALLOCATED = 50_000
"""Objects that a worker makes before cycles among them are looked for; of 700 each time, a tenth of scoring."""

LONGEST_WAIT_S = 1.0
"""A Ctrl-C that comes just before the wait begins is seen when it ends: it must not be for long."""

_READY = "ready"


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a worker says instead of an answer: a `NesannotError` as it is, anything else as text."""

    error: NesannotError | None
    text: str


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    ready: bool = False
    held: int = 0


def _failed(error: Exception) -> _Failure:
    return _Failure(error if isinstance(error, NesannotError) else None, traceback.format_exc())


class WorkerTraceback(Exception):  # noqa: N818 - a text that travels as the cause of an error
    """The traceback of a worker process, as text: the cause of the error that its parent raises."""

    def __str__(self) -> str:
        """The text on lines of its own."""
        return f"in the worker process:\n{self.args[0]}"


def error_of(failure: _Failure, otherwise: type[NesannotError], what: str) -> NesannotError:
    """The error that a worker met, with the worker's traceback as its cause.

    Args:
        failure: as the worker sent it.
        otherwise: class of the error where the worker met none of ours.
        what: first sentence of that error.
    """
    error = failure.error or otherwise(what, why=failure.text)
    error.__cause__ = WorkerTraceback(failure.text)
    return error


def _error_of(failure: _Failure) -> NesannotError:
    return error_of(failure, InternalError, "a worker process failed")


def _receive(connection: Connection, chunks: queue.Queue[Any], left: threading.Event) -> None:
    """Move chunks from the pipe to the queue; when the parent is gone, end this process even in the midst of work."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            chunks.put((connection.recv(),))
    chunks.put(None)
    if not left.wait(SECONDS_TO_LEAVE / 5):
        os._exit(143)


def _serve(connection: Connection, initialise: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
    """Body of a worker: build its object, then answer chunk after chunk until the parent closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    chunks: queue.Queue[Any] = queue.Queue()
    left = threading.Event()
    threading.Thread(target=_receive, args=(connection, chunks, left), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        try:
            work = initialise(*arguments)
            gc.freeze()  # models and libraries stay: to look through them for garbage again and again takes time,
            gc.set_threshold(ALLOCATED)  # and what a chunk makes is freed without being looked for
            connection.send(_READY)
            while (held := chunks.get()) is not None:
                connection.send((work(held[0]),))
        except Exception as error:  # whatever it is, the parent must hear of it
            connection.send(_failed(error))
    left.set()


@contextlib.contextmanager
def _single_threaded_environment() -> Iterator[None]:
    """What spawned processes inherit before they import anything."""
    names = [*processor.THREAD_VARIABLES, *processor.MALLOC_VARIABLES]
    before = {name: os.environ.get(name) for name in names}
    processor.single_threaded()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


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
            with _single_threaded_environment():
                self._workers = [self._started() for _ in range(self._count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers: at once if any still works, else as soon as they see that nothing more comes."""
        for worker in self._workers:
            worker.connection.close()
            if kind is not None or worker.held or not worker.ready:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(SECONDS_TO_LEAVE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        if self._workers:
            gc.unfreeze()
        self._workers = []

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, self._initialise, self._arguments), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

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
            heard = wait([worker.connection for worker in self._workers], LONGEST_WAIT_S)
            for worker in self._workers:
                if worker.connection in heard:
                    yield from self._heard(worker)
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
            worker.connection.send(chunk)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._died(worker) from error
        worker.held += 1

    def _heard(self, worker: _Worker) -> Iterator[Answer]:
        """What a worker has to say: that it is ready, an answer, a failure, or nothing because it is dead."""
        try:
            message = worker.connection.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._died(worker) from error
        if isinstance(message, _Failure):
            raise _error_of(message)
        if message == _READY:
            worker.ready = True
        else:
            worker.held -= 1
            yield message[0]

    def _died(self, worker: _Worker) -> NesannotError:
        """What it said before it left, if it could; nobody's mistake if it was killed, perhaps a bug otherwise."""
        with contextlib.suppress(EOFError, ConnectionResetError):
            while worker.connection.poll():
                message = worker.connection.recv()
                if isinstance(message, _Failure):
                    return _error_of(message)
        worker.process.join(SECONDS_TO_LEAVE)
        code = worker.process.exitcode
        remedy = "run the command again, with fewer --workers"
        if code == -signal.SIGKILL:
            why = "killed by the system, perhaps for want of memory"
            return TryLaterError("a worker process died", why=why, remedy=remedy)
        return InternalError("a worker process died", why=f"exit code {code}", remedy=remedy)
