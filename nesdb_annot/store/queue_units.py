"""Work units: the chunks of a deferred scoring run, from its plan to its end.

A unit is finished exactly once however often it is delivered: finishing removes it and adds what the ledger says of it
to its run, in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from ..records import Json
from .engine import Store
from .queries import count, execute
from .queue import SCORE_UNIT, SCORING, add_command
from .runs import add_run
from .scores import ATTEMPTS, FailedSequence

NEXT = "next"
"""Setting of a deferred run: ``command`` and ``arguments`` of what is deferred when its last unit ends."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A chunk of a deferred run that a worker has begun.

    Attributes:
        attempts: how often it was begun, this time included.
        settings: those of its run.
    """

    run_id: int
    number: int
    attempts: int
    residues: int
    settings: Mapping[str, Json]
    again: bool


@dataclass(frozen=True, slots=True)
class PendingSequence:
    """A sequence that is still to be scored, and how often that was tried in vain."""

    id: int
    digest: str
    residues: str
    attempts: int


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """How many units of a run wait, are in work, or failed."""

    waiting: int
    working: int
    failed: int


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A unit that is in work or failed."""

    number: int
    sequences: int
    residues: int
    attempts: int
    worker: str | None
    error: str | None
    seconds: float | None


def queue_scoring(
    store: Store,
    configuration_id: int,
    target: tuple[int, int],
    settings: Mapping[str, Json],
    counts: Mapping[str, Json],
    *,
    residues_per_chunk: int,
    again: bool = False,
) -> tuple[int, int]:
    """Defer the scoring of what is pending, in one transaction: the run, its units, and their jobs.

    Args:
        target: keys of proteome and release.
        settings: for the run; workers read them.
        counts: what the run begins with: ``residues_total``, ``sequences``.

    Returns:
        Number of the run, and of its units.
    """
    with store.transaction() as connection:
        at = execute(connection, "date_of_release", release_id=target[1]).scalar_one()
        told = {**settings, "configuration": configuration_id, "again": again}
        run_id = add_run(connection, store, "score", told, queued=True, counts=counts)
        units = count(
            connection,
            "plan_units",
            run_id=run_id,
            configuration_id=configuration_id,
            proteome_id=target[0],
            at=at,
            again=again,
            attempts=ATTEMPTS,
            residues_per_chunk=residues_per_chunk,
        )
        _defer(connection, run_id)
    _refresh(store)
    return run_id, units


def _defer(connection: Connection, run_id: int) -> int:
    jobs: int | None = execute(connection, "defer_units", run_id=run_id, queue=SCORING, task=SCORE_UNIT).scalar()
    return jobs or 0


def _refresh(store: Store) -> None:
    """Fetching one of thousands of jobs is slow until the planner knows of them."""
    with store.transaction() as connection:
        execute(connection, "refresh_statistics")


def queued_scoring(store: Store, stated: Mapping[str, Json]) -> int | None:
    """A deferred run with these settings that is not ended; None if there is none."""
    with store.transaction() as connection:
        found: int | None = execute(connection, "queued_scoring", settings=json.dumps(dict(stated))).scalar()
    return found


def retry_units(store: Store, run_id: int, configuration_id: int) -> int:
    """Defer what of a run failed or lost its job, as if for the first time; returns the number of jobs."""
    whose = {"run_id": run_id, "configuration_id": configuration_id}
    with store.transaction() as connection:
        execute(connection, "lock_run", run_id=run_id)
        execute(connection, "excuse_units", run_id=run_id)
        planned: list[int] = list(execute(connection, "plan_failed", **whose).scalars())
        execute(connection, "excuse_failed", **whose)
        jobs = _defer(connection, run_id)
        if jobs:
            execute(connection, "requeue_run", run_id=run_id, sequences=len(planned), residues=sum(planned))
    _refresh(store)
    return jobs


def excuse_failed(store: Store, run_id: int, configuration_id: int) -> int:
    """Let sequences that a run could not score be tried as if for the first time; returns how many."""
    with store.transaction() as connection:
        return count(connection, "excuse_failed", run_id=run_id, configuration_id=configuration_id)


def begin_unit(store: Store, run_id: int, number: int, worker: str, device: str = "") -> Unit | None:
    """Begin a unit; None if it is finished already, or failed for good."""
    with store.transaction() as connection:
        execute(connection, "commit_soon")
        row = execute(connection, "begin_unit", run_id=run_id, number=number, worker=worker).one_or_none()
        if row is None:
            return None
        if row.status == "queued":
            execute(connection, "begin_queued_run", run_id=run_id, device=device)
    return Unit(run_id, number, row.attempts, row.residues, row.settings, bool(row.settings.get("again")))


