"""Rankings: made from scores by one statement, swapped in one transaction, read from the views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from ..errors import UsageError
from ..records import NES
from .configurations import methods_of
from .engine import Store
from .queries import count, execute

WELL_KNOWN = ("consensus", "similarity", "neural", "tagger", "biochemical", "combined")
"""Methods with a column of their own in the views; `combined` is what ranks."""


@dataclass(frozen=True, slots=True)
class StoredRanking:
    """How and when a release was ranked."""

    id: int
    motif: str
    proteome: str
    release: str
    configuration_id: int
    run_id: int
    logit_shift: float
    minimum_probability: float | None
    candidates: int
    is_current: bool
    ranked_at: datetime
    decoys: str | None


@dataclass(frozen=True, slots=True)
class ByChance:
    """What chance says of each combined score of a ranking.

    Attributes:
        decoys: where it comes from: ``shuffled``, or the name of a proteome without CRM1.
        steps: combined score, q-value, expected decoy candidates per residue; by ascending score. A candidate gets
            those of the last step not above it, and none below the first.
    """

    decoys: str
    steps: Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of ``nes.candidate``. Positions are 1-based inclusive; method columns are calibrated."""

    proteome: str
    release: str
    rank: int
    accession: str
    entry_name: str | None
    gene: str | None
    protein_name: str | None
    first_residue: int
    last_residue: int
    peptide: str
    nes_class: str | None
    core_positions: list[int] | None
    probability: float
    q_value: float | None
    e_value: float | None
    consensus: float | None
    similarity: float | None
    neural: float | None
    tagger: float | None
    biochemical: float | None
    combined: float | None
    length: int
    accessions: list[str]
    sequence_sha256: str
    configuration_id: int
    run_id: int


def materialise(
    store: Store,
    proteome_id: int,
    release_id: int,
    configuration_id: int,
    run_id: int,
    *,
    logit_shift: float = 0.0,
    minimum_probability: float | None = None,
    by_chance: ByChance | None = None,
    motif: str = NES,
) -> int:
    """Rank a release, replacing its ranking under this configuration; until it is whole, readers see the old one.

    The order is total: probability, then digest of the sequence, then position. A combined score is the product of
    ``sigmoid(raw)``, for a motif in a cargo, and a probability c of a cargo, which with shift s becomes
    ``sigmoid(logit(c) + s)``. Equal sequences share one rank.

    Args:
        store: where.
        proteome_id: whose.
        release_id: which release.
        configuration_id: whose scores.
        run_id: the run that ranks.
        logit_shift: the population's prior, s above.
        minimum_probability: candidates below it are not listed.
        by_chance: what q-values and expected numbers come from; None leaves both out.
        motif: which motif the configuration scores.

    Returns:
        Number of ranked candidates.

    Raises:
        UsageError: if the release is not one of this proteome.
    """
    scope = {"proteome_id": proteome_id, "release_id": release_id, "configuration_id": configuration_id}
    told: dict[str, object] = {"logit_shift": logit_shift, "minimum_probability": minimum_probability}
    told["decoys"] = by_chance.decoys if by_chance else None
    with store.transaction() as connection:
        found = execute(connection, "lock_proteome", proteome_id=proteome_id, release_id=release_id).one_or_none()
        if found is None:
            raise UsageError(f"release {release_id} is not one of proteome {proteome_id}")
        execute(connection, "forget_ranking", **scope)
        told["is_current"] = _become_current(connection, {"proteome_id": proteome_id, "motif": motif}, found.effective)
        ranking_id = execute(connection, "add_ranking", **scope, **told, motif=motif, run_id=run_id).scalar_one()
        whose = {"proteome_id": proteome_id, "configuration_id": configuration_id, "ranking_id": ranking_id}
        columns = _columns(connection, configuration_id) | _steps(by_chance)
        names = {"at": found.effective, "proteome": found.name}
        ranked = count(connection, "fill_ranking", **whose, **told, **columns, **names)
        execute(connection, "count_ranking", ranking_id=ranking_id, candidates=ranked)
    store.vacuum("ranked_segment")
    return ranked


