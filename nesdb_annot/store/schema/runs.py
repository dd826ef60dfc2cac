"""Runs: every number in this database was made by one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from .base import Base, identity, moment, one_of


class RunStatus(StrEnum):
    """How a run stands. One that is running while its process is gone is shown as `INTERRUPTED`."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


INTERRUPTED = "interrupted"
"""What ``nes.run_progress`` says of a run whose process was killed."""

RUN_LOCK = 0x6E657372
"""Class of the advisory locks that running commands hold, one for each run ("nesr")."""


class Run(Base):
    """One execution of a command that writes."""

    __tablename__ = "run"
    __table_args__ = (
        one_of("status", RunStatus),
        {"comment": "An execution of a command that writes: with what, on what, and how it ended"},
    )

    id: Mapped[int] = identity("Number of the run")
    kind: Mapped[str] = mapped_column(comment="What it does: ingest, train, score, rank, ...")
    settings_digest: Mapped[str] = mapped_column(comment="SHA-256 of the settings")
    settings: Mapped[dict[str, Json]] = mapped_column(comment="Settings and arguments, without secrets")
    software: Mapped[dict[str, Json]] = mapped_column(
        comment="Versions of this package and of those that numbers depend on"
    )
    git: Mapped[str] = mapped_column(comment="Commit of the checkout it ran from; empty for an installed package")
    device: Mapped[str] = mapped_column(comment="Device that computed; empty if none did")
    counts: Mapped[dict[str, Json]] = mapped_column(comment="What was done so far, by name")
    status: Mapped[str] = mapped_column(
        comment="queued, running, done, failed or stopped; a command that was killed stays running here, "
        "and is interrupted in nes.run_progress"
    )
    error: Mapped[str] = mapped_column(comment="Why it failed; empty if it did not")
    started_at: Mapped[datetime] = moment("Start, by the database's clock")
    updated_at: Mapped[datetime] = moment("Last sign of life, by the database's clock")
    finished_at: Mapped[datetime | None] = mapped_column(comment="End, by the database's clock; NULL while it runs")
    queued: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Whether workers do it, not the command that began it"
    )
    host: Mapped[str] = mapped_column(
        server_default=text("''::text"), comment="Machine and process of the command that began it"
    )


class WorkUnit(Base):
    """A chunk of sequences of a deferred run: what one job works on."""

    __tablename__ = "work_unit"
    __table_args__ = (
        {
            "comment": "What is left of a deferred run: one row for each chunk of sequences that is not finished, "
            "or failed; finished ones are removed"
        },
    )

    run_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment="The deferred run"
    )
    number: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="Number within the run, from 1"
    )
    sequence_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), comment="The sequences")
    residues: Mapped[int] = mapped_column(comment="Their residues")
    attempts: Mapped[int] = mapped_column(
        SmallInteger, server_default=text("0"), comment="How often a worker began it and did not give it back"
    )
    worker: Mapped[str | None] = mapped_column(
        comment="Machine and process of the worker that began it last; NULL if it waits"
    )
    started_at: Mapped[datetime | None] = mapped_column(comment="When that was; NULL if it waits")
    error: Mapped[str | None] = mapped_column(comment="Why it failed for good; NULL unless it did")
