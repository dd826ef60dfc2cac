"""From the driver's errors to ours: who must act, and what to type. A password is never part of a message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from ..errors import CannotWriteError, ConfigurationError, NesannotError, TryLaterError

_LATER = {
    "40001": "another command changed the same rows",
    "40P01": "two commands waited for each other",
    "53300": "the server has no connection left",
    "55P03": "another command holds the table",
    "57014": "the statement took too long",
}
_SET_UP = {
    "42501": (
        "this database role may not do that",
        "set NESANNOT_DATABASE_URL to a role that may; `nesannot db roles` shows what each may do",
    ),
    "25006": (
        "the database can only be read here",
        "set NESANNOT_DATABASE_URL to the primary server; unset default_transaction_read_only, also in PGOPTIONS",
    ),
}
_LOST = ("08", "57P")


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors in place of the driver's, wherever it is not a bug; the driver's never hides one of ours.

    Raises:
        TryLaterError: connection lost, deadlock, no connection left.
        CannotWriteError: the server's disk is full.
        ConfigurationError: the role may not do this, or the server is only for reading.
    """
    try:
        yield
    except (exc.DBAPIError, psycopg.Error) as error:
        if real := _hidden(error):
            real.add_note(f"then the database failed, too: {error}")
            raise real from real.__cause__
        ours = _ours(error.orig if isinstance(error, exc.DBAPIError) else error)
        if ours is None:
            raise  # a cause of itself would be a chain without an end
        raise ours from error


def _hidden(error: BaseException) -> NesannotError | None:
    """The error of ours that was on its way when the driver raised its own, for example in rolling back."""
    earlier = error.__context__
    while earlier is not None and not isinstance(earlier, NesannotError):
        earlier = earlier.__context__
    return earlier


def _ours(error: BaseException | None) -> NesannotError | None:
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    said = (error.diag.message_primary or str(error)).strip().split("\n")[0]
    if state in _LATER:
        return TryLaterError(said, why=_LATER[state], remedy="run the command again")
    if state.startswith(_LOST) or (not state and isinstance(error, psycopg.OperationalError)):
        return TryLaterError(
            "the connection to the database is lost",
            why=said,
            remedy="run the command again; what was finished is kept",
        )
    if state == "53100":
        return CannotWriteError("the database's disk is full", why=said)
    if state in _SET_UP:
        what, remedy = _SET_UP[state]
        return ConfigurationError(what, why=said, remedy=remedy)
    return None
