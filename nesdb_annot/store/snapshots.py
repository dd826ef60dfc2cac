"""The documented views as of one moment, row by row; and such rows as read-only tables of a schema of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from ..errors import UsageError
from .engine import Store
from .queries import execute
from .schema import VIEWS
from .views import ViewColumn

BATCH = 20_000
"""Rows that are held in memory at once."""

EXACT = frozenset(
    {"boolean", "smallint", "integer", "bigint", "real", "double precision", "text", "date"}
    | {"timestamp with time zone", "text[]", "integer[]"}
)
"""Types that pass as they are; ``jsonb`` and any other type passes as text."""

RESTORED = EXACT | {"jsonb", "numeric"}
"""Types that columns of a restored table may have; a column of any other type becomes text."""

_INDEXED = (("proteome", "rank"), ("accession",), ("sequence_sha256",))


@dataclass(frozen=True, slots=True)
class Shape:
    """A view: its name, what it means, and its columns in order."""

    view: str
    meaning: str
    columns: tuple[ViewColumn, ...]


class Moment:
    """All views as they were when this was opened, whoever writes meanwhile.

    Attributes:
        day: the database's date, ISO.
        shapes: the views, by name.
    """

    def __init__(self, connection: Connection) -> None:
        self._raw = _driver(connection)
        self.day = str(connection.exec_driver_sql("SELECT CAST(current_date AS text)").scalar_one())
        described = [ViewColumn(**row) for row in execute(connection, "describe_views", schema=VIEWS).mappings()]
        self.shapes = [_shape(list(rows)) for _, rows in groupby(described, key=lambda one: one.view)]

    def rows(self, shape: Shape, condition: str = "true") -> Iterator[list[tuple[object, ...]]]:
        """Batches of rows that fulfil `condition`, an SQL expression of this program's own."""
        columns = sql.SQL(", ").join(map(_passed, shape.columns))
        statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            columns, sql.Identifier(VIEWS, shape.view), sql.SQL(condition)
        )
        with self._raw.cursor(name="snapshot") as cursor:
            cursor.execute(statement)
            while batch := cursor.fetchmany(BATCH):
                yield batch


@contextmanager
def one_moment(store: Store) -> Iterator[Moment]:
    """Open all views as of now, in one read-only transaction."""
    with store.session() as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield Moment(connection)


def restore_tables(
    store: Store, schema: str, comment: str, tables: Iterable[tuple[Shape, Iterable[Sequence[object]]]]
) -> dict[str, int]:
    """Make a schema with one read-only table for each shape, in one transaction: whole, or not at all.

    Returns:
        Rows of each table.

    Raises:
        UsageError: if there is a schema of this name.
    """
    with store.transaction() as connection:
        raw = _driver(connection)
        name = sql.Identifier(schema)
        if raw.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema]).rowcount:
            raise UsageError(f"there is a schema {schema!r} already", remedy="another --schema")
        raw.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        raw.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(comment)))
        written = {shape.view: _restore(raw, schema, shape, rows) for shape, rows in tables}
        raw.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(name))
        raw.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO PUBLIC").format(name))
        verbs = "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {} FROM CURRENT_USER"
        raw.execute(sql.SQL(verbs).format(name))
        return written


def _driver(connection: Connection) -> psycopg.Connection:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _shape(rows: list[ViewColumn]) -> Shape:
    return Shape(rows[0].view, rows[0].meaning, tuple(rows[1:]))


def _passed(column: ViewColumn) -> sql.Composable:
    """A column as it is read: numbers of any length as double, what has no type of its own in a file as text."""
    name = sql.Identifier(column.column)
    if column.type in EXACT:
        return name
    cast = sql.SQL("CAST({} AS {})")
    return cast.format(name, sql.SQL("double precision" if column.type == "numeric" else "text"))


def _restore(raw: psycopg.Connection, schema: str, shape: Shape, rows: Iterable[Sequence[object]]) -> int:
    table = sql.Identifier(schema, shape.view)
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(c.column), sql.SQL(c.type if c.type in RESTORED else "text"))
        for c in shape.columns
    ]
    raw.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns)))
    raw.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(shape.meaning)))
    for c in shape.columns:
        place = sql.Identifier(schema, shape.view, c.column)
        raw.execute(sql.SQL("COMMENT ON COLUMN {} IS {}").format(place, sql.Literal(c.meaning)))
    written = 0
    with raw.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for written, row in enumerate(rows, 1):  # noqa: B007 - returned
            copy.write_row(row)
    present = {c.column for c in shape.columns}
    for wanted in _INDEXED:
        if present.issuperset(wanted):
            listed = sql.SQL(", ").join(map(sql.Identifier, wanted))
            raw.execute(sql.SQL("CREATE INDEX ON {} ({})").format(table, listed))
    return written
