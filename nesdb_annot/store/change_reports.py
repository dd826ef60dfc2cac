"""Recorded changes, read back from the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .engine import Store
from .queries import execute

Row = Mapping[str, object]


def release_changes(store: Store, proteome: str | None, after: date, until: date) -> list[Row]:
    """Rows of ``nes.release_change`` of the releases later than `after`, up to `until`.

    Args:
        store: where.
        proteome: whose; None for changes of the references, which belong to no release.
        after: `effective` of a release.
        until: likewise.
    """
    wanted = {"proteome": proteome, "after": after, "until": until}
    with store.transaction() as connection:
        return [dict(row) for row in execute(connection, "release_changes", **wanted).mappings()]


def candidate_changes(
    store: Store, proteome: str, after: date, until: date, *, minimum: float = 0.0, limit: int | None = None
) -> list[Row]:
    """Rows of ``nes.candidate_change`` of these releases, the most probable first.

    Args:
        store: where.
        proteome: whose.
        after: `effective` of a release; later ones count.
        until: `effective` of the last one.
        minimum: least probability, before or since.
        limit: rows at most.
    """
    wanted = {"proteome": proteome, "after": after, "until": until, "minimum": minimum, "limit": limit}
    with store.transaction() as connection:
        return [dict(row) for row in execute(connection, "candidate_changes", **wanted).mappings()]
