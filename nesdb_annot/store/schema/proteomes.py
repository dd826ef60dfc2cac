"""Proteomes, their releases, and which protein had which sequence in which of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ...records import AnnotationKind
from .base import Base, digest_check, identity, moment, one_of, span_check


class Proteome(Base):
    """A set of proteins that belong together."""

    __tablename__ = "proteome"
    __table_args__ = ({"comment": "A set of proteins that is released together, e.g. a UniProt proteome"},)

    id: Mapped[int] = identity("Surrogate key")
    name: Mapped[str] = mapped_column(unique=True, comment="UPID (UP000002311), or the user's own name")
    title: Mapped[str | None] = mapped_column(comment="Name in words, usually the organism")
    taxon_id: Mapped[int | None] = mapped_column(comment="NCBI taxonomy identifier")
    in_overall: Mapped[bool] = mapped_column(
        server_default=text("true"),
        comment="Whether nes.candidate_overall lists its candidates; false for the sample of nesannot demo",
    )


class Release(Base):
    """One state of a proteome."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("proteome_id", "name"),
        UniqueConstraint("proteome_id", "effective"),
        digest_check("content_digest"),
        {"comment": "A release of a proteome; releases are ordered by date, never by the order of ingestion"},
    )

    id: Mapped[int] = identity("Surrogate key")
    proteome_id: Mapped[int] = mapped_column(ForeignKey("proteome.id"), comment="The proteome released")
    name: Mapped[str] = mapped_column(comment="Name within the proteome, e.g. 2026_01")
    released: Mapped[date | None] = mapped_column(comment="Date of release; NULL if it is not known")
    effective: Mapped[date] = mapped_column(
        comment="Date that orders releases: released; for an undated one 0001-01-01 "
        "or the day after the newest before it"
    )
    proteins: Mapped[int] = mapped_column(comment="Number of proteins")
    content_digest: Mapped[str] = mapped_column(
        comment="SHA-256 over the digests of all records by accession: equal content, in whatever order, "
        "has an equal digest"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that ingested it")
    ingested_at: Mapped[datetime] = moment("When the ingest finished")


class Protein(Base):
    """An accession."""

    __tablename__ = "protein"
    __table_args__ = ({"comment": "A protein, known by its accession; everything said about it stands in membership"},)

    id: Mapped[int] = identity("Surrogate key")
    accession: Mapped[str] = mapped_column(unique=True, comment="Accession, for an isoform with its number (P12345-2)")


class Membership(Base):
    """What a proteome said about a protein, from one release until before another."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("proteome_id", "protein_id", "valid_from"),
        CheckConstraint("valid_to > valid_from", name="interval_in_order"),
        Index(None, "proteome_id", "sequence_id"),
        Index(None, "sequence_id"),
        Index(None, "protein_id"),
        {
            "comment": "Sequence and header of a protein within a proteome, "
            "valid in all releases from valid_from to valid_to"
        },
    )

    id: Mapped[int] = identity("Surrogate key")
    proteome_id: Mapped[int] = mapped_column(ForeignKey("proteome.id"), comment="The proteome that says so")
    protein_id: Mapped[int] = mapped_column(ForeignKey("protein.id"), comment="The protein")
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), comment="Its sequence")
    valid_from: Mapped[date] = mapped_column(comment="release.effective of the first release that says so")
    valid_to: Mapped[date | None] = mapped_column(
        comment="release.effective of the first later release that no longer says so; NULL if the newest still does"
    )
    isoform: Mapped[int | None] = mapped_column(
        SmallInteger, comment="Number of the isoform; NULL for the canonical one"
    )
    entry_name: Mapped[str | None] = mapped_column(comment="UniProt entry name (CET1_YEAST); not a stable key")
    reviewed: Mapped[bool | None] = mapped_column(comment="Whether it comes from Swiss-Prot")
    protein_name: Mapped[str | None] = mapped_column(comment="Recommended name of the protein")
    organism: Mapped[str | None] = mapped_column(comment="Organism as the header names it")
    taxon_id: Mapped[int | None] = mapped_column(comment="NCBI taxonomy identifier")
    gene: Mapped[str | None] = mapped_column(comment="Gene name")
    existence: Mapped[int | None] = mapped_column(SmallInteger, comment="UniProt's protein existence level, 1 to 5")
    sequence_version: Mapped[int | None] = mapped_column(comment="UniProt's sequence version; isoforms have none")
    fragment: Mapped[bool] = mapped_column(comment="Whether the sequence is a fragment")
    header: Mapped[str] = mapped_column(comment="Raw header without >; empty if the source had none")


class Annotation(Base):
    """What UniProt says about a protein."""

    __tablename__ = "annotation"
    __table_args__ = (
        one_of("kind", AnnotationKind),
        span_check(),
        CheckConstraint("(first_residue IS NULL) = (last_residue IS NULL)", name="span_whole"),
        Index(None, "protein_id"),
        Index(None, "kind", "identifier"),
        {"comment": "UniProt's statements about a protein: locations, keywords, GO terms, features with their spans"},
    )

    id: Mapped[int] = identity("Surrogate key")
    protein_id: Mapped[int] = mapped_column(ForeignKey("protein.id"), comment="The protein")
    kind: Mapped[str] = mapped_column(comment="Part of the UniProt entry: location, keyword, go or feature")
    identifier: Mapped[str] = mapped_column(comment="SL-0191, KW-0539, GO:0005634; for a feature its key, e.g. MOTIF")
    text: Mapped[str] = mapped_column(comment="Name of the term, or note of the feature")
    first_residue: Mapped[int | None] = mapped_column(comment="First residue of a feature, 1-based")
    last_residue: Mapped[int | None] = mapped_column(comment="Last residue of a feature, inclusive")
    evidence: Mapped[list[str]] = mapped_column(comment="ECO codes, each with its source where one is given")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that ingested it")
