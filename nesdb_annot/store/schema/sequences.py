"""Motifs, and sequences by the digest of their residues."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, digest_check, identity


class Motif(Base):
    """What is looked for."""

    __tablename__ = "motif"
    __table_args__ = ({"comment": "A kind of short functional motif that this database annotates; NES is the first"},)

    key: Mapped[str] = mapped_column(primary_key=True, comment="Short name, e.g. NES")
    name: Mapped[str] = mapped_column(comment="Name in words")
    ontology_term: Mapped[str | None] = mapped_column(comment="Term of the Sequence Ontology, e.g. SO:0001531")


class Sequence(Base):
    """Residues, stored once however many proteins have them."""

    __tablename__ = "sequence"
    __table_args__ = (
        digest_check("sha256"),
        CheckConstraint("length = char_length(residues)", name="length_counts_residues"),
        {"comment": "A distinct amino acid sequence, identified by its residues; accessions only point here"},
    )

    id: Mapped[int] = identity("Surrogate key; differs between databases, unlike sha256")
    sha256: Mapped[str] = mapped_column(
        unique=True, comment="SHA-256 of the cleaned residues: the identity of a sequence"
    )
    md5: Mapped[str] = mapped_column(comment="MD5 of the cleaned residues: the checksum that UniProt publishes")
    length: Mapped[int] = mapped_column(comment="Number of residues")
    residues: Mapped[str] = mapped_column(comment="Cleaned residues: upper case, no white space, no trailing *")
