"""One at a time, whatever machine it runs on: a lock in the database that goes with its holder's connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .engine import Store
from .queries import execute


@contextmanager
def only_one(store: Store, name: str) -> Iterator[bool]:
    """Whether this process is the one that holds the lock `name` for the length of the block; never waits.

    The lock belongs to the connection: if its holder is killed, the database gives it back.
    """
    with store.session() as connection:
        with connection.begin():
            held: bool = execute(connection, "try_lock", name=name).scalar_one()
        try:
            yield held
        finally:
            if held:
                with connection.begin():
                    execute(connection, "unlock", name=name)


@contextmanager
def one_after_another(store: Store, name: str, wait: Callable[[], None], every_s: float = 1.0) -> Iterator[None]:
    """Hold the lock `name` for the length of the block; as long as another process holds it, wait for that one.

    Args:
        store: where.
        name: of the lock.
        wait: called before each wait.
        every_s: how often to look, in seconds.
    """
    while True:
        with only_one(store, name) as mine:
            if mine:
                yield
                return
        wait()
        time.sleep(every_s)
