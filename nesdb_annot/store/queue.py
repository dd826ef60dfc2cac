"""The queue in the database: how procrastinate connects to it, jobs put in, and jobs of dead workers taken back.

Jobs are delivered at least once: what they do must be idempotent. What a job is about stands in its run and work unit
(`queue_units`); the job itself is gone when it is done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Connection

from ..records import Json
from ..settings import Settings
from .engine import CLIENT, Store, address, conninfo
from .queries import count, execute
from .runs import add_run
from .schema import QUEUE

if TYPE_CHECKING:
    from procrastinate import PsycopgConnector

SCORING, COMMANDS = "scoring", "commands"
QUEUES = (SCORING, COMMANDS)
"""Chunks of sequences to score; whole commands (an ingest, a re-annotation)."""

SCORE_UNIT, RUN_COMMAND = "nesannot.score_unit", "nesannot.run_command"
"""Names of the tasks; they outlive their modules, since jobs in the database carry them."""

SILENT_S = 30.0
"""A worker that was not heard of for so long is dead (it speaks every ten seconds)."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """Jobs that wait, jobs that are in work, and workers that live."""

    waiting: int
    working: int
    workers: int


def connector(settings: Settings) -> PsycopgConnector:
    """How procrastinate reaches the database of these settings.

    What it commits last may be lost in a power cut of the server: those jobs are then done again.
    """
    from procrastinate import PsycopgConnector

    async def configure(connection: psycopg.AsyncConnection) -> None:
        await connection.execute(f"SET search_path TO {QUEUE}")
        await connection.execute("SET synchronous_commit TO off")
        await connection.commit()

    return PsycopgConnector(
        conninfo=conninfo(address(settings)),
        configure=configure,
        min_size=1,
        max_size=4,
        timeout=10.0,
        kwargs={**CLIENT, "application_name": "nesannot worker"},
    )


def queue_command(store: Store, command: str, arguments: Mapping[str, Json]) -> int:
    """Defer a whole command; returns the number of the run that waits for a worker.

    Args:
        command: a key of `nesdb_annot.jobs.commands.COMMANDS`, and what its run is called.
        arguments: its arguments by name.
    """
    with store.transaction() as connection:
        return add_command(connection, store, command, arguments)


def add_command(connection: Connection, store: Store, command: str, arguments: Mapping[str, Json]) -> int:
    """Defer a whole command within the caller's transaction, as `queue_command` does."""
    stated = {**arguments, "command": command, "arguments": dict(arguments)}
    run_id = add_run(connection, store, command, stated, queued=True)
    put_command(connection, run_id, command, arguments)
    return run_id


def put_command(connection: Connection, run_id: int, command: str, arguments: Mapping[str, Json]) -> None:
    """A job for a deferred command."""
    told = json.dumps({"run_id": run_id, "command": command, "arguments": dict(arguments)})
    execute(connection, "defer_command", queue=COMMANDS, task=RUN_COMMAND, arguments=told)


def rescue_jobs(store: Store, silent_s: float = SILENT_S) -> int:
    """Put back the jobs of workers that were not heard of for `silent_s` seconds; returns how many."""
    with store.transaction() as connection:
        found = count(connection, "rescue_jobs", silent_s=silent_s)
    with store.transaction() as connection:  # on its own: it locks jobs after workers, the other way round
        execute(connection, "forget_workers", silent_s=2 * silent_s)
    return found


def queue_state(store: Store, queues: Sequence[str] = QUEUES, silent_s: float = SILENT_S) -> QueueState:
    """How much there is to do in these queues, and who does it."""
    with store.transaction() as connection:
        row = execute(connection, "queue_state", queues=list(queues), silent_s=silent_s).mappings().one()
    return QueueState(**row)


def wait_again(store: Store, run_id: int) -> None:
    """A deferred command that a worker had begun waits for the next one."""
    with store.transaction() as connection:
        execute(connection, "requeue_run", run_id=run_id, sequences=0, residues=0)


def retry_command(store: Store, run_id: int, settings: Mapping[str, Json]) -> bool:
    """Defer a command again that failed, or whose job is lost; False if it is done, or still waits or works."""
    with store.transaction() as connection:
        if execute(connection, "may_retry_command", run_id=run_id).scalar() is None:
            return False
        command = str(settings["command"])
        arguments = settings["arguments"]
        assert isinstance(arguments, Mapping)
        put_command(connection, run_id, command, arguments)
        execute(connection, "requeue_run", run_id=run_id, sequences=0, residues=0)
    return True
