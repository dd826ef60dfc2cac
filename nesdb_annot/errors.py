"""Every error a user can meet, grouped by who must act, with the exit code of its group.

An error says what happened, where (``file:line``, accession), why, and what to type next. The exit codes follow
sysexits.h, so that a scheduler can tell bad data (65) from a database that is down (69) or a moment to wait (75).
"""

from __future__ import annotations

import errno
from typing import ClassVar

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})


class NesannotError(Exception):
    """Base of all errors that this package raises on purpose.

    Args:
        what: one sentence, what went wrong, quoting the offending value.
        where: ``file:line``, an accession, a table; empty if the sentence says it.
        why: the reason, if it is known.
        remedy: what the user can type or change next.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.remedy = what, where, why, remedy

    def __str__(self) -> str:
        """The full message, one line per fact."""
        facts = (("where", self.where), ("why", self.why), ("try", self.remedy))
        return "\n".join([self.what, *(f"  {label}: {fact}" for label, fact in facts if fact)])


class IncompleteError(NesannotError):
    """The command completed, but a part of its work was not done: see why, and run that part again."""

    exit_code = 1


class FailedJobsError(IncompleteError):
    """A worker did all there was to do, and some of it failed: see why, and have that done again."""


class UsageError(NesannotError):
    """The command line asks for something that cannot be: fix the call."""

    exit_code = 2


class InputError(NesannotError):
    """A file or a record is not what it should be: fix the input."""

    exit_code = 65


class DatabaseUnreachableError(NesannotError):
    """No connection to Postgres: start it, or correct the URL."""

    exit_code = 69


class InternalError(NesannotError):
    """A bug of ours."""

    exit_code = 70


class CannotWriteError(NesannotError):
    """The output cannot be written: full disk, no permission, or a file that stands there already."""

    exit_code = 73


def disk_error(error: BaseException) -> CannotWriteError | None:
    """Return the `CannotWriteError` for a full or broken disk among the causes of `error`; None if there is none."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:  # a chain of causes can be a circle
        seen.add(id(cause))
        if isinstance(cause, OSError) and cause.errno in _DISK:
            remedy = "free some space, then run the command again; finished work is stored"
            why = cause.strerror or str(cause)
            where = str(cause.filename or "")
            return CannotWriteError("a disk is full or cannot be used", where=where, why=why, remedy=remedy)
        cause = cause.__cause__ or cause.__context__
    return None


class TryLaterError(NesannotError):
    """Nobody's mistake: a server is busy, a connection broke. What was done is kept; run the command again."""

    exit_code = 75


class ConfigurationError(NesannotError):
    """Settings, schema version or model files do not fit: fix the set-up.

    Args:
        setting: name of the setting whose value names nothing that exists; an option of the command line that gave
            this value makes the error a `UsageError`.
    """

    exit_code = 78

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "", setting: str = "") -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.setting = setting


EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "done, and the answer is no (a check failed, or a job of worker --until-empty)",
    2: "the command line is wrong",
    65: "bad input, or with --strict a refused record; nothing was stored",
    69: "the database cannot be reached",
    70: "a bug: please report it",
    73: "the output cannot be written",
    75: "try again later; nothing done so far is lost",
    78: "settings, schema or model files do not fit",
    130: "stopped by Ctrl-C; the next run goes on from here",
    143: "stopped by SIGTERM; the next run goes on from here",
}
