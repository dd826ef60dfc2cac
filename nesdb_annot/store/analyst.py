"""An analyst's own SQL: one statement, read-only, with a time limit, on the documented views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus

from ..errors import InputError
from .engine import Store
from .schema import SCHEMA, VIEWS
from .translate import translated

_NOT_OURS = ("08", "57P", "53")


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: names of the columns, and rows that are fetched as they are read."""

    columns: list[str]
    rows: Iterator[tuple[object, ...]]


def run_sql(
    store: Store, text: str, *, timeout_s: float = 30.0, limit: int | None = None, schema: str | None = None
) -> Table:
    """Execute one statement that reads. Views are found without their schema; nothing can be written.

    Args:
        store: where.
        text: one statement.
        timeout_s: seconds it may take.
        limit: rows at most; None for all.
        schema: where names are looked up; None for the views, then the tables.

    Raises:
        InputError: if the statement is wrong, writes, or takes too long; says where in the text.
    """
    path = sql.Identifier(schema).as_string(None) if schema else f"{VIEWS}, {SCHEMA}"
    answer = _rows(store, text, timeout_s, limit, path)
    columns = [str(name) for name in next(answer)]
    first = list(islice(answer, 1))
    return Table(columns, chain(first, answer))


def _rows(
    store: Store, text: str, timeout_s: float, limit: int | None, path: str
) -> Iterator[tuple[object, ...]]:
    """Names of the columns, then the rows."""
    with store.session() as session:
        raw = session.connection.dbapi_connection
        assert isinstance(raw, psycopg.Connection)
        with translated(), raw.transaction(), raw.cursor() as cursor:
            limits = {"statement_timeout": f"{timeout_s * 1000:.0f}", "search_path": path}
            for name, value in limits.items():
                cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
            cursor.execute("SET TRANSACTION READ ONLY")
            try:
                yield _columns(raw, text)
                # Closed before the transaction: a stream that is left half read holds the connection's lock.
                with closing(cursor.stream(sql.SQL(text))) as fetched:
                    yield from islice(fetched, limit)
            except psycopg.Error as error:
                raise _explained(error, text) from error


def _columns(raw: psycopg.Connection, text: str) -> tuple[str, ...]:
    """Names of the columns that a statement gives; several statements at once are an error here."""
    for described in (raw.pgconn.prepare(b"", text.encode()), raw.pgconn.describe_prepared(b"")):
        if described.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(described)
    if not described.nfields:
        raise InputError(
            "the statement gives no table",
            why="only questions are answered here",
            remedy="one statement that begins with SELECT, WITH, VALUES, EXPLAIN or SHOW",
        )
    return tuple((described.fname(number) or b"").decode() for number in range(described.nfields))


def _explained(error: psycopg.Error, text: str) -> BaseException:
    if not error.sqlstate or error.sqlstate.startswith(_NOT_OURS):
        return error
    said = error.diag.message_primary or str(error)
    remedy = error.diag.message_hint or ""
    if error.sqlstate == psycopg.errors.QueryCanceled.sqlstate:
        remedy = "give it more time: --timeout SECONDS"
    return InputError(said, where=_place(text, error.diag.statement_position), remedy=remedy)


def _place(text: str, position: str | None) -> str:
    """Line and column of an error, and the line itself."""
    if not position:
        return ""
    before = text[: int(position) - 1]
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"line {line + 1}, column {column}: {text.splitlines()[line].strip()}"
