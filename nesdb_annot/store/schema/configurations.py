"""What a score depends on: language model, segmentation, methods, head set, and their combination."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from .base import Base, digest_check, identity, moment


class LanguageModel(Base):
    """A protein language model at one layer."""

    __tablename__ = "language_model"
    __table_args__ = (
        digest_check("digest"),
        {"comment": "A protein language model, its layer, its weights and how it treats long proteins"},
    )

    id: Mapped[int] = identity("Surrogate key")
    digest: Mapped[str] = mapped_column(unique=True, comment="SHA-256 over all that an embedding depends on")
    name: Mapped[str] = mapped_column(comment="Name of the model")
    layer: Mapped[int] = mapped_column(SmallInteger, comment="Layer whose output is the embedding")
    dimension: Mapped[int] = mapped_column(comment="Numbers per residue")
    weights_sha256: Mapped[str] = mapped_column(comment="SHA-256 of the file of weights")
    long_rule: Mapped[str] = mapped_column(comment="How proteins longer than one pass are treated")


class Segmentation(Base):
    """An algorithm that cuts sequences into candidate segments."""

    __tablename__ = "segmentation"
    __table_args__ = (
        digest_check("digest"),
        {"comment": "An algorithm that cuts sequences into candidate segments, with its parameters"},
    )

    id: Mapped[int] = identity("Surrogate key")
    digest: Mapped[str] = mapped_column(unique=True, comment="SHA-256 over algorithm, version and parameters")
    algorithm: Mapped[str] = mapped_column(comment="Name of the algorithm")
    version: Mapped[int] = mapped_column(SmallInteger, comment="Version of the algorithm")
    parameters: Mapped[dict[str, Json]] = mapped_column(comment="Parameters by name")


class Method(Base):
    """A scoring method."""

    __tablename__ = "method"
    __table_args__ = (
        UniqueConstraint("motif", "digest"),
        digest_check("digest"),
        {"comment": "A method that scores segments, with its parameters and what it was trained on"},
    )

    id: Mapped[int] = mapped_column(SmallInteger, Identity(always=True), primary_key=True, comment="Surrogate key")
    motif: Mapped[str] = mapped_column(ForeignKey("motif.key"), comment="Which motif it scores")
    digest: Mapped[str] = mapped_column(comment="SHA-256 over name, version, parameters and training set")
    name: Mapped[str] = mapped_column(comment="consensus, similarity, neural, biochemical, combined, ...")
    version: Mapped[int] = mapped_column(SmallInteger, comment="Version of the method")
    parameters: Mapped[dict[str, Json]] = mapped_column(comment="Parameters by name")
    training_digest: Mapped[str] = mapped_column(comment="SHA-256 of what it was trained on; empty if untrained")


class HeadSet(Base):
    """The trained artefact of one language model."""

    __tablename__ = "head_set"
    __table_args__ = (
        digest_check("digest"),
        {"comment": "Trained heads, calibrations, operating points and reference vectors for one language model"},
    )

    id: Mapped[int] = identity("Surrogate key; the newest one of a language model is in use")
    digest: Mapped[str] = mapped_column(unique=True, comment="SHA-256 of the payload")
    motif: Mapped[str] = mapped_column(ForeignKey("motif.key"), comment="Which motif it detects")
    name: Mapped[str] = mapped_column(comment="Name for people")
    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"), comment="Whose embeddings it reads")
    references_digest: Mapped[str] = mapped_column(comment="SHA-256 of the references that it was fitted on")
    payload: Mapped[bytes] = mapped_column(
        LargeBinary, comment="safetensors with JSON metadata; no pickle, no sequences"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that trained or loaded it")
    saved_at: Mapped[datetime] = moment("When it was saved")


class Configuration(Base):
    """All that a score depends on besides the sequence."""

    __tablename__ = "configuration"
    __table_args__ = (
        digest_check("digest"),
        {"comment": "Language model x segmentation x methods x head set: all that a score depends on but the sequence"},
    )

    id: Mapped[int] = mapped_column(
        Integer,
        Identity(always=True),
        primary_key=True,
        comment="Surrogate key; names the partitions segment_c<id>, ...",
    )
    digest: Mapped[str] = mapped_column(unique=True, comment="SHA-256 over the digests of its parts")
    motif: Mapped[str] = mapped_column(ForeignKey("motif.key"), comment="Which motif is scored")
    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"), comment="Its language model")
    segmentation_id: Mapped[int] = mapped_column(ForeignKey("segmentation.id"), comment="Its segmentation")
    head_set_digest: Mapped[str] = mapped_column(comment="Digest of its head set; empty if it has none")
    created_at: Mapped[datetime] = moment("When it was first used")
    selector_digest: Mapped[str | None] = mapped_column(
        comment="SHA-256 over all that decides which candidates are stored and how they compete; "
        "NULL before schema 0010"
    )


class ConfigurationMethod(Base):
    """Which methods a configuration has."""

    __tablename__ = "configuration_method"
    __table_args__ = (
        UniqueConstraint("configuration_id", "name"),
        {"comment": "The methods of a configuration; of each name it has one"},
    )

    configuration_id: Mapped[int] = mapped_column(
        ForeignKey("configuration.id", ondelete="CASCADE"), primary_key=True, comment="The configuration"
    )
    method_id: Mapped[int] = mapped_column(ForeignKey("method.id"), primary_key=True, comment="The method")
    name: Mapped[str] = mapped_column(comment="Name of the method")


class VectorIndex(Base):
    """The newest file of stored vectors of a configuration."""

    __tablename__ = "vector_index"
    __table_args__ = (
        digest_check("sha256"),
        CheckConstraint("vectors >= 0", name="vectors_not_negative"),
        {
            "comment": "The newest file of stored vectors of a configuration; a cache that is read only if its digest "
            "is this one"
        },
    )

    configuration_id: Mapped[int] = mapped_column(
        ForeignKey("configuration.id", ondelete="CASCADE"), primary_key=True, comment="The configuration"
    )
    sha256: Mapped[str] = mapped_column(comment="SHA-256 of the file, which also names it")
    vectors: Mapped[int] = mapped_column(BigInteger, comment="Number of vectors in the file")
    built_at: Mapped[datetime] = moment("When the file was written")
