"""What an analyst can ask for: the views and their columns, as the database itself describes them."""

from __future__ import annotations

from dataclasses import dataclass

from .engine import Store
from .queries import execute
from .schema import VIEWS


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a documented view; `column` is empty for the view itself."""

    view: str
    column: str
    type: str
    meaning: str


def describe_views(store: Store) -> list[ViewColumn]:
    """All views and their columns, each with its comment."""
    with store.transaction() as connection:
        return [ViewColumn(**row) for row in execute(connection, "describe_views", schema=VIEWS).mappings()]
