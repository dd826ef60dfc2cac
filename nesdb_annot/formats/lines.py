"""Lines of a text file with their numbers, decoded as UTF-8, never more than a bounded piece in memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from .compression import name_of, open_input, typed

MAXIMUM_PIECE = 2**20
"""Bytes of one piece of a line; longer lines come in several pieces."""

MAXIMUM_LINE = 64 * 2**20
"""Bytes of one line where a format needs whole lines (CSV, JSONL)."""

_BOM = b"\xef\xbb\xbf"


def _not_utf8(path: Path | str, number: int, error: UnicodeDecodeError) -> InputError:
    byte = error.object[error.start]
    where = f"{name_of(path)}:{number}"
    remedy = f"save the file as UTF-8: iconv -f WINDOWS-1252 -t UTF-8 {typed(path)} > NEW"
    return InputError(f"byte 0x{byte:02x} is not UTF-8 text", where=where, remedy=remedy)


def with_titles(titles: Sequence[str]) -> str:
    r"""What to type for a table whose first line, that of the titles, is missing.

    Example:
        >>> print(with_titles(["accession", "first"]))
        if its titles are missing: printf 'accession\tfirst\n' | cat - FILE > NEW
    """
    line = "\\t".join(titles) + "\\n"
    return f"if its titles are missing: printf '{line}' | cat - FILE > NEW"


def _no_text(what: str, path: Path | str, number: int, why: str) -> InputError:
    remedy = "`file FILE` says what it is; give a table as text"
    return InputError(what, where=f"{name_of(path)}:{number}", why=why, remedy=remedy)


def line_pieces(path: Path | str, limit: int = MAXIMUM_PIECE) -> Iterator[tuple[int, str]]:
    """Line number (1-based) and text without its line end (LF or CR LF).

    A line longer than `limit` bytes comes in pieces that carry the same number. A byte order mark is skipped.

    Raises:
        InputError: if the file cannot be read or is not UTF-8; the message names the line.
    """
    number, decoder = 1, codecs.getincrementaldecoder("utf-8")()
    with open_input(path) as stream:
        if stream.peek(3).startswith(_BOM):
            stream.read(3)
        while raw := stream.readline(limit):
            ended = raw.endswith(b"\n")
            try:
                text = decoder.decode(raw, final=ended)
            except UnicodeDecodeError as error:
                raise _not_utf8(path, number, error) from error
            yield number, text.rstrip("\r\n") if ended else text
            number += ended
    if decoder.getstate()[0]:
        where, remedy = f"{name_of(path)}:{number}", "fetch or copy the file again"
        raise InputError("the last character is cut off", where=where, why="not UTF-8 text", remedy=remedy)


def whole_lines(path: Path | str) -> Iterator[tuple[int, str]]:
    """Like `line_pieces`, for formats in which a line is a record.

    Raises:
        InputError: also if a line is longer than `MAXIMUM_LINE`, or holds a NUL, which no database takes as text.
    """
    previous = 0
    for number, text in line_pieces(path, MAXIMUM_LINE):
        if number == previous:
            raise _no_text("a line is too long", path, number, f"more than {MAXIMUM_LINE:,} bytes")
        if "\0" in text:
            raise _no_text("a line holds a NUL character", path, number, "not a text file")
        previous = number
        yield number, text
