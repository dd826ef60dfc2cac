"""What a worker does with a deferred command: run it in a process of its own, and see that its run ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import DatabaseUnreachableError, NesannotError, TryLaterError
from ..processes.child import Child, ChildDiedError, StoppedError
from ..records import Json
from ..settings import Settings

if TYPE_CHECKING:
    from ..store.engine import Store

ATTEMPTS = 3
"""How often a command is begun whose process dies, or that a source does not answer."""

Command = tuple[int, str, Mapping[str, Json]]
"""Number of its run, name, arguments."""

_MENDED_BY_TIME = (ChildDiedError, TryLaterError, DatabaseUnreachableError)


@dataclass(frozen=True, slots=True)
class CommandRunner:
    """Runs deferred commands.

    Attributes:
        perform: called in the new process with the settings; gives what runs a `Command`. Importable by name.
        note: told of every command that ended.
        failed: numbers of the runs that failed.
    """

    store: Store
    settings: Settings
    perform: Callable[[Settings], Callable[[Command], None]]
    note: Callable[[str], None]
    failed: list[int] = field(default_factory=list)

    def run(self, command: Command, attempts: int, stop: Callable[[], bool]) -> None:
        """Run it once.

        Args:
            attempts: how often it was begun before.

        Raises:
            StoppedError: if `stop` said so: it waits for another worker.
            NesannotError: if it may be tried again, here or elsewhere; else its run says why it failed.
        """
        from ..store.runs import finish_run

        run_id, name, _ = command
        process: Child[Command, None] = Child(self.perform, (self.settings,))
        try:
            process.ask(command, stop)
        except StoppedError:
            self._wait_again(run_id)
            raise
        except NesannotError as error:
            if isinstance(error, _MENDED_BY_TIME) and attempts + 1 < ATTEMPTS:
                self._wait_again(run_id)
                raise
            finish_run(self.store, run_id, "failed", {}, str(error))
            self.failed.append(run_id)
            self.note(f"run {run_id}: {name} failed: {error.what}")
        else:
            self._end(run_id)
            self.note(f"run {run_id}: {name} is done")
        finally:
            process.kill()

    def _wait_again(self, run_id: int) -> None:
        from ..store.queue import wait_again

        with suppress(NesannotError):
            wait_again(self.store, run_id)

    def _end(self, run_id: int) -> None:
        """A command that had nothing to write began no run: its own is done all the same."""
        from ..store.runs import find_run, finish_run

        if find_run(self.store, run_id).status == "queued":
            finish_run(self.store, run_id, "done", {})
