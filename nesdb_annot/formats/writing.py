"""Output files that a user names, and what to type where one cannot be written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..errors import CannotWriteError, NesannotError
from ..files.atomic import atomic_file
from .compression import STDIN, typed

_STDOUT = STDIN


def _cannot_write(path: Path, error: OSError) -> CannotWriteError:
    remedies = {
        errno.ENOSPC: "free some space, or choose another --output",
        errno.EACCES: "choose an --output that you may write",
        errno.ENOENT: f"mkdir -p {typed(path.parent)}",
    }
    remedy = remedies.get(error.errno or 0, "choose another --output")
    return CannotWriteError(f"{path} cannot be written", why=error.strerror or str(error), remedy=remedy)


@contextmanager
def _text_of(path: Path) -> Iterator[TextIO]:
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        yield out


@contextmanager
def open_output(path: Path | str, *, force: bool = False) -> Iterator[TextIO]:
    """A UTF-8 text stream to `path` (``-`` is standard output), line ends LF.

    The file stands under its name only if the block ends without an error; until then, and after an error, what stood
    there before is untouched.

    Raises:
        CannotWriteError: if `path` exists and `force` is not given, or is a directory; if the disk is full or writing
            is not allowed.
    """
    if str(path) == _STDOUT:
        yield sys.stdout
        return
    given = Path(path)
    if given.is_dir():
        raise CannotWriteError(f"{given} is a directory", remedy=f"--output {typed(given / 'FILE')}")
    special = given.exists() and not given.is_file()
    target = given if special else given.resolve()  # what a link points to is written, the link stays
    if target.exists() and not special and not force:
        raise CannotWriteError(f"{target} already exists", remedy="--force, or another --output")
    try:
        # A device or a pipe is written into, never replaced by a file.
        with target.open("w", encoding="utf-8", newline="") if special else _text_of(target) as out:
            yield out
    except NesannotError:
        raise
    except OSError as error:
        raise _cannot_write(target, error) from error


def check_place(path: Path | None, option: str) -> None:
    """Refuse a file that exists or could not be written, before the work is done that it is for.

    Args:
        path: that `option` names; None for none.

    Raises:
        CannotWriteError: if the file exists, its directory does not exist or may not be written, it is a directory
            itself, or no path.
    """
    if path is None or str(path) == _STDOUT:
        return
    try:
        place, folder, special = path.resolve().parent, path.is_dir(), path.exists() and not path.is_file()
    except (OSError, RuntimeError) as error:  # too long a name, a link to itself
        raise CannotWriteError(f"{str(path)[:80]} is no path", why=str(error)[:200], remedy=f"{option} FILE") from error
    if folder:
        raise CannotWriteError(f"{path} is a directory", remedy=f"{option} {typed(path / 'FILE')}")
    if not place.is_dir():
        raise CannotWriteError(f"there is no directory {path.parent}", remedy=f"{option} FILE in one that exists")
    if path.exists() and not special:
        raise CannotWriteError(f"{path} already exists", remedy=f"{option} with another FILE, or: rm {typed(path)}")
    # A file is made in its directory; a device or a pipe is written into.
    if not os.access(path if special else place, os.W_OK):
        raise CannotWriteError(f"{path} may not be written", remedy=f"{option} FILE in a directory of yours")
