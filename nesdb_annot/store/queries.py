"""All SQL text that is longer than a line stands in ``queries.sql`` and is asked for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy import Connection, CursorResult, TextClause, text

from .text import storable

_HEADING = re.compile(r"^-- name: (\w+)\n-- (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """A named statement; its parameters are written ``:name``."""

    name: str
    purpose: str
    text: str

    @property
    def clause(self) -> TextClause:
        """The statement as SQLAlchemy executes it."""
        return text(self.text)


@cache
def queries() -> Mapping[str, Query]:
    """All statements by name."""
    return read_statements("queries.sql")


def read_statements(file: str) -> Mapping[str, Query]:
    """Named statements of an SQL file of this package, in its order.

    Raises:
        ValueError: if two have one name.
    """
    source = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    parts = _HEADING.split(source)[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    found = [Query(name, purpose, body.strip().rstrip(";")) for name, purpose, body in triples]
    by_name = {query.name: query for query in found}
    if len(by_name) != len(found):
        raise ValueError(f"two statements of {file} have one name")
    return by_name


def execute(connection: Connection, name: str, /, **parameters: object) -> CursorResult[Any]:
    """Execute a statement by name; texts go through `text.storable`.

    Raises:
        KeyError: if there is none of that name.
    """
    return connection.execute(queries()[name].clause, {key: storable(value) for key, value in parameters.items()})


def count(connection: Connection, name: str, /, **parameters: object) -> int:
    """Execute a statement that writes, and return the number of rows it wrote."""
    return execute(connection, name, **parameters).rowcount
