"""One at a time, whatever machine it runs on: a lock in the database that goes with its holder's connection."""

from __future__ import annotations

from collections.abc import Iterator
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
