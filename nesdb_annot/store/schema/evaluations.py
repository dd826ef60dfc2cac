"""Evaluations: how methods did on what is known, figure by figure and candidate by candidate."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ...figures import EVALUATION_PROTOCOLS
from .base import Base, one_of, span_check

_RUN = "Evaluation: the run that made it"
_PROTOCOL = "honest (families held out) or paper (the published protocol, which contains its training data)"


class EvaluationFigure(Base):
    """One figure of one method."""

    __tablename__ = "evaluation_figure"
    __table_args__ = (
        one_of("protocol", EVALUATION_PROTOCOLS),
        {"comment": "A figure of merit of a method in an evaluation, with its bootstrap interval where it has one"},
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment=_RUN)
    protocol: Mapped[str] = mapped_column(primary_key=True, comment=_PROTOCOL)
    population: Mapped[str] = mapped_column(
        primary_key=True,
        comment="What it was measured on: truth A (curated peptides), truth B (functional ranges), motif_free "
        "(an organism without CRM1), cargo_screen (proteins by affinity to CRM1), segments (of the paper)",
    )
    method: Mapped[str] = mapped_column(primary_key=True, comment="Scoring method, combination or baseline")
    condition: Mapped[str] = mapped_column(
        primary_key=True, comment="What was changed for it, as 'without tagger'; empty for the method as it is"
    )
    figure: Mapped[str] = mapped_column(primary_key=True, comment="Name of the figure, as average_precision")
    value: Mapped[float | None] = mapped_column(
        Double, comment="Its value; NULL where it is not defined or not reached"
    )
    low: Mapped[float | None] = mapped_column(Double, comment="Lower end of its 95 % bootstrap interval over proteins")
    high: Mapped[float | None] = mapped_column(Double, comment="Upper end of its 95 % bootstrap interval over proteins")


class EvaluationCandidate(Base):
    """A candidate as one method ranked it."""

    __tablename__ = "evaluation_candidate"
    __table_args__ = (
        one_of("protocol", EVALUATION_PROTOCOLS),
        span_check(),
        {"comment": "A candidate that a method left after overlap resolution, with its score and what it is"},
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, comment=_RUN)
    protocol: Mapped[str] = mapped_column(primary_key=True, comment=_PROTOCOL)
    method: Mapped[str] = mapped_column(primary_key=True, comment="Scoring method, combination or baseline")
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), primary_key=True, comment="The sequence")
    first_residue: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="First residue, 1-based")
    last_residue: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Last residue, inclusive")
    part: Mapped[str] = mapped_column(
        comment="Fold that the protein was held out with; in the paper's protocol training, validation or test"
    )
    score: Mapped[float] = mapped_column(
        Double, comment="Calibrated probability by heads that had not seen the family; raw for baselines and the paper"
    )
    verdict: Mapped[str] = mapped_column(comment="hit, error or unknown on truth A, or by the paper's rule")
    verdict_b: Mapped[str | None] = mapped_column(comment="The same on truth B; NULL where truth B says nothing")
