"""What changed from release to release, and what UniProt says about accessions that it no longer has."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ...records import Json
from .base import Base, identity, moment, one_of


class ChangeKind(StrEnum):
    """The ten kinds of change that a re-annotation tells apart; of each protein and release there is one."""

    NEW_SEQUENCE_VERSION = "new_sequence_version"
    MERGED = "merged"
    DEMERGED = "demerged"
    DELETED = "deleted"
    NEW = "new"
    MOVED = "moved"
    METADATA = "metadata"
    ISOFORM_SWITCH = "isoform_switch"
    MOTIF_CURATION = "motif_curation"
    PIPELINE = "pipeline"


class ChangeBasis(StrEnum):
    """What says so: the first two are stated by UniProt, the rest is concluded here."""

    SECONDARY_ACCESSION = "secondary_accession"
    INACTIVE_ENTRY = "inactive_entry"
    SAME_SEQUENCE = "same_sequence"
    COMPARISON = "comparison"
    REFERENCES = "references"
    CONFIGURATION = "configuration"


class Fate(StrEnum):
    """What became of an accession that is no longer a primary one."""

    MERGED = "merged"
    DEMERGED = "demerged"
    DELETED = "deleted"


class Change(Base):
    """One change, and what says so."""

    __tablename__ = "change"
    __table_args__ = (
        one_of("kind", ChangeKind),
        one_of("basis", ChangeBasis),
        CheckConstraint("(kind = 'pipeline') = (new_configuration_id IS NOT NULL)", name="pipeline_has_configuration"),
        CheckConstraint("(kind = 'pipeline') = (accession IS NULL)", name="all_but_pipeline_have_accession"),
        CheckConstraint("(kind = 'motif_curation') = (release_id IS NULL)", name="all_but_curation_have_release"),
        Index(None, "release_id", "kind"),
        Index(None, "accession"),
        {
            "comment": "What changed: proteins from one release of a proteome to the next, reference motifs, the "
            "pipeline; one row for each protein and release. Made again whenever the releases beside it change"
        },
    )

    id: Mapped[int] = identity("Surrogate key")
    kind: Mapped[str] = mapped_column(
        comment="new_sequence_version, merged, demerged, deleted, new, moved (TrEMBL to Swiss-Prot or back), metadata "
        "(same sequence), isoform_switch (another isoform became the canonical one), motif_curation, pipeline"
    )
    proteome_id: Mapped[int | None] = mapped_column(
        ForeignKey("proteome.id"), comment="The proteome; NULL for references"
    )
    release_id: Mapped[int | None] = mapped_column(
        ForeignKey("release.id", ondelete="CASCADE"), comment="The release that brought it; NULL for references"
    )
    accession: Mapped[str | None] = mapped_column(comment="The protein; NULL if the pipeline changed")
    successors: Mapped[list[str]] = mapped_column(
        ARRAY(Text),
        comment="Accessions that took its place (merged, demerged), that have its sequence now (deleted), "
        "or whose place it took (new)",
    )
    old_sequence_id: Mapped[int | None] = mapped_column(ForeignKey("sequence.id"), comment="Its sequence before")
    new_sequence_id: Mapped[int | None] = mapped_column(
        ForeignKey("sequence.id"), comment="Its sequence since, or that of its first successor; NULL if it is gone"
    )
    old_configuration_id: Mapped[int | None] = mapped_column(
        ForeignKey("configuration.id"), comment="Configuration that ranked before, if the pipeline changed"
    )
    new_configuration_id: Mapped[int | None] = mapped_column(
        ForeignKey("configuration.id"), comment="Configuration that ranks since, if the pipeline changed"
    )
    basis: Mapped[str] = mapped_column(
        comment="What says so: secondary_accession or inactive_entry (UniProt), same_sequence, comparison (of the "
        "two releases), references, configuration"
    )
    facts: Mapped[dict[str, Json]] = mapped_column(
        comment="Details by name: fields that differ with both values, sites added and removed, reason of a deletion"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that found it")
    recorded_at: Mapped[datetime] = moment("When it was recorded")


class FormerAccession(Base):
    """What UniProt says about an accession that is no longer a primary one."""

    __tablename__ = "former_accession"
    __table_args__ = (
        one_of("fate", Fate),
        one_of("basis", (ChangeBasis.SECONDARY_ACCESSION, ChangeBasis.INACTIVE_ENTRY)),
        CheckConstraint("(fate = 'deleted') = (present = '')", name="deleted_has_no_successor"),
        {"comment": "Statements of UniProt about accessions that are no longer primary ones: where they went"},
    )

    former: Mapped[str] = mapped_column(primary_key=True, comment="The accession that is secondary or gone")
    present: Mapped[str] = mapped_column(
        primary_key=True, server_default=text("''"), comment="Accession that took its place; empty if none did"
    )
    fate: Mapped[str] = mapped_column(comment="merged, demerged or deleted; a secondary accession is taken for merged")
    basis: Mapped[str] = mapped_column(comment="secondary_accession (AC line) or inactive_entry (REST answer)")
    reason: Mapped[str] = mapped_column(comment="Reason that UniProt gives; empty if none")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="Run that read it")
