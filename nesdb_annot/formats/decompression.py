"""Decompressors behind one interface: the bytes that were looked at are given back, truncation is noticed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import IO, Any

HEAD = 6
"""Bytes that tell the kind of compression."""

_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_ZST_STEP = 1024  # one step of a zstd bomb makes at most 32 MB


def compression_of(head: bytes) -> str:
    """``gz``, ``bz2``, ``xz``, ``zst`` or ``plain``, from the first six bytes of a file."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "plain")


class CountedBytes(io.RawIOBase):
    """The compressed bytes: gives back the bytes that were looked at, and counts."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = stream.read(HEAD)
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


def decompressed(kind: str, stream: IO[bytes]) -> Any:  # noqa: ANN401 - four libraries, four types
    """`stream` decompressed as `kind`: something with ``read(n)``."""
    if kind == "plain":
        return stream
    openers: dict[str, Callable[[IO[bytes]], Any]] = {
        "gz": lambda s: gzip.GzipFile(fileobj=s, mode="rb"),
        "bz2": bz2.BZ2File,
        "xz": lzma.LZMAFile,
        "zst": _Zst,
    }
    return openers[kind](stream)


def decompression_errors() -> tuple[type[Exception], ...]:
    """What the libraries raise for truncated (``EOFError``) and damaged (the others) input."""
    errors: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, lzma.LZMAError)
    zstandard = sys.modules.get("zstandard")
    return (*errors, zstandard.ZstdError) if zstandard else errors
