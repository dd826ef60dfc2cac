"""Rankings: the candidates of one release under one configuration in their final order, ready to read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ARRAY, REAL, BigInteger, Double, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from .base import Base, identity, moment


class Ranking(Base):
    """How and when a release was ranked."""

    __tablename__ = "ranking"
    __table_args__ = (
        UniqueConstraint("proteome_id", "release_id", "configuration_id"),
        {"comment": "A ranking of a release under a configuration; rebuilt and swapped in one transaction"},
    )

    id: Mapped[int] = identity("Surrogate key")
    motif: Mapped[str] = mapped_column(ForeignKey("motif.key"), comment="Which motif is ranked")
    proteome_id: Mapped[int] = mapped_column(ForeignKey("proteome.id"), comment="The proteome")
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id", ondelete="CASCADE"), comment="Its release")
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"), comment="The configuration")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that ranked")
    logit_shift: Mapped[float] = mapped_column(
        Double,
        comment="The prior: added to the log-odds of each protein to be a cargo, which are those where one in ten is",
    )
    minimum_probability: Mapped[float | None] = mapped_column(
        Double, comment="Candidates below it are not listed; NULL if all are"
    )
    candidates: Mapped[int] = mapped_column(comment="Number of ranked candidates")
    decoys: Mapped[str | None] = mapped_column(
        comment="Where q-values come from: shuffled, or a proteome without CRM1; NULL if there are none"
    )
    is_current: Mapped[bool] = mapped_column(
        comment="Whether nes.candidate shows it: the newest complete ranking of the newest release that has one; "
        "without any, the newest partial one"
    )
    ranked_at: Mapped[datetime] = moment("When it was made")
    sequences: Mapped[int] = mapped_column(comment="Distinct sequences of the release")
    scored: Mapped[int] = mapped_column(comment="Sequences of the release that had scores when it was ranked")
    failed: Mapped[int] = mapped_column(
        comment="Sequences of the release that had finally failed: tried three times, without scores"
    )


class RankedSegment(Base):
    """A candidate in its place."""

    __tablename__ = "ranked_segment"
    __table_args__ = (
        Index("ix_ranked_segment_proteome_rank", "proteome", "rank", postgresql_where=text("is_current")),
        Index(
            "ix_ranked_segment_overall",
            text("probability DESC"),
            "rank",
            "ranking_id",
            postgresql_where=text("is_current"),
        ),
        Index(None, "sequence_id"),
        Index(None, "membership_id"),
        {
            "comment": "A ranked candidate. Repeats what is read together (proteome, span, scores), so that a page of "
            "candidates is one index scan; made from the other tables and made again at any time"
        },
    )

    ranking_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ranking.id", ondelete="CASCADE"), primary_key=True, comment="The ranking"
    )
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Place, from 1")
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), comment="The sequence")
    membership_id: Mapped[int] = mapped_column(BigInteger, comment="The protein that stands for all with this sequence")
    first_residue: Mapped[int] = mapped_column(comment="First residue, 1-based")
    last_residue: Mapped[int] = mapped_column(comment="Last residue, inclusive")
    segment: Mapped[int] = mapped_column(SmallInteger, comment="Number of the segment within the sequence")
    is_current: Mapped[bool] = mapped_column(comment="As in ranking")
    probability: Mapped[float] = mapped_column(REAL, comment="Calibrated combined score under the ranking's prior")
    q_value: Mapped[float | None] = mapped_column(
        REAL, comment="Expected share of false positives among candidates with as high a combined score"
    )
    scores: Mapped[dict[str, Json]] = mapped_column(
        comment="Calibrated score of each method, by name, before the prior"
    )
    combined: Mapped[float | None] = mapped_column(
        REAL, comment="Calibrated score of all methods together, where one protein in ten is a cargo"
    )
    cargo: Mapped[float | None] = mapped_column(
        REAL,
        comment="Probability that the protein is a cargo of CRM1, under the prior; NULL before schema 0008",
    )
    proteome: Mapped[str] = mapped_column(comment="Name of the proteome")
    nes_class: Mapped[str | None] = mapped_column(
        comment="Pattern class of the best consensus match; NULL if none matches"
    )
    core_positions: Mapped[list[int] | None] = mapped_column(
        ARRAY(Integer), comment="Positions of its hydrophobic core residues, 1-based, ascending"
    )
    e_value: Mapped[float | None] = mapped_column(
        REAL, comment="Expected number of decoy candidates that score as high in a sequence of this length"
    )
