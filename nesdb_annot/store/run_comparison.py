"""What two runs lead to: their rankings, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from .engine import Store
from .queries import execute


@dataclass(frozen=True, slots=True)
class RankingAgreement:
    """How two rankings agree. A candidate is the same if sequence and span are.

    Attributes:
        first: candidates of the first ranking.
        second: of the second.
        shared: of both.
        shared_top: among the best so many of both.
        spearman: correlation of the order of the shared ones; None if there are fewer than two.
    """

    first: int
    second: int
    shared: int
    shared_top: int
    spearman: float | None


@dataclass(frozen=True, slots=True)
class MovedCandidate:
    """A candidate among the best of one ranking only; its rank is None where it is no candidate."""

    accession: str | None
    first_residue: int
    last_residue: int
    peptide: str
    a_rank: int | None
    b_rank: int | None


def ranking_of_run(store: Store, run_id: int) -> int | None:
    """The ranking that a run made or that its scores led to; None if there is none."""
    with store.transaction() as connection:
        found: int | None = execute(connection, "ranking_of_run", run_id=run_id).scalar()
    return found


def compare_rankings(store: Store, first: int, second: int, top: int) -> RankingAgreement:
    """How two rankings agree, in all and among the best `top`."""
    with store.transaction() as connection:
        row = execute(connection, "compare_rankings", first=first, second=second, top=top).mappings().one()
    return RankingAgreement(**row)


def moved_candidates(store: Store, first: int, second: int, top: int, limit: int = 20) -> list[MovedCandidate]:
    """Candidates among the best `top` of one of two rankings only, best placed first."""
    wanted = {"first": first, "second": second, "top": top, "limit": limit}
    with store.transaction() as connection:
        return [MovedCandidate(**row) for row in execute(connection, "moved_candidates", **wanted).mappings()]
