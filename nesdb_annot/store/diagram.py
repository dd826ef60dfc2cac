"""The tables and how they refer to each other, as a Mermaid entity-relationship diagram made from the models."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table

from .schema import SCHEMA, Base


def entity_diagram() -> str:
    """Mermaid text: a line from each table to each that refers to it, named by the referring column.

    A dotted line is a reference that the database does not check: partitions of 10^8 rows carry no foreign keys to what
    the ledger of their sequences refers to already.

    Example:
        >>> "    sequence ||--o{ membership : sequence_id" in entity_diagram().splitlines()
        True
    """
    lines = sorted({line for table in Base.metadata.tables.values() for line in _references(table)})
    return "\n".join(["erDiagram", *lines]) + "\n"


def _references(table: Table) -> Iterator[str]:
    for column in table.columns:
        least = "|o" if column.nullable else "||"
        for key in column.foreign_keys:
            yield f"    {key.column.table.name} {least}--o{{ {table.name} : {column.name}"
        unchecked = _named_after(column)
        if unchecked is not None and not column.foreign_keys:
            yield f"    {unchecked} {least}..o{{ {table.name} : {column.name}"


def _named_after(column: Column[object]) -> str | None:
    """The table whose key a column holds, by its name: ``method_id``."""
    name = column.name.removesuffix("_id")
    return name if name != column.name and f"{SCHEMA}.{name}" in Base.metadata.tables else None
