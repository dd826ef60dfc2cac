"""The user's libpq variables (``PGPORT``, ``PGSERVICE``, ...): without effect on connections to the embedded server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import pq

_WITHOUT_KEYWORD = ("PGDATESTYLE", "PGGEQO", "PGLOCALEDIR", "PGSERVICEFILE", "PGSYSCONFDIR", "PGTZ")
"""Variables of libpq that no keyword of a connection string stands for."""

_PASSING = ("starting up", "recovery mode", "shutting down", "not yet accepting", "too many clients")


def may_pass(reason: str) -> bool:
    """Return whether a few seconds may mend a refused connection, by the server's words."""
    return any(phrase in reason for phrase in _PASSING)


def libpq_variables() -> tuple[str, ...]:
    """Return the names of all variables that libpq reads and that are set in this process."""
    by_keyword = [option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar]
    return tuple(sorted(name for name in {*by_keyword, *_WITHOUT_KEYWORD} if name in os.environ))


class _Hidden:
    """Values of the hidden variables; several connections may be opened at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._values: dict[str, str] = {}

    def enter(self) -> None:
        """Take the variables out of the environment."""
        with self._lock:
            if not self._users:
                self._values = {name: os.environ.pop(name) for name in libpq_variables()}
            self._users += 1

    def leave(self) -> None:
        """Put the variables back when nobody needs them hidden any longer."""
        with self._lock:
            self._users -= 1
            if not self._users:
                os.environ.update(self._values)


_HIDDEN = _Hidden()


@contextmanager
def without_libpq_variables(active: bool = True) -> Iterator[None]:
    """Hide the user's libpq variables from the connections that are opened inside this block.

    Args:
        active: False leaves the environment as it is.
    """
    if not active:
        yield
        return
    _HIDDEN.enter()
    try:
        yield
    finally:
        _HIDDEN.leave()
