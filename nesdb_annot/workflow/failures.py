"""Sequences that could not be scored: named wherever a command would otherwise seem to have done everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import IncompleteError

if TYPE_CHECKING:
    from ..store.scores import FailedSequence

SHOWN = 5
"""Sequences that are named at most."""


def failure_line(where: str, failed: Sequence[FailedSequence]) -> str:
    """One line that names sequences that failed, the first error of each, and what to type.

    Args:
        where: name of the proteome or of the run.
        failed: one sequence or more.
    """
    named = [f"{one.accession or one.sha256[:12]} ({one.error.splitlines()[0]})" for one in failed[:SHOWN]]
    more = f" and {len(failed) - SHOWN:,} more" if len(failed) > SHOWN else ""
    number = max(one.run_id for one in failed)
    count = f"{len(failed):,} sequences failed and have" if len(failed) > 1 else "1 sequence failed and has"
    return f"{where}: {count} no scores: {', '.join(named)}{more}; nesannot runs retry {number} tries again"


def failure(where: str, failed: Sequence[FailedSequence]) -> IncompleteError | None:
    """The error of a command that completed although sequences failed; None if none did."""
    return IncompleteError(failure_line(where, failed)) if failed else None


def all_tried(failed: int) -> str:
    """That nothing is left to score, in words, and how many sequences failed."""
    return f"every sequence is scored or failed ({failed:,} failed)" if failed else "every sequence is scored"
