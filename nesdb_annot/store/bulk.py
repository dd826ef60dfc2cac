"""Many rows at once: binary COPY, a chunk at a time, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from ..records import ProteinRecord
from ..residues import sequence_md5
from .queries import count, execute
from .text import storable

T = TypeVar("T")


def chunks(records: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` records, read from `records` as they are needed."""
    iterator = iter(records)
    while chunk := list(islice(iterator, size)):
        yield chunk


def copy_rows(
    connection: Connection, table: Sequence[str], columns: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> int:
    """COPY rows into a table, within the transaction of `connection`; texts go through `text.storable`.

    Args:
        connection: in a transaction.
        table: name, with its schema before it unless it is temporary.
        columns: name and PostgreSQL type of each column, in the order of the values.
        rows: consumed lazily.

    Returns:
        How many there were.
    """
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(*table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for written, row in enumerate(rows, 1):  # noqa: B007
            copy.write_row([storable(value) for value in row])
    return written


def add_sequences(connection: Connection, residues_of: Mapping[str, str]) -> int:
    """Store sequences that are not there yet; the digests of known ones are all that is sent of them.

    Args:
        connection: in a transaction.
        residues_of: cleaned residues by their SHA-256.

    Returns:
        How many were new.
    """
    known = {row.sha256 for row in execute(connection, "known_sequences", digests=list(residues_of))}
    fresh = sorted(residues_of.keys() - known)
    if not fresh:
        return 0
    execute(connection, "stage_sequences")
    columns = {"sha256": "text", "md5": "text", "residues": "text"}
    rows = ((digest, sequence_md5(residues_of[digest]), residues_of[digest]) for digest in fresh)
    copy_rows(connection, ["staged_sequence"], columns, rows)
    return count(connection, "publish_sequences")


STAGED = {
    "accession": "text",
    "sha256": "text",
    "record_digest": "text",
    "isoform": "int2",
    "entry_name": "text",
    "reviewed": "bool",
    "protein_name": "text",
    "organism": "text",
    "taxon_id": "int4",
    "gene": "text",
    "existence": "int2",
    "sequence_version": "int4",
    "fragment": "bool",
    "header": "text",
}
"""Columns of the staging table of proteins."""


def staged_row(protein: ProteinRecord, digest: str, record_digest: str) -> tuple[object, ...]:
    """Values of `STAGED` for one protein."""
    p = protein
    return (
        p.accession,
        digest,
        record_digest,
        p.isoform,
        p.entry_name,
        p.reviewed,
        p.protein_name,
        p.organism,
        p.taxon_id,
        p.gene,
        p.existence,
        p.sequence_version,
        p.fragment,
        p.header,
    )
