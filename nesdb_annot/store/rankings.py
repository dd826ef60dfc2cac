"""Rankings: made from scores by one statement, swapped in one transaction, read from the views.

What reads here reads views only, so that a role that may only read can do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from ..errors import UsageError
from ..records import NES, Json, SegmentationIdentity
from .configurations import methods_of
from .engine import Store
from .queries import count, execute
from .scores import ATTEMPTS


@dataclass(frozen=True, slots=True)
class Coverage:
    """Distinct sequences of a release: all of them, those with scores, those that finally failed."""

    sequences: int
    scored: int
    failed: int

    @property
    def complete(self) -> bool:
        """Whether every sequence has scores or has finally failed."""
        return self.scored + self.failed >= self.sequences


@dataclass(frozen=True, slots=True)
class StoredRanking:
    """How and when a release was ranked.

    Attributes:
        proteins: proteins of the release; `sequences` are the distinct ones among their sequences.
        scored: sequences that had scores.
        failed: sequences that had finally failed: no further attempt is made at them.
        is_current: whether the views show it.
    """

    id: int
    motif: str
    proteome: str
    release: str
    proteins: int
    configuration_id: int
    run_id: int
    logit_shift: float
    minimum_probability: float | None
    candidates: int
    is_current: bool
    ranked_at: datetime
    decoys: str | None
    sequences: int
    scored: int
    failed: int
    language_model: str
    layer: int
    weights_sha256: str
    segmentation: str
    segmentation_version: int
    segmentation_parameters: Mapping[str, Json]
    head_set_digest: str

    @property
    def complete(self) -> bool:
        """Whether every sequence had scores or had finally failed."""
        return self.scored + self.failed >= self.sequences

    @property
    def coverage(self) -> str:
        """How many sequences were scored, in words, as the views say it of a partial ranking."""
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.scored} of {self.sequences} sequences scored{failed}"

    @property
    def segmentation_identity(self) -> SegmentationIdentity:
        """The segmentation whose candidates are ranked."""
        return SegmentationIdentity(self.segmentation, self.segmentation_version, self.segmentation_parameters)


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
) -> int | None:
    """Rank a release, replacing its ranking under this configuration; until it is whole, readers see the old one.

    The views show the newest complete ranking of a proteome. A partial ranking, of a release whose sequences are
    neither all scored nor finally failed, replaces no complete one and is shown only where there is none.

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
        Number of ranked candidates; None if the release has a complete ranking and would get a partial one.

    Raises:
        UsageError: if the release is not one of this proteome.
    """
    scope = _scope(proteome_id, release_id, configuration_id)
    facts: dict[str, object] = {"logit_shift": logit_shift, "minimum_probability": minimum_probability}
    facts["decoys"] = by_chance.decoys if by_chance else None
    with store.transaction() as connection:
        row = execute(connection, "lock_proteome", proteome_id=proteome_id, release_id=release_id).one_or_none()
        if row is None:
            raise UsageError(f"release {release_id} is not one of proteome {proteome_id}")
        covered = _coverage(connection, scope)
        if not covered.complete and execute(connection, "complete_ranking_exists", **scope).scalar_one():
            return None
        execute(connection, "forget_ranking", **scope)
        facts["is_current"] = _become_current(connection, proteome_id, motif, row.effective, covered)
        own = {**scope, **facts, **asdict(covered), "motif": motif, "run_id": run_id}
        ranking_id = execute(connection, "add_ranking", **own).scalar_one()
        whose = {"proteome_id": proteome_id, "configuration_id": configuration_id, "ranking_id": ranking_id}
        columns = _columns(connection, configuration_id) | steps_of(by_chance) | {"at": row.effective}
        ranked = count(connection, "fill_ranking", **whose, **facts, **columns, proteome=row.name)
        execute(connection, "count_ranking", ranking_id=ranking_id, candidates=ranked)
    store.vacuum("ranked_segment")
    return ranked


def _become_current(connection: Connection, proteome_id: int, motif: str, effective: date, covered: Coverage) -> bool:
    """Whether the views are to show a ranking of this release; if so, the one shown so far steps down."""
    scope = {"proteome_id": proteome_id, "motif": motif}
    if execute(connection, "better_ranking_exists", **scope, at=effective, complete=covered.complete).scalar_one():
        return False
    execute(connection, "step_down_segments", **scope)
    execute(connection, "step_down_ranking", **scope)
    return True


def _columns(connection: Connection, configuration_id: int) -> dict[str, object]:
    """Keys and names of the methods of a configuration, as the statements take them."""
    methods = methods_of(connection, configuration_id)
    return {"method_ids": list(methods.values()), "method_names": list(methods)}


def steps_of(by_chance: ByChance | None) -> dict[str, object]:
    """Thresholds in ascending order, and what holds from each on, as the statements take them."""
    if by_chance is None or not by_chance.steps:
        return {"thresholds": None, "q_values": None, "rates": None}
    thresholds, q_values, rates = zip(*by_chance.steps, strict=True)
    return {"thresholds": list(thresholds), "q_values": list(q_values), "rates": list(rates)}


def covered_now(store: Store, proteome_id: int, release_id: int, configuration_id: int) -> Coverage:
    """How much of a release is scored under a configuration."""
    with store.transaction() as connection:
        return _coverage(connection, _scope(proteome_id, release_id, configuration_id))


def _coverage(connection: Connection, scope: dict[str, object]) -> Coverage:
    return Coverage(**execute(connection, "count_covered", **scope, attempts=ATTEMPTS).mappings().one())


def _scope(proteome_id: int, release_id: int, configuration_id: int) -> dict[str, object]:
    return {"proteome_id": proteome_id, "release_id": release_id, "configuration_id": configuration_id}


def rankings_of(store: Store, proteome: str, motif: str = NES) -> list[StoredRanking]:
    """Rankings of a proteome: the one that the views show first, then complete ones before partial ones."""
    with store.transaction() as connection:
        rows = execute(connection, "list_rankings", proteome=proteome, motif=motif).mappings()
        return [StoredRanking(**row) for row in rows]


def find_ranking(store: Store, proteome: str, release: str | None = None, motif: str = NES) -> StoredRanking | None:
    """The best ranking of a release, or the one of a proteome that the views show; None if there is none."""
    rankings = rankings_of(store, proteome, motif)
    return next((one for one in rankings if release is None or one.release == release), None)


def ranking_under(
    store: Store, proteome: str, configuration_id: int, release: str | None = None
) -> StoredRanking | None:
    """The ranking of a release, or the best one of a proteome, under a configuration; None if there is none."""
    rankings = [one for one in rankings_of(store, proteome) if one.configuration_id == configuration_id]
    return next((one for one in rankings if release is None or one.release == release), None)


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
    """The ranking of a release under a configuration, if it has this prior and decoys and nothing was scored since."""
    ranking = ranking_under(store, proteome, configuration_id, release)
    if ranking is None or ranking.decoys != decoys or abs(ranking.logit_shift - logit_shift) > 1e-9:
        return None
    with store.transaction() as connection:
        scored = execute(connection, "scored_since", release_id=release_id, configuration_id=configuration_id,
                         moment=ranking.ranked_at, decoys=decoys).scalar_one()  # fmt: skip
    return None if scored else ranking
