"""Small questions that other floors ask: residues of an accession, whether a ranking is up to date."""

from __future__ import annotations

from .engine import Store
from .queries import execute
from .rankings import StoredRanking, find_ranking


def residues_of(store: Store, accession: str) -> str | None:
    """Residues of an accession, as the newest release that has it states them; None if no proteome has it."""
    with store.transaction() as connection:
        found: str | None = execute(connection, "residues_of_accession", accession=accession).scalar()
        return found


def fresh_ranking(
    store: Store, proteome: str, release: str, release_id: int, configuration_id: int, logit_shift: float
) -> StoredRanking | None:
    """The ranking of a release, if it is of this configuration and prior and nothing was scored since; else None."""
    found = find_ranking(store, proteome, release)
    if found is None or found.configuration_id != configuration_id or abs(found.logit_shift - logit_shift) > 1e-9:
        return None
    with store.transaction() as connection:
        scored = execute(connection, "scored_since", release_id=release_id, configuration_id=configuration_id,
                         moment=found.ranked_at).scalar_one()  # fmt: skip
    return None if scored else found


def ranked_rows(
    store: Store, ranking_id: int, limit: int | None, minimum_combined: float = 0.0
) -> list[dict[str, object]]:
    """Rows of ``nes.candidate_all`` of one ranking, best first.

    Args:
        limit: at most so many; None for all.
        minimum_combined: threshold on the combined score before the prior.
    """
    wanted = {"ranking_id": ranking_id, "limit": limit, "minimum_combined": minimum_combined}
    with store.transaction() as connection:
        return [dict(row) for row in execute(connection, "ranked_rows", **wanted).mappings()]


def count_over(store: Store, ranking_id: int, minimum_combined: float) -> int:
    """How many candidates of a ranking pass a threshold on the combined score before the prior."""
    with store.transaction() as connection:
        found: int = execute(
            connection, "count_over", ranking_id=ranking_id, minimum_combined=minimum_combined
        ).scalar_one()
        return found


def sequences_of(store: Store, proteome_id: int, release_id: int) -> list[tuple[str, str]]:
    """Digest and residues of each distinct sequence of a release, in the order of digests."""
    place = {"proteome_id": proteome_id, "release_id": release_id}
    with store.transaction() as connection:
        return [(row.sha256, row.residues) for row in execute(connection, "sequences_of_release", **place)]