def pending_of_unit(store: Store, unit: Unit, configuration_id: int) -> list[PendingSequence]:
    """Sequences of a unit that have no scores and were not yet tried as often as may be."""
    with store.transaction() as connection:
        rows = execute(
            connection,
            "pending_of_unit",
            run_id=unit.run_id,
            number=unit.number,
            configuration_id=configuration_id,
            attempts=ATTEMPTS,
            again=unit.again,
        )
        return [PendingSequence(row.id, row.sha256, row.residues, row.attempts) for row in rows]


def mark_tried(store: Store, unit: Unit, configuration_id: int, sequence_ids: Sequence[int], error: str) -> None:
    """Count an attempt at these sequences, with what is to be said if nothing comes of it."""
    whose = {"configuration_id": configuration_id, "run_id": unit.run_id}
    with store.transaction() as connection:
        execute(connection, "mark_tried", **whose, sequence_ids=list(sequence_ids), error=error)


def unmark_tried(store: Store, configuration_id: int, sequence_id: int) -> None:
    """Take the attempt back that `mark_tried` counted beforehand: writing what came of it counts it."""
    with store.transaction() as connection:
        execute(connection, "unmark_tried", configuration_id=configuration_id, sequence_id=sequence_id)


def give_back_unit(store: Store, unit: Unit, worker: str) -> None:
    """Stop working on a unit; that was no attempt."""
    with store.transaction() as connection:
        execute(connection, "give_back_unit", run_id=unit.run_id, number=unit.number, worker=worker)


@dataclass(slots=True)
class UnitTimes:
    """Seconds that a worker spent on a unit, and the device that it used, as a run that is not deferred counts them."""

    worker: str = ""
    device: str = ""
    worker_s: float = 0.0
    embedding_s: float = 0.0
    scoring_s: float = 0.0
    embedding_cpu_s: float = 0.0


def finish_unit(store: Store, unit: Unit, configuration_id: int, times: UnitTimes | None = None) -> bool:
    """Finish a unit, and its run with its last one; False if another worker has finished it before."""
    with store.transaction() as connection:
        execute(connection, "commit_soon")  # the job goes after it: a power cut that takes this takes that, too
        row = execute(connection, "finish_unit", run_id=unit.run_id, number=unit.number).one_or_none()
        if row is None:
            return False
        execute(connection, "lock_run", run_id=unit.run_id)
        execute(
            connection,
            "count_unit",
            run_id=unit.run_id,
            residues=row.residues,
            configuration_id=configuration_id,
            sequence_ids=row.sequence_ids,
            **asdict(times or UnitTimes()),
        )
        _end_run(connection, store, unit)
    return True


def fail_unit(store: Store, unit: Unit, error: str) -> None:
    """Leave a unit that cannot be worked on, with the reason; its run ends with the last of the others."""
    with store.transaction() as connection:
        execute(connection, "lock_run", run_id=unit.run_id)
        execute(connection, "fail_unit", run_id=unit.run_id, number=unit.number, error=error)
        _end_run(connection, store, unit)


def _end_run(connection: Connection, store: Store, unit: Unit) -> None:
    """End the run if this was its last unit, and defer the command that its settings name as the next."""
    ended = execute(connection, "end_queued_run", run_id=unit.run_id).one_or_none()
    following = unit.settings.get(NEXT) if ended else None
    if isinstance(following, Mapping):
        arguments = following["arguments"]
        assert isinstance(arguments, Mapping)
        add_command(connection, store, str(following["command"]), arguments)


def units_of(store: Store, run_id: int, limit: int = 20) -> tuple[UnitCounts, list[OpenUnit]]:
    """How many units of a run are left, and at most `limit` of those that failed or are in work."""
    with store.transaction() as connection:
        counts = UnitCounts(**execute(connection, "units_of", run_id=run_id).mappings().one())
        rows = execute(connection, "working_units", run_id=run_id, limit=limit).mappings()
        return counts, [OpenUnit(**row) for row in rows]


def failed_sequences(store: Store, run_id: int, configuration_id: int, limit: int = 20) -> list[FailedSequence]:
    """Sequences that a run tried last and could not score."""
    whose = {"run_id": run_id, "configuration_id": configuration_id}
    with store.transaction() as connection:
        rows = execute(connection, "failed_sequences", **whose, limit=limit).mappings()
        return [FailedSequence(**row) for row in rows]
