"""Proteomes as a list: what is there, how much of it is scored and ranked, and how to be rid of one."""

from __future__ import annotations

from .engine import Store
from .proteomes import matching_name
from .queries import execute


def check_name(store: Store, name: str) -> str:
    """The name of a proteome as it was ingested, whatever its case here. Reads views only.

    Raises:
        UsageError: as `proteome_of`.
    """
    with store.transaction() as connection:
        return matching_name(name, list(execute(connection, "proteome_names").scalars()))


def leave_out_of_overall(store: Store, name: str) -> None:
    """Keep a proteome out of the list of all proteomes' candidates: it is a sample of proteins."""
    with store.transaction() as connection:
        execute(connection, "leave_out_of_overall", name=name)
