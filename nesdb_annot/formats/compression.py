"""Opens an input file whatever it is compressed with, and refuses what is broken, endless or not text.

The kind is recognised by the first bytes, never by the name. Nothing is read into memory as a whole.
"""

from __future__ import annotations

import errno
import hashlib
import io
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import InputError
from .decompression import (
    HEAD,
    SPREADSHEET,
    TEXT_DOCUMENT,
    ArchiveError,
    CountedBytes,
    DocumentError,
    compression_of,
    decompressed,
    decompression_errors,
)

MAXIMUM_FILE_BYTES = 10 * 10**9
"""Decompressed bytes of one file; UniProt's largest reference proteomes have 0.1 of it."""

MAXIMUM_RATIO = 100
"""Decompressed bytes per compressed byte. Proteomes reach 3, JSON 15; a decompression bomb 1,000 and more."""

RATIO_CHECKED_FROM = 64 * 2**20
"""Decompressed bytes below which the ratio is not looked at: a small file of repeats is no danger."""

STDIN = "-"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BUFFER = 2**18
_UNREAD = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x1f\x9d": "a file of compress (.Z)",
    b"\x04\x22\x4d\x18": "an lz4 file",
    b"%PDF-": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
}
_UNPACKED = {
    "a tar archive": "tar -tf {0} lists its files; tar -xOf {0} NAME | nesannot ingest proteome - --name NAME",
    "a 7z archive": "7z x -so {0} | nesannot ingest proteome - --name NAME",
    "a rar archive": "unrar p -inul {0} | nesannot ingest proteome - --name NAME",
    "a file of compress (.Z)": "gzip -dc {0} | nesannot ingest proteome - --name NAME",
    "an lz4 file": "lz4 -dc {0} | nesannot ingest proteome - --name NAME",
    "a PDF document": "save its text as a file, or fetch the sequences as FASTA",
    "a text document (RTF)": "save the document as plain text",
}
_SAVE_AS_TEXT = {
    SPREADSHEET: "save the sheet as tab-separated text",
    TEXT_DOCUMENT: "save the document as plain text",
}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What `inspect_file` found.

    Attributes:
        sha256: of the decompressed bytes, so that a file keeps its identity when it is packed differently.
        compression: ``plain``, ``gz``, ``bz2``, ``xz``, ``zst`` or ``zip``.
        size: decompressed bytes.
    """

    sha256: str
    compression: str
    size: int


def name_of(path: Path | str) -> str:
    """The name of an input in messages and rejects: the path, or ``<stdin>``."""
    return "<stdin>" if str(path) == STDIN else str(path)


def typed(path: Path | str) -> str:
    """`path` as it is typed in a shell.

    Example:
        >>> typed("mine.fasta"), typed("my proteins.fasta"), typed("-old.fasta")
        ('mine.fasta', "'my proteins.fasta'", './-old.fasta')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") and text != STDIN else text)


