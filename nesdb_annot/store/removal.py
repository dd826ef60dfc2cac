"""Remove a proteome, and the sequences and scores that nothing else uses."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ..errors import TryLaterError
from .engine import Store
from .proteomes import proteome_of
from .queries import count, execute


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed with a proteome.

    Attributes:
        removed: sequences that nothing else uses, with their scores.
        shared: sequences that another proteome, a reference, an evaluation or a record of a change uses; these stay
            with their scores.
    """

    name: str
    releases: int
    rankings: int
    removed: int
    shared: int

    def sentence(self) -> str:
        """The outcome in words."""
        first = f"{self.name} was removed: {self.releases:,} releases, {self.rankings:,} rankings"
        shared = f"; {self.shared:,} sequences stay, since something else uses them" if self.shared else ""
        return f"{first}, {self.removed:,} sequences with their scores{shared}"


def remove_proteome(store: Store, name: str) -> Removal:
    """Remove a proteome with its memberships, releases, rankings, shuffled proteins and recorded changes.

    Its sequences and their scores under all configurations go, too, unless another proteome, a reference, an evaluation
    or a recorded change uses them. Annotations of UniProt and runs stay.

    Raises:
        UsageError: if there is no such proteome.
        TryLaterError: if a run works on it, or waits for a worker.
    """
    proteome = proteome_of(store, name)
    with store.transaction() as connection:
        scope = {"proteome_id": proteome.id}
        execute(connection, "lock_proteome_row", **scope)
        _refuse_while_used(connection, proteome.name)
        execute(connection, "collect_sequences", **scope)
        total = execute(connection, "count_collected").scalar_one()
        rankings = count(connection, "forget_rankings", **scope)
        for statement in ("forget_changes_of_proteome", "forget_decoys", "forget_memberships"):
            execute(connection, statement, **scope)
        releases = count(connection, "forget_releases", **scope)
        execute(connection, "forget_proteome", **scope)
        execute(connection, "forget_unused_proteins")
        execute(connection, "spare_used_sequences")
        for statement in ("forget_collected_scores", "forget_collected_segments", "forget_collected_ledger"):
            execute(connection, statement)
        removed = count(connection, "forget_collected_sequences")
    for table in ("ranked_segment", "segment", "method_score", "scored_sequence", "sequence", "membership"):
        store.vacuum(table)
    return Removal(proteome.name, releases, rankings, removed, total - removed)


def _refuse_while_used(connection: Connection, name: str) -> None:
    row = execute(connection, "run_on_proteome", proteome=name).one_or_none()
    if row is None:
        return
    waits = "waits for a worker" if row.status == "queued" else "is running"
    what = f"{name} is not removed: run {row.run_id} ({row.kind}) {waits}"
    raise TryLaterError(what, why="it writes scores or rankings of this proteome", remedy="nesannot runs")
