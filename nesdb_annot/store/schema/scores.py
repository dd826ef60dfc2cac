"""Segments and their scores, partitioned by configuration: replacing one is a swap, not a mass delete.

Scores belong to sequences, so that proteomes and releases share them. `MethodScore` is by far the largest table; its
rows are narrow and carry no foreign keys (checking four of them for each of 10^8 rows costs more than writing them):
`ScoredSequence` carries them, and all three are written in one transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import REAL, BigInteger, CheckConstraint, Double, ForeignKey, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from ...relation import Relation
from .base import Base, moment, one_of, span_check

_BY_CONFIGURATION: dict[str, Any] = {"postgresql_partition_by": "LIST (configuration_id)"}


class ScoredSequence(Base):
    """The ledger: what was scored, by which run, and what failed."""

    __tablename__ = "scored_sequence"
    __table_args__ = (
        CheckConstraint("segments >= 0", name="segments_not_negative"),
        one_of("training", Relation),
        {
            "comment": "Ledger of scoring: one row for each sequence tried under a configuration, "
            "also if it has no segment",
            **_BY_CONFIGURATION,
        },
    )

    configuration_id: Mapped[int] = mapped_column(
        ForeignKey("configuration.id"), primary_key=True, comment="The configuration"
    )
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), primary_key=True, comment="The sequence")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that scored it last")
    segments: Mapped[int] = mapped_column(comment="Number of stored segments")
    attempts: Mapped[int] = mapped_column(SmallInteger, comment="How often it was tried")
    error: Mapped[str | None] = mapped_column(comment="Why scoring it failed; NULL if it did not")
    scored_at: Mapped[datetime] = moment("When it was scored last")
    cargo_log_odds: Mapped[float | None] = mapped_column(
        Double,
        comment="Log-odds that the protein is a cargo where one in ten is; "
        "NULL without a candidate and before schema 0010",
    )
    training: Mapped[str | None] = mapped_column(
        comment="none (no relative over about 50 % identity), related or same: how the sequence is related to the "
        "training set; NULL before schema 0010"
    )
    training_accession: Mapped[str | None] = mapped_column(
        comment="Training protein that shares most words of five residues with the sequence; NULL for none"
    )
    training_share: Mapped[float | None] = mapped_column(
        REAL, comment="Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none"
    )
    embedding_run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"),
        comment="Run that embedded it, which scores from stored vectors keep; NULL before schema 0010",
    )
    engine: Mapped[str | None] = mapped_column(
        comment="Engine, precision and device that embedded it; NULL before schema 0010"
    )


class Segment(Base):
    """A candidate segment."""

    __tablename__ = "segment"
    __table_args__ = (
        span_check(),
        {"comment": "A candidate segment of a sequence, with its pooled embedding", **_BY_CONFIGURATION},
    )

    configuration_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="The configuration")
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), primary_key=True, comment="The sequence")
    segment: Mapped[int] = mapped_column(SmallInteger, primary_key=True, comment="Number within the sequence, from 1")
    first_residue: Mapped[int] = mapped_column(comment="First residue, 1-based")
    last_residue: Mapped[int] = mapped_column(comment="Last residue, inclusive")
    pooled: Mapped[bytes] = mapped_column(
        LargeBinary,
        comment="Pooled embedding of the segment, float16 little-endian; how it was pooled stands in the parameters of "
        "the configuration's method similarity (the mean where they name nothing)",
    )
    first_stage: Mapped[float | None] = mapped_column(
        Double, comment="Log-odds by all methods before competing candidates are looked at; NULL before schema 0010"
    )
    competition: Mapped[float | None] = mapped_column(
        Double, comment="What competing candidates of the protein take from first_stage; NULL before schema 0010"
    )


class MethodScore(Base):
    """One method's verdict on one segment."""

    __tablename__ = "method_score"
    __table_args__ = (
        CheckConstraint("calibrated BETWEEN 0 AND 1", name="calibrated_is_probability"),
        {"comment": "Score of a segment by one method; its run stands in scored_sequence", **_BY_CONFIGURATION},
    )

    configuration_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="The configuration")
    sequence_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="The sequence")
    segment: Mapped[int] = mapped_column(SmallInteger, primary_key=True, comment="Number within the sequence, from 1")
    method_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, comment="The method")
    raw: Mapped[float] = mapped_column(REAL, comment="On the method's own scale; higher is more motif-like")
    calibrated: Mapped[float] = mapped_column(REAL, comment="Probability that the segment holds a motif")
    evidence: Mapped[dict[str, Json] | None] = mapped_column(
        comment="What the score rests on; NULL if nothing is to say"
    )


PARTITIONED = (ScoredSequence.__tablename__, Segment.__tablename__, MethodScore.__tablename__)
"""Tables with one partition for each configuration, named ``<table>_c<configuration id>``."""
