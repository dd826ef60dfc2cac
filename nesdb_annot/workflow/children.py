"""A process of its own for what may die: the worker that asked survives, and learns that it died.

Built on the worker processes of `language.workers`: spawned, single-threaded, gone when their parent is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar, cast

from ..errors import InternalError, NesannotError
from ..language.workers import _READY, SECONDS_TO_LEAVE, _Failure, _serve, error_of

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

_LOOK_UP_S = 0.2
"""How often one who waits for an answer looks whether to go on waiting."""

_STARTING = threading.Lock()


class ChildDiedError(InternalError):
    """The process died while it worked, or what it raised is not one of our errors."""


class StoppedError(Exception):
    """The answer is no longer waited for; the process was ended."""


def _error_of(failure: _Failure) -> NesannotError:
    return error_of(failure, ChildDiedError, failure.text.strip().splitlines()[-1])


class Child(Generic[Chunk, Answer]):
    """One process that builds an object and calls it with chunk after chunk.

    Args:
        initialise: called once in the process with `arguments`, returns the object to call; importable by name.
        arguments: picklable.
    """

    def __init__(self, initialise: Callable[..., Callable[[Chunk], Answer]], arguments: tuple[Any, ...] = ()) -> None:
        self._initialise, self._arguments = initialise, arguments
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def ask(self, chunk: Chunk, stop: Callable[[], bool] = lambda: False) -> Answer:
        """The answer to `chunk`; the process is started if it does not run.

        Raises:
            StoppedError: if `stop` said so; the process is gone.
            ChildDiedError: if it died, or raised what is no error of ours.
            NesannotError: what it raised.
        """
        try:
            connection = self._running()
            connection.send(chunk)
            while (message := self._heard(connection, stop)) == _READY:
                pass
        except (EOFError, OSError) as error:
            raise self._died() from error
        except BaseException:
            self.kill()
            raise
        return cast("tuple[Answer]", message)[0]

    def _running(self) -> Connection:
        if self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, there = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(there, self._initialise, self._arguments), daemon=True
            )
            with _STARTING:
                self._process.start()
            there.close()
        return self._connection

    def _heard(self, connection: Connection, stop: Callable[[], bool]) -> object:
        while not connection.poll(_LOOK_UP_S):
            if stop():
                raise StoppedError
        message: object = connection.recv()
        if isinstance(message, _Failure):
            raise _error_of(message)
        return message

    def _died(self) -> NesannotError:
        """What it said before it left, if it could; else how it ended."""
        with contextlib.suppress(EOFError, OSError):
            while self._connection is not None and self._connection.poll():
                message = self._connection.recv()
                if isinstance(message, _Failure):
                    self.kill()
                    return _error_of(message)
        process = self._process
        code = None
        if process is not None:
            process.join(SECONDS_TO_LEAVE)
            code = process.exitcode
        self.kill()
        why = "killed, perhaps for want of memory" if code == -signal.SIGKILL else f"exit code {code}"
        return ChildDiedError(f"its process died: {why}")

    def kill(self) -> None:
        """End the process at once, if it runs."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._connection = None
