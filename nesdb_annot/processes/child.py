"""A process for work that may die: the process that asked survives, and learns how the other one ended."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from ..errors import InternalError, NesannotError
from .protocol import READY, Failure, Spawned

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

_LOOK_UP_S = 0.2
"""How often one who waits for an answer looks whether to go on waiting."""


class ChildDiedError(InternalError):
    """The process died while it worked, or what it raised is not one of our errors."""


class StoppedError(Exception):
    """The answer is no longer waited for; the process was ended."""


def _error_of(failure: Failure) -> NesannotError:
    return failure.as_error(ChildDiedError, failure.text.strip().splitlines()[-1])


class Child(Generic[Chunk, Answer]):
    """One process that builds an object and calls it with chunk after chunk.

    Args:
        initialise: called once in the process with `arguments`, returns the object to call; importable by name.
        arguments: picklable.
    """

    def __init__(self, initialise: Callable[..., Callable[[Chunk], Answer]], arguments: tuple[Any, ...] = ()) -> None:
        self._initialise, self._arguments = initialise, arguments
        self._spawned: Spawned | None = None

    def ask(self, chunk: Chunk, stop: Callable[[], bool] = lambda: False) -> Answer:
        """The answer to `chunk`; the process is started if it does not run.

        Raises:
            StoppedError: if `stop` said so, or somebody asked the process to stop by a signal; it is gone.
            ChildDiedError: if it died, or raised what is no error of ours.
            NesannotError: what it raised.
        """
        try:
            spawned = self._running()
            spawned.connection.send(chunk)
            while (message := _message(spawned, stop)) == READY:
                pass
        except (EOFError, OSError) as error:
            died = self._died()
            raise died from (died.__cause__ or error)
        except BaseException:
            self.kill()
            raise
        return cast("tuple[Answer]", message)[0]

    def _running(self) -> Spawned:
        if self._spawned is None:
            self._spawned = Spawned.start(self._initialise, self._arguments)
        return self._spawned

    def _died(self) -> NesannotError | StoppedError:
        """Return what the process sent before it ended, if it could; else how it ended."""
        failure = self._spawned.last_failure() if self._spawned else None
        code = self._spawned.exit_code() if self._spawned and not failure else None
        ended_by = self._spawned.ended_by() if self._spawned and not failure else ""
        self.kill()
        if failure:
            return _error_of(failure)
        if ended_by:
            return StoppedError(f"its process was ended by {ended_by}")
        why = "killed, perhaps for want of memory" if code == -signal.SIGKILL else f"exit code {code}"
        return ChildDiedError(f"its process died: {why}")

    def kill(self) -> None:
        """End the process at once, if it runs."""
        if self._spawned is not None:
            self._spawned.kill()
        self._spawned = None


def _message(spawned: Spawned, stop: Callable[[], bool]) -> object:
    while not spawned.connection.poll(_LOOK_UP_S):
        if stop():
            raise StoppedError
    message: object = spawned.connection.recv()
    if isinstance(message, Failure):
        raise _error_of(message)
    return message