def is_stream(path: Path | str) -> bool:
    """Return whether `path` can be read only once: standard input, a named pipe, the pipe of a shell."""
    if str(path) == STDIN:
        return True
    try:
        return stat.S_ISFIFO(mode := Path(path).stat().st_mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
    except (OSError, ValueError):
        return False


def is_plain_file(path: Path | str) -> bool:
    """Whether `path` is a file that other programs read as it stands: not compressed, no pipe, not standard input."""
    try:
        if str(path) == STDIN or not Path(path).is_file():
            return False
        with Path(path).open("rb") as stream:
            return compression_of(stream.read(HEAD)) == "plain"
    except OSError:
        return False


class _Guarded(io.RawIOBase):
    """The decompressed bytes, with limits, and with errors that name file and position."""

    def __init__(self, source: CountedBytes, name: str) -> None:
        self.kind = compression_of(source.head)
        self._source, self._name, self.count = source, name, 0
        self._stream = decompressed(self.kind, io.BufferedReader(source, _BUFFER))

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no name before Python 3.12
        """Fill `buffer` with the next decompressed bytes, or raise `InputError`."""
        try:
            chunk = self._stream.read(len(buffer))
        except ArchiveError as error:
            raise self._archive(error) from error
        except decompression_errors() as error:
            raise self._broken(error) from error
        if not self.count:
            self._check_kind(chunk)
        buffer[: len(chunk)] = chunk
        self.count += len(chunk)
        self._check_limits()
        return len(chunk)

    def _broken(self, error: Exception) -> InputError:
        truncated = isinstance(error, EOFError)
        what = f"{self._name} is a {'truncated' if truncated else 'damaged'} {self.kind} file"
        where = f"after {self.count:,} decompressed bytes ({self._source.count:,} bytes read)"
        return InputError(what, where=where, why=str(error), remedy="fetch or copy the file again")

    def _archive(self, error: ArchiveError) -> InputError:
        if isinstance(error, DocumentError):
            why = "only text is read, also if it is compressed"
            return InputError(f"{self._name} is {error}", why=why, remedy=_SAVE_AS_TEXT[str(error)])
        remedy = f"unzip {typed(self._name)}, and give the file that you want of it"
        if self._name == name_of(STDIN):
            remedy = "unzip -p FILE.zip NAME | nesannot ... -"
        return InputError(f"{self._name} is a zip archive", why=str(error), remedy=remedy)

    def _check_kind(self, chunk: bytes) -> None:
        if self.kind != "plain" and compression_of(chunk[:HEAD]) != "plain":
            raise InputError(f"{self._name} is compressed twice", remedy="decompress it once")
        if chunk.startswith(_UTF16):
            remedy = f"iconv -f UTF-16 -t UTF-8 {typed(self._name)} > NEW"
            raise InputError(f"{self._name} is UTF-16 text", remedy=remedy)
        kind = "a tar archive" if chunk[257:262] == b"ustar" else ""
        kind = kind or next((name for magic, name in _UNREAD.items() if chunk.startswith(magic)), "")
        if kind:
            remedy = _UNPACKED[kind].format(typed("FILE" if self._name == name_of(STDIN) else self._name))
            why = "only text is read, also if it is compressed"
            raise InputError(f"{self._name} is {kind}", why=why, remedy=remedy)

    def _check_limits(self) -> None:
        if self.count > MAXIMUM_FILE_BYTES:
            raise InputError(f"{self._name} holds more than {MAXIMUM_FILE_BYTES:,} bytes", remedy="split it")
        if self.count > max(RATIO_CHECKED_FROM, MAXIMUM_RATIO * self._source.count):
            why = f"{self.count:,} bytes came out of {self._source.count:,}, more than {MAXIMUM_RATIO} to 1"
            raise InputError(f"{self._name} is not decompressed further", why=why, remedy="decompress it yourself")


def _cannot_read(path: Path | str, error: OSError) -> InputError:
    remedies = {
        errno.ENOENT: f"ls {typed(Path(path).parent)}",
        errno.EISDIR: f"ls {typed(path)}, and name a file in it",
        errno.EACCES: f"chmod u+r {typed(path)}",
    }
    remedy = remedies.get(error.errno or 0, f"ls -l {typed(path)}")
    return InputError(f"{path} cannot be read", why=error.strerror or str(error), remedy=remedy)


@contextmanager
def _binary(path: Path | str) -> Iterator[IO[bytes]]:
    if str(path) == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - only opening may fail with this message
    except OSError as error:
        raise _cannot_read(path, error) from error
    with stream:
        yield stream


@contextmanager
def open_input(path: Path | str) -> Iterator[io.BufferedReader]:
    """The decompressed bytes of `path` (``-`` is standard input), buffered.

    Raises:
        InputError: here if the file cannot be opened; while reading if it is truncated, damaged, compressed twice,
            a zip archive of several files, UTF-16, larger than `MAXIMUM_FILE_BYTES` or packed denser than
            `MAXIMUM_RATIO`.
    """
    with _binary(path) as stream:
        yield io.BufferedReader(_Guarded(CountedBytes(stream), name_of(path)), _BUFFER)


def inspect_file(path: Path | str) -> FileFacts:
    """Read `path` once through: its digest, or the error that reading it would end with.

    Cheap beside ingesting (about 0.1 s for a proteome), and the way to write nothing from a file that breaks off.
    Not for standard input, of which nothing would be left.

    Raises:
        InputError: see `open_input`.
    """
    digest = hashlib.sha256()
    with _binary(path) as stream:
        guarded = _Guarded(CountedBytes(stream), name_of(path))
        reader = io.BufferedReader(guarded, _BUFFER)
        while chunk := reader.read(_BUFFER):
            digest.update(chunk)
        return FileFacts(digest.hexdigest(), guarded.kind, guarded.count)
