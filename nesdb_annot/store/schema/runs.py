"""Runs: every number in this database was made by one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from .base import Base, identity, moment, one_of


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


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
    status: Mapped[str] = mapped_column(comment="running, done, failed or stopped")
    error: Mapped[str] = mapped_column(comment="Why it failed; empty if it did not")
    started_at: Mapped[datetime] = moment("Start, by the database's clock")
    updated_at: Mapped[datetime] = moment("Last sign of life, by the database's clock")
    finished_at: Mapped[datetime | None] = mapped_column(comment="End, by the database's clock; NULL while it runs")
