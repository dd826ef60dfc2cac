"""Decompressors behind one interface: the bytes that were looked at are given back, truncation is noticed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

HEAD = 6
"""Bytes that tell the kind of compression."""

_MAGIC = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # without a file in it
}
_ZST_STEP = 1024  # one step of a zstd bomb makes at most 32 MB
_SHOWN = 5
_KIND_BYTES = 100
SPREADSHEET, TEXT_DOCUMENT = "a spreadsheet", "a text document"


class ArchiveError(Exception):
    """A zip archive that cannot be read as one file; the message says why."""


class DocumentError(ArchiveError):
    """A zip archive in which an office program keeps a document; the message is `SPREADSHEET` or `TEXT_DOCUMENT`."""


def compression_of(head: bytes) -> str:
    """``gz``, ``bz2``, ``xz``, ``zst``, ``zip`` or ``plain``, from the first six bytes of a file."""
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

    def seekable(self) -> bool:
        """Whether it is a file; a pipe is not."""
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on at another place."""
        ahead = len(self._pending) if whence == io.SEEK_CUR else 0  # the stream itself is behind what was looked at
        place = self._stream.seek(offset - ahead, whence)
        self._pending = b""
        return place

    def tell(self) -> int:
        """The place of the next byte."""
        return self._stream.tell() - len(self._pending)


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


class _Zip:
    """The one file in a zip archive; folders, and what macOS adds about a file, are passed over."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._file: IO[bytes] | None = None

    def read(self, size: int) -> bytes:
        """The next bytes of the file."""
        if self._file is None:
            try:
                self._file = self._opened()
            except NotImplementedError as error:
                raise ArchiveError(str(error)) from error
            except (ValueError, struct.error) as error:  # what zipfile makes of damage that it does not foresee
                raise OSError(str(error)) from error
        return self._file.read(size)

    def _opened(self) -> IO[bytes]:
        import zipfile

        if not self._stream.seekable():
            raise ArchiveError("it comes through a pipe, and the list of its files is at its end")
        if not zipfile.is_zipfile(self._stream):
            raise EOFError("the list of its files, at its end, is missing")
        archive = zipfile.ZipFile(self._stream)
        found = archive.infolist()
        files = [one for one in found if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
        if kind := _document_in(archive, files):
            raise DocumentError(kind)
        if len(files) != 1:
            names = ", ".join(one.filename for one in files[:_SHOWN]) + (", ..." if files[_SHOWN:] else "")
            raise ArchiveError(f"it holds {len(files):,} files: {names}" if files else "it holds no file")
        if min(one.header_offset for one in found):
            raise ArchiveError("another archive, or something else, stands before it in the same file")
        if files[0].flag_bits & 1:
            raise ArchiveError(f"{files[0].filename} in it is encrypted")
        if files[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others are not read step by step
            raise ArchiveError(f"{files[0].filename} in it is compressed in an unusual way")
        return archive.open(files[0])


def _document_in(archive: ZipFile, files: Sequence[ZipInfo]) -> str:
    """Which document of an office program (xlsx, ods, docx, odt) the archive is; empty if it is none."""
    names = [one.filename for one in files]
    if "[Content_Types].xml" in names:
        return TEXT_DOCUMENT if any(name.startswith("word/") for name in names) else SPREADSHEET
    if names[:1] != ["mimetype"] or files[0].flag_bits & 1:  # OpenDocument has it first, and never encrypted
        return ""
    with archive.open(files[0]) as stream:
        kind = stream.read(_KIND_BYTES)
    return SPREADSHEET if b".spreadsheet" in kind else TEXT_DOCUMENT if b"opendocument.text" in kind else ""


def decompressed(kind: str, stream: IO[bytes]) -> Any:  # noqa: ANN401 - four libraries, four types
    """`stream` decompressed as `kind`: something with ``read(n)``."""
    if kind == "plain":
        return stream
    openers: dict[str, Callable[[IO[bytes]], Any]] = {
        "gz": lambda s: gzip.GzipFile(fileobj=s, mode="rb"),
        "bz2": bz2.BZ2File,
        "xz": lzma.LZMAFile,
        "zst": _Zst,
        "zip": _Zip,
    }
    return openers[kind](stream)


def decompression_errors() -> tuple[type[Exception], ...]:
    """What the libraries raise for truncated (``EOFError``) and damaged (the others) input."""
    errors: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, lzma.LZMAError)
    if "zstandard" in sys.modules:
        errors += (sys.modules["zstandard"].ZstdError,)
    if "zipfile" in sys.modules:
        errors += (sys.modules["zipfile"].BadZipFile,)
    return errors
