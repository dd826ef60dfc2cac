"""Proteomes as a list: what is there, how much of it is scored and ranked, and how to be rid of one."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ProteomeState:
    """A proteome and how far its newest release is.

    Attributes:
        organism: name in words; None if it is not known.
        proteins: proteins of the newest release; `sequences` are the distinct ones among their sequences.
        scored: sequences with scores under the configuration that has scored most of them.
        candidates: candidates of the ranking that the views show; None without one.
        ranked: release of that ranking, with its mark if it is partial; empty without one.
    """

    name: str
    organism: str | None
    releases: int
    proteins: int
    sequences: int
    scored: int
    candidates: int | None
    ranked: str


def proteome_states(store: Store) -> list[ProteomeState]:
    """All proteomes by name. Reads views only."""
    with store.transaction() as connection:
        return [ProteomeState(**row) for row in execute(connection, "proteome_states").mappings()]
