"""Experimentally studied sites, each with source, evidence and citation."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Sign, SiteKind
from .base import Base, identity, one_of, span_check


class ReferenceEntry(Base):
    """A protein with studied sites, as one source states it."""

    __tablename__ = "reference_entry"
    __table_args__ = (
        UniqueConstraint("motif", "source", "entry_id"),
        Index(None, "sequence_id"),
        {"comment": "A protein whose motif was studied by experiment, as one source (NESdb, UniProt, ...) states it"},
    )

    id: Mapped[int] = identity("Surrogate key")
    motif: Mapped[str] = mapped_column(ForeignKey("motif.key"), comment="Which motif was studied")
    source: Mapped[str] = mapped_column(
        comment="nesdb (its export), nesdb_site, uniprot, bundled (the demo's sample), or user:NAME"
    )
    entry_id: Mapped[str] = mapped_column(comment="Identifier of the entry within its source")
    accession: Mapped[str] = mapped_column(comment="Accession that the source gives")
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), comment="Sequence that the spans count on")
    sequence_version: Mapped[int | None] = mapped_column(comment="UniProt sequence version that the source gives")
    protein_name: Mapped[str | None] = mapped_column(comment="Name of the protein")
    gene: Mapped[str | None] = mapped_column(comment="Gene name")
    organism: Mapped[str | None] = mapped_column(comment="Organism")
    doubtful: Mapped[bool] = mapped_column(comment="Whether the source itself doubts the entry")
    evidence: Mapped[list[str]] = mapped_column(comment="The source's evidence statement, split into terms")
    citations: Mapped[list[str]] = mapped_column(comment="PMID:..., doi:... or free text")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that wrote this state of the entry")


class ReferenceMotif(Base):
    """One span of a reference entry and what is known of it."""

    __tablename__ = "reference_motif"
    __table_args__ = (
        one_of("kind", SiteKind),
        one_of("sign", Sign),
        span_check(),
        UniqueConstraint("reference_entry_id", "position"),
        {"comment": "A studied span of a reference entry: motif, tested non-motif or doubtful; kinds are never merged"},
    )

    id: Mapped[int] = identity("Surrogate key")
    reference_entry_id: Mapped[int] = mapped_column(
        ForeignKey("reference_entry.id", ondelete="CASCADE"), comment="The entry"
    )
    position: Mapped[int] = mapped_column(SmallInteger, comment="Place within the entry, from 1")
    kind: Mapped[str] = mapped_column(comment="functional_signal, peptide, export_mutation or binding_mutation")
    sign: Mapped[str] = mapped_column(comment="motif, non_motif (tested, and is none) or doubtful")
    first_residue: Mapped[int] = mapped_column(comment="First residue, 1-based")
    last_residue: Mapped[int] = mapped_column(comment="Last residue, inclusive")
    note: Mapped[str] = mapped_column(comment="What the source adds; empty if nothing")
