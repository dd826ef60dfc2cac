"""One at a time, whatever machine it runs on: a lock in the database that goes with its holder's connection."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..errors import TryLaterError
from .engine import Store
from .queries import execute

_LOG = logging.getLogger(__name__)  # without a handler of the caller a warning goes to stderr


class HeldLock:
    """A lock that this process holds as long as its connection lives."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._lost = False

    def require(self) -> None:
        """Make sure that the lock is still held, before something is written under it.

        Raises:
            TryLaterError: if the connection broke: the server gave the lock back, and another process may hold it.
        """
        if not self._lost:
            self._lost = not self._answers()
        if self._lost:
            raise TryLaterError(
                "the database server ended the connection that held the lock of this command",
                where=self._name,
                why="another command may hold the lock now",
                remedy="run the command again; what was finished is kept",
            )

    def give_back(self) -> None:
        """Release the lock; where the connection broke, the server has released it already."""
        if self._lost:
            return
        try:
            with self._connection.begin():
                execute(self._connection, "unlock", name=self._name)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            _LOG.warning("the database server was restarted meanwhile; everything before its restart is stored")

    def _answers(self) -> bool:
        try:
            with self._connection.begin():
                self._connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return False
        return True


@contextmanager
def _held(store: Store, name: str) -> Iterator[HeldLock | None]:
    """Hold the lock `name` for the length of the block; None if another process holds it."""
    with store.session() as connection:
        with connection.begin():
            mine: bool = execute(connection, "try_lock", name=name).scalar_one()
        lock = HeldLock(connection, name) if mine else None
        try:
            yield lock
        finally:
            if lock:
                lock.give_back()


@contextmanager
def only_one(store: Store, name: str) -> Iterator[bool]:
    """Whether this process is the one that holds the lock `name` for the length of the block; never waits.

    The lock belongs to the connection: if its holder is killed, the database gives it back.
    """
    with _held(store, name) as lock:
        yield lock is not None


@contextmanager
def one_after_another(store: Store, name: str, wait: Callable[[], None], every_s: float = 1.0) -> Iterator[HeldLock]:
    """Hold the lock `name` for the length of the block; as long as another process holds it, wait for that one.

    Args:
        store: where.
        name: of the lock.
        wait: called before each wait.
        every_s: how often to look, in seconds.
    """
    while True:
        with _held(store, name) as lock:
            if lock:
                yield lock
                return
        wait()
        time.sleep(every_s)