def _become_current(connection: Connection, place: dict[str, object], effective: date) -> bool:
    """Whether a ranking of this release is to be shown; if so, the one shown so far steps down."""
    if execute(connection, "newer_ranking_exists", **place, at=effective).scalar_one():
        return False
    execute(connection, "step_down_segments", **place)
    execute(connection, "step_down_ranking", **place)
    return True


def _columns(connection: Connection, configuration_id: int) -> dict[str, object]:
    """Key of each method that has a column of its own; None where the configuration lacks it."""
    methods = methods_of(connection, configuration_id)
    return {name: methods.get(name) for name in WELL_KNOWN}


def _steps(by_chance: ByChance | None) -> dict[str, object]:
    """Thresholds in ascending order, and what holds from each on."""
    if by_chance is None or not by_chance.steps:
        return {"thresholds": None, "q_values": None, "rates": None}
    thresholds, q_values, rates = zip(*by_chance.steps, strict=True)
    return {"thresholds": list(thresholds), "q_values": list(q_values), "rates": list(rates)}


def find_ranking(store: Store, proteome: str, release: str | None = None, motif: str = NES) -> StoredRanking | None:
    """The ranking of a release, or the current one of a proteome; None if it is not ranked."""
    wanted = {"proteome": proteome, "release": release, "motif": motif}
    with store.transaction() as connection:
        row = execute(connection, "find_ranking", **wanted).mappings().one_or_none()
    return None if row is None else StoredRanking(**row)


def fresh_ranking(
    store: Store,
    proteome: str,
    release: str,
    release_id: int,
    configuration_id: int,
    logit_shift: float,
    *,
    decoys: str | None = None,
) -> StoredRanking | None:
    """The ranking of a release, if it is of this configuration, prior and decoys and nothing was scored since."""
    found = find_ranking(store, proteome, release)
    if found is None or (found.configuration_id, found.decoys) != (configuration_id, decoys):
        return None
    if abs(found.logit_shift - logit_shift) > 1e-9:
        return None
    with store.transaction() as connection:
        scored = execute(connection, "scored_since", release_id=release_id, configuration_id=configuration_id,
                         moment=found.ranked_at).scalar_one()  # fmt: skip
    return None if scored else found


def ranked_rows(
    store: Store, ranking_id: int, limit: int | None, minimum_combined: float = 0.0, *, proteins: bool = False
) -> list[dict[str, object]]:
    """Rows of ``nes.candidate_all`` of one ranking, best first.

    Args:
        limit: at most so many; None for all.
        minimum_combined: threshold on the combined score.
        proteins: only the best one of each sequence, likeliest cargo first; ``cargo_probability`` is one more column.
    """
    wanted = {"ranking_id": ranking_id, "limit": limit, "minimum_combined": minimum_combined}
    with store.transaction() as connection:
        name = "ranked_proteins" if proteins else "ranked_rows"
        return [dict(row) for row in execute(connection, name, **wanted).mappings()]


def cargo_share(store: Store, ranking_id: int) -> float | None:
    """Mean probability of the proteins of a ranking to be cargoes; None for a ranking without candidates."""
    with store.transaction() as connection:
        found = execute(connection, "cargo_share", ranking_id=ranking_id).scalar_one()
        return None if found is None else float(found)


def count_over(store: Store, ranking_id: int, minimum_combined: float) -> int:
    """How many candidates of a ranking pass a threshold on the combined score."""
    with store.transaction() as connection:
        found: int = execute(
            connection, "count_over", ranking_id=ranking_id, minimum_combined=minimum_combined
        ).scalar_one()
        return found


def candidates_of(store: Store, accession: str) -> list[Candidate]:
    """All candidates in a protein in current rankings, along its sequence; empty if it is unknown or not ranked.

    A protein that shares its sequence with others is found under each of its accessions.
    """
    with store.transaction() as connection:
        rows = execute(connection, "protein_candidates", accession=accession).mappings()
        return [Candidate(**row) for row in rows]
