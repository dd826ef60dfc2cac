"""JSON objects that are made, or read, when somebody asks for what is in them: for most, nobody does."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

EMPTY = "{}"

_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


class DeferredJson(Mapping[str, Json]):
    """A JSON object that is not there yet."""

    @abstractmethod
    def plain(self) -> dict[str, Json]:
        """The object itself."""

    def __getitem__(self, name: str) -> Json:
        return self.plain()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain())

    def __len__(self) -> int:
        return len(self.plain())

    def __repr__(self) -> str:
        return repr(self.plain())


class JsonText(DeferredJson):
    """A JSON object as the text it was written as, which is read whenever somebody asks."""

    def __init__(self, text: str) -> None:
        self.text = text

    def plain(self) -> dict[str, Json]:
        """What the text says."""
        read: dict[str, Json] = json.loads(self.text)
        return read


class Deferred(DeferredJson):
    """A JSON object that is put together when somebody first reads it; it travels between processes as a dictionary."""

    def __init__(self, make: Callable[[], dict[str, Json]]) -> None:
        self._make: Callable[[], dict[str, Json]] | None = make
        self._made: dict[str, Json] = {}

    def plain(self) -> dict[str, Json]:
        """The object, which is made only once."""
        if self._make:
            self._made, self._make = self._make(), None
        return self._made

    def __reduce__(self) -> tuple[type[dict[str, Json]], tuple[dict[str, Json]]]:
        return dict, (self.plain(),)


def json_text(values: Mapping[str, Json]) -> str:
    """`values` as compact JSON.

    Example:
        >>> json_text({"class": "1a"}), json_text(JsonText("{}"))
        ('{"class":"1a"}', '{}')
    """
    if isinstance(values, JsonText):
        return values.text
    return _encode(values.plain() if isinstance(values, DeferredJson) else dict(values))
