"""The one way to write a file: under a temporary name in the same directory, synced, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CannotWriteError

_MODE = 0o666


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield an empty temporary file that takes the name `path` when the block ends without an error.

    Until then, and after an error, `path` keeps what it held before. Permissions follow the umask. Two processes that
    write the same file do not disturb each other: the later one wins.

    Raises:
        OSError: if the disk is full or the directory cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fchmod(written.fileno(), _MODE & ~_umask())
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a whole file at once; text as UTF-8, its line ends unchanged.

    Raises:
        OSError: as `atomic_file`.
    """
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def write_errors_named(path: Path, remedy: str) -> Iterator[None]:
    """Raise an error of the operating system as one that names `path` and says what to type.

    Raises:
        CannotWriteError: for every `OSError` of the block.
    """
    try:
        yield
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written", why=error.strerror or str(error), remedy=remedy) from error
