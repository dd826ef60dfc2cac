"""One proteome, one organism: another organism's file under a known name is a mistake until its user says otherwise."""

from __future__ import annotations

from sqlalchemy import Connection, Row

from ..errors import InputError
from .queries import execute


def check_organism(connection: Connection, name: str, replace: bool) -> int | None:
    """Taxon of most of the staged proteins, None if none states one; it must be among those of the proteome so far.

    Args:
        connection: with staged proteins.
        name: of the proteome.
        replace: whether the user wants it to be another organism.

    Raises:
        InputError: if both state their organisms, and have none in common, and `replace` is not set.
    """
    staged = execute(connection, "staged_taxa").all()
    stored = execute(connection, "taxa_of_proteome", name=name).all()
    shared = {row.taxon_id for row in staged} & {row.taxon_id for row in stored}
    if staged and stored and not shared and not replace:
        raise InputError(
            f"{name} is a proteome of {_named(stored[0])}; these proteins are of {_named(staged[0])}",
            why="a proteome has one organism",
            remedy="correct --upid, or --name NAME for a proteome of its own; --replace if it is right all the same",
        )
    return staged[0].taxon_id if staged else None


def _named(row: Row[tuple[int, str | None]]) -> str:
    return f"{row.organism} (taxon {row.taxon_id})" if row.organism else f"taxon {row.taxon_id}"
