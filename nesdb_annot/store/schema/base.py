"""What all models share: schema, naming convention, column types, and the vocabulary of short column definitions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, MetaData, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

from ...records import Json

SCHEMA = "nesannot"
"""Schema of the tables: what this program writes."""

VIEWS = "nes"
"""Schema of the views: what an analyst reads. Short, because it is typed by hand."""

QUEUE = "queue"
"""Schema of the queue; its objects are procrastinate's, made by a migration and compared with no model."""

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text()),
        dict[str, Json]: JSONB(),
    }


def identity(comment: str) -> MappedColumn[int]:
    """A surrogate key that the database counts up."""
    return mapped_column(BigInteger, Identity(always=True), primary_key=True, comment=comment)


def moment(comment: str) -> MappedColumn[Any]:
    """A time stamp by the database's clock, never by a host's."""
    clock = func.clock_timestamp()
    return mapped_column(DateTime(timezone=True), server_default=clock, nullable=False, comment=comment)


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """CHECK that a text column holds one of `words`; takes the place of an enum type."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def span_check() -> CheckConstraint:
    """CHECK of a 1-based inclusive span."""
    return CheckConstraint("first_residue >= 1 AND last_residue >= first_residue", name="span_in_order")


def digest_check(column: str) -> CheckConstraint:
    """CHECK of a SHA-256 in 64 hexadecimal digits."""
    return CheckConstraint(f"{column} ~ '^[0-9a-f]{{64}}$'", name=f"{column}_is_sha256")
