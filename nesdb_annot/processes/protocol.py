"""One spawned process that builds an object and answers chunk after chunk, and what its parent hears of it.

The process sends `READY` when its object is built, then one tuple ``(answer,)`` for each chunk, or one `Failure` before
it ends. It ignores Ctrl-C, which its parent handles, and ends when its parent is gone, even in the midst of work.
Processes are never forked: a process that has started OpenMP threads cannot be forked safely.
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
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Self

from ..errors import NesannotError, disk_error

_ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals by which somebody asks a process to stop: they are nobody's fault."""

READY = "ready"
"""Message of a process whose object is built."""

SECONDS_TO_LEAVE = 5.0
"""A process has this long to end by itself."""

ALLOCATED = 50_000
"""Objects that a process makes before cycles among them are looked for; of 700 each time, a tenth of scoring."""

_STARTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Failure:
    """Message of a process that failed: a `NesannotError` as it is, anything else as a traceback.

    Attributes:
        error: None if the process met no error of ours.
        text: the traceback.
    """

    error: NesannotError | None
    text: str

    def as_error(self, otherwise: type[NesannotError], what: str) -> NesannotError:
        """Return the error that the process met, with its traceback as the cause.

        Args:
            otherwise: class of the error where the process met none of ours.
            what: first sentence of that error.
        """
        error = self.error or otherwise(what, why=self.text)
        error.__cause__ = WorkerTraceback(self.text)
        return error


class WorkerTraceback(Exception):  # noqa: N818 - a text that travels as the cause of an error
    """The traceback of a worker process, as text: the cause of the error that its parent raises."""

    def __str__(self) -> str:
        """The text on lines of its own."""
        return f"in the worker process:\n{self.args[0]}"


@dataclass(frozen=True, slots=True)
class Spawned:
    """A running process and the parent's end of its connection."""

    process: SpawnProcess
    connection: Connection

    @classmethod
    def start(cls, initialise: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> Self:
        """Start a process; it is not waited for.

        Args:
            initialise: called once in the process with `arguments`, returns the object to call; importable by name.
            arguments: picklable.
        """
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, initialise, arguments), daemon=True)
        with _STARTING:  # threads of a worker start processes at the same time
            process.start()
        there.close()
        return cls(process, here)

    def last_failure(self) -> Failure | None:
        """Return the failure that the process sent before it ended, if it could."""
        with contextlib.suppress(EOFError, OSError):
            while self.connection.poll():
                message = self.connection.recv()
                if isinstance(message, Failure):
                    return message
        return None

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal; None if the process does not end."""
        self.process.join(SECONDS_TO_LEAVE)
        return self.process.exitcode

    def ended_by(self) -> str:
        """Return the name of the signal by which somebody asked the process to stop; empty if it ended otherwise."""
        code = self.exit_code()
        return next((number.name for number in _ASKING if code == -number), "")

    def kill(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _receive(connection: Connection, chunks: queue.Queue[Any], finished: threading.Event) -> None:
    """Move chunks from the pipe to the queue; when the parent is gone, end this process even in the midst of work."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            chunks.put((connection.recv(),))
    chunks.put(None)
    if not finished.wait(SECONDS_TO_LEAVE / 5):
        os._exit(143)


def _serve(connection: Connection, initialise: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
    """Body of the process: build its object, then answer chunk after chunk until the parent closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    chunks: queue.Queue[Any] = queue.Queue()
    finished = threading.Event()
    threading.Thread(target=_receive, args=(connection, chunks, finished), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        try:
            work = initialise(*arguments)
            gc.freeze()  # models and libraries stay: to look through them for garbage again and again takes time,
            gc.set_threshold(ALLOCATED)  # and what a chunk makes is freed without being looked for
            connection.send(READY)
            while (chunk := chunks.get()) is not None:
                connection.send((work(chunk[0]),))
        except Exception as error:  # whatever it is, the parent must hear of it
            sent = error if isinstance(error, NesannotError) else disk_error(error)
            connection.send(Failure(sent, traceback.format_exc()))
    finished.set()
