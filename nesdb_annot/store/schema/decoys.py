"""What chance gives: scores of shuffled proteins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ARRAY, REAL, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, moment


class Decoy(Base):
    """Scores of a chunk of a proteome's shuffled proteins."""

    __tablename__ = "decoy"
    __table_args__ = (
        CheckConstraint("residues > 0 AND proteins > 0", name="not_empty"),
        {"comment": "Combined scores that shuffled proteins of a proteome reach under a configuration; for q-values"},
    )

    configuration_id: Mapped[int] = mapped_column(
        ForeignKey("configuration.id"), primary_key=True, comment="The configuration"
    )
    proteome_id: Mapped[int] = mapped_column(
        ForeignKey("proteome.id", ondelete="CASCADE"), primary_key=True, comment="Whose proteins were shuffled"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that scored them")
    proteins: Mapped[int] = mapped_column(comment="Number of shuffled proteins of the chunk")
    residues: Mapped[int] = mapped_column(comment="Residues of these")
    combined: Mapped[list[float]] = mapped_column(
        ARRAY(REAL), comment="Combined score of every candidate in them, ascending, where one protein in ten is a cargo"
    )
    candidates: Mapped[bytes | None] = mapped_column(
        comment="Their candidates with pooled vectors and raw scores (safetensors); NULL if they were not kept"
    )
    made_at: Mapped[datetime] = moment("When it was made")
    chunk: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="Number of the chunk, from 1; 0 for all that an earlier version scored at once",
    )
    chunks: Mapped[int] = mapped_column(
        comment="Number of chunks that are to be scored; q-values need all of them"
    )
