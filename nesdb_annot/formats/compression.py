"""Opens an input file whatever it is compressed with, and refuses what is broken, endless or not text.

The kind is recognised by the first bytes, never by the name. Nothing is read into memory as a whole.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import InputError

MAXIMUM_FILE_BYTES = 10 * 10**9
"""Decompressed bytes of one file; UniProt's largest reference proteomes have 0.1 of it."""

MAXIMUM_RATIO = 100
"""Decompressed bytes per compressed byte. Proteomes reach 3, JSON 15; a decompression bomb 1,000 and more."""

RATIO_CHECKED_FROM = 64 * 2**20
"""Decompressed bytes below which the ratio is not looked at: a small file of repeats is no danger."""

STDIN = "-"
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 6
_BUFFER = 2**18
_ZST_STEP = 1024  # one step of a zstd bomb makes at most 32 MB


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What `inspect_file` found.

    Attributes:
        sha256: of the decompressed bytes, so that a file keeps its identity when it is packed differently.
        compression: ``plain``, ``gz``, ``bz2``, ``xz`` or ``zst``.
        size: decompressed bytes.
    """

    sha256: str
    compression: str
    size: int


def compression_of(head: bytes) -> str:
    """``gz``, ``bz2``, ``xz``, ``zst`` or ``plain``, from the first six bytes of a file."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "plain")


def name_of(path: Path | str) -> str:
    """The name of an input in messages and rejects: the path, or ``<stdin>``."""
    return "<stdin>" if str(path) == STDIN else str(path)


class _Counted(io.RawIOBase):
    """The compressed bytes: gives back the bytes that were looked at, and counts."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = stream.read(_HEAD)
        self._pending = self.head
        self.count = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no name before Python 3.12
        """Fill `buffer` with the next bytes."""
        chunk = self._pending[: len(buffer)] or self._stream.read(len(buffer))
        self._pending = self._pending[len(chunk) :]
        buffer[: len(chunk)] = chunk
        self.count += len(chunk)
        return len(chunk)


class _Zst(io.RawIOBase):
    """Decompresses zstd frames; unlike the library's own reader it notices a truncated frame."""

    def __init__(self, stream: IO[bytes]) -> None:
        import zstandard

        self._stream, self._new = stream, zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj
        self._frame, self._ready = self._new(), b""
        self._begun = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no name before Python 3.12
        """Fill `buffer` with the next decompressed bytes."""
        while not self._ready and self._advance():
            pass
        chunk, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _advance(self) -> bool:
        compressed = (self._frame.unused_data if self._frame.eof else b"") or self._stream.read(_ZST_STEP)
        if not compressed:
            if self._begun and not self._frame.eof:
                raise EOFError("zstd frame ended before its end marker")
            return False
        if self._frame.eof:
            self._frame = self._new()
        self._begun = True
        self._ready = self._frame.decompress(compressed)
        return True


def _decompressed(kind: str, stream: IO[bytes]) -> Any:  # noqa: ANN401 - four libraries, four types
    if kind == "plain":
        return stream
    openers: dict[str, Callable[[IO[bytes]], Any]] = {
        "gz": lambda s: gzip.GzipFile(fileobj=s, mode="rb"),
        "bz2": bz2.BZ2File,
        "xz": lzma.LZMAFile,
        "zst": _Zst,
    }
    return openers[kind](stream)


def _decompression_errors() -> tuple[type[Exception], ...]:
    errors: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, lzma.LZMAError)
    zstandard = sys.modules.get("zstandard")
    return (*errors, zstandard.ZstdError) if zstandard else errors


class _Guarded(io.RawIOBase):
    """The decompressed bytes, with limits, and with errors that name file and position."""

    def __init__(self, source: _Counted, name: str) -> None:
        self.kind = compression_of(source.head)
        self._source, self._name, self.count = source, name, 0
        self._stream = _decompressed(self.kind, io.BufferedReader(source, _BUFFER))

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no name before Python 3.12
        """Fill `buffer` with the next decompressed bytes, or raise `InputError`."""
        try:
            chunk = self._stream.read(len(buffer))
        except _decompression_errors() as error:
            raise self._broken(error) from None
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

    def _check_kind(self, chunk: bytes) -> None:
        if self.kind != "plain" and compression_of(chunk[:_HEAD]) != "plain":
            raise InputError(f"{self._name} is compressed twice", remedy="decompress it once")
        if chunk.startswith(_UTF16):
            raise InputError(f"{self._name} is UTF-16 text", remedy="save it as UTF-8")

    def _check_limits(self) -> None:
        if self.count > MAXIMUM_FILE_BYTES:
            raise InputError(f"{self._name} holds more than {MAXIMUM_FILE_BYTES:,} bytes", remedy="split it")
        if self.count > max(RATIO_CHECKED_FROM, MAXIMUM_RATIO * self._source.count):
            why = f"{self.count:,} bytes came out of {self._source.count:,}, more than {MAXIMUM_RATIO} to 1"
            raise InputError(f"{self._name} is not decompressed further", why=why, remedy="decompress it yourself")


@contextmanager
def _binary(path: Path | str) -> Iterator[IO[bytes]]:
    if str(path) == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - only opening may fail with this message
    except OSError as error:
        raise InputError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    with stream:
        yield stream


@contextmanager
def open_input(path: Path | str) -> Iterator[io.BufferedReader]:
    """The decompressed bytes of `path` (``-`` is standard input), buffered.

    Raises:
        InputError: here if the file cannot be opened; while reading if it is truncated, damaged, compressed twice,
            UTF-16, larger than `MAXIMUM_FILE_BYTES` or packed denser than `MAXIMUM_RATIO`.
    """
    with _binary(path) as stream:
        yield io.BufferedReader(_Guarded(_Counted(stream), name_of(path)), _BUFFER)


def inspect_file(path: Path | str) -> FileFacts:
    """Read `path` once through: its digest, or the error that reading it would end with.

    Cheap beside ingesting (about 0.1 s for a proteome), and the way to write nothing from a file that breaks off.

    Raises:
        InputError: see `open_input`.
    """
    digest = hashlib.sha256()
    with _binary(path) as stream:
        guarded = _Guarded(_Counted(stream), name_of(path))
        reader = io.BufferedReader(guarded, _BUFFER)
        while chunk := reader.read(_BUFFER):
            digest.update(chunk)
        return FileFacts(digest.hexdigest(), guarded.kind, guarded.count)
