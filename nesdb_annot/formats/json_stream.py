"""The objects of a JSON file one after another, whatever wraps them, without reading the file as a whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..records import Json
from .compression import name_of, open_input

MAXIMUM_OBJECT = 64 * 2**20
"""Characters of one object; UniProt's largest entries have about two million."""

_CHUNK = 2**20
_WRAPPER = re.compile(r'\s*(?:\{\s*"results"\s*:\s*)?\[')
_BETWEEN = re.compile(r"[\s,]*")
_CUT_SHORT = 16  # a value cut off by the end of the buffer fails at most so many characters before it


class _Buffer:
    """A window on the decoded text that grows at its end and is cut at its beginning."""

    def __init__(self, path: Path | str, chunks: Iterator[str]) -> None:
        self._name, self._chunks = name_of(path), chunks
        self.text, self.at, self._ended, self._dropped = "", 0, False, 0

    def grow(self) -> bool:
        """Append more text; False at the end of the file."""
        wanted = max(_CHUNK, len(self.text) - self.at)
        pieces, size = [self.text[self.at :]], 0
        while size < wanted and (chunk := next(self._chunks, "")):
            pieces.append(chunk)
            size += len(chunk)
        self._dropped += self.at
        self.text, self.at = "".join(pieces), 0
        return size > 0

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Move behind `pattern`, if it stands here; whether it did."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def peek(self) -> str:
        """The next character behind white space and commas; empty at the end of the file."""
        self.skip(_BETWEEN)
        while self.at == len(self.text) and self.grow():
            self.skip(_BETWEEN)
        return self.text[self.at : self.at + 1]

    def broken(self, why: str) -> InputError:
        """The error for text that is no JSON, at the present place."""
        where = f"{self._name}, character {self._dropped + self.at + 1:,}"
        return InputError(f"{self._name} is not valid JSON", where=where, why=why, remedy="fetch the file again")


def _decode(buffer: _Buffer) -> tuple[Json, str]:
    """The next value and its text."""
    decoder = json.JSONDecoder()
    while True:
        try:
            begin = buffer.at
            value, buffer.at = decoder.raw_decode(buffer.text, begin)
        except RecursionError as error:
            raise buffer.broken("too many brackets inside one another") from error
        except json.JSONDecodeError as error:
            cut = error.msg.startswith("Unterminated") or error.pos >= len(buffer.text) - _CUT_SHORT
            if not cut or len(buffer.text) - buffer.at > MAXIMUM_OBJECT or not buffer.grow():
                raise buffer.broken(error.msg) from error
        else:
            return value, buffer.text[begin : buffer.at]


def _is_text(raw: str, value: Json) -> bool:
    """Whether the strings of `value` are text that a file or a database takes: no NUL, no half of a character."""
    if "\\u0000" in raw:
        return False
    try:
        return "\\ud" not in raw.lower() or bool(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _chunks(path: Path | str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with open_input(path) as stream:
        try:
            while raw := stream.read(_CHUNK):
                yield decoder.decode(raw)
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            told = f"{name_of(path)} is not UTF-8 text"
            raise InputError(told, why=str(error), remedy="save the file as UTF-8") from error


def json_objects(path: Path | str) -> Iterator[dict[str, Json]]:
    """The objects of ``{"results": [...]}``, of ``[...]``, of JSONL, or the one object that the file is.

    Raises:
        InputError: if the file is no JSON, breaks off, or holds anything but objects there.
    """
    buffer = _Buffer(path, _chunks(path))
    buffer.grow()
    wrapped = buffer.skip(_WRAPPER)
    while character := buffer.peek():
        if wrapped and character == "]":
            return
        if character != "{":
            raise buffer.broken(f"an object must begin where {character!r} stands")
        value, raw = _decode(buffer)
        if not _is_text(raw, value):
            raise buffer.broken("a string before this place holds what is no character")
        if isinstance(value, dict):
            yield value
    if wrapped:
        raise buffer.broken("the file ends inside its list of entries")
