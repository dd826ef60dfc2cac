"""The frozen nouns that pass between the floors of this package.

A record holds values only; it never opens a file, a model or a database. Spans are 1-based inclusive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from . import motifs
from .relation import TrainingRelation
from .residues import ResidueSpan, sequence_digest

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode

NES = motifs.NES.key
"""Key of the first motif that this package annotates: the classical nuclear export signal bound by CRM1/XPO1."""


def json_text(values: Mapping[str, Json]) -> str:
    """Return `values` as compact JSON, and no text at all for no values.

    Example:
        >>> json_text({"class": "1a"}), json_text({})
        ('{"class":"1a"}', '')
    """
    return _encode(values) if values else ""


def digest_of(value: object) -> str:
    """SHA-256 over the canonical JSON of `value` (sorted keys), 64 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a proteome; releases are ordered by date, never by the order in which they were ingested."""

    name: str
    released: date | None = None


@dataclass(frozen=True, slots=True)
class ProteinRecord:
    """One protein as its source states it. `residues` are cleaned; `header` is the raw header without ``>``."""

    accession: str
    residues: str
    header: str = ""
    line: int = 0
    isoform: int | None = None
    entry_name: str | None = None
    reviewed: bool | None = None
    protein_name: str | None = None
    organism: str | None = None
    taxon_id: int | None = None
    gene: str | None = None
    existence: int | None = None
    sequence_version: int | None = None
    fragment: bool = False

    @property
    def digest(self) -> str:
        """Digest of the residues."""
        return sequence_digest(self.residues)


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was refused, and why. `line` is 1-based; 0 where the source has no lines."""

    source: str
    line: int
    accession: str
    reason: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Repeat(Reject):
    """A record that is equal to an earlier one of its source: both are one, and nothing is lost."""


class Sign(StrEnum):
    """What a reference says about its span."""

    MOTIF = "motif"
    NON_MOTIF = "non_motif"
    DOUBTFUL = "doubtful"


class SiteKind(StrEnum):
    """What kind of statement a reference makes; the kinds are never merged."""

    FUNCTIONAL_SIGNAL = "functional_signal"
    PEPTIDE = "peptide"
    EXPORT_MUTATION = "export_mutation"
    BINDING_MUTATION = "binding_mutation"


@dataclass(frozen=True, slots=True)
class ReferenceSite:
    """One span of a reference entry and what is known of it."""

    kind: SiteKind
    span: ResidueSpan
    sign: Sign
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """A protein with experimentally studied sites, as one source states it.

    Attributes:
        source: ``nesdb`` (its export), ``nesdb_site``, ``uniprot``, ``bundled``, or ``user:NAME``.
        entry_id: the entry's identifier within its source.
        evidence: the source's evidence statement, split into terms.
        citations: ``PMID:...``, ``doi:...`` or free text.
    """

    source: str
    entry_id: str
    accession: str
    residues: str
    sites: tuple[ReferenceSite, ...]
    doubtful: bool = False
    sequence_version: int | None = None
    protein_name: str | None = None
    gene: str | None = None
    organism: str | None = None
    evidence: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    motif: str = NES

    @property
    def digest(self) -> str:
        """Digest of the residues."""
        return sequence_digest(self.residues)


class AnnotationKind(StrEnum):
    """Which part of a UniProt entry an annotation comes from."""

    LOCATION = "location"
    KEYWORD = "keyword"
    GO = "go"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What UniProt says about a protein or a span of it.

    Attributes:
        identifier: ``SL-0191``, ``KW-0539``, ``GO:0005634``; for a feature its key (``MOTIF``, ``SIGNAL``, ...).
        text: the name or note.
        evidence: ECO codes, with their source where one is given (``ECO:0000269|PubMed:12345``).
    """

    accession: str
    kind: AnnotationKind
    identifier: str
    text: str
    span: ResidueSpan | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageModelIdentity:
    """What an embedding depends on. `long_rule` names how proteins longer than one pass are treated."""

    name: str
    layer: int
    dimension: int
    weights_sha256: str
    long_rule: str

    @property
    def digest(self) -> str:
        """Digest of all fields."""
        return digest_of([self.name, self.layer, self.dimension, self.weights_sha256, self.long_rule])


@dataclass(frozen=True, slots=True)
class SegmentationIdentity:
    """What a set of segments depends on, besides the embedding."""

    algorithm: str
    version: int
    parameters: Mapping[str, Json] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Digest of all fields."""
        return digest_of([self.algorithm, self.version, dict(self.parameters)])


@dataclass(frozen=True, slots=True)
class MethodIdentity:
    """What a score depends on, besides segment and embedding. `training_digest` is empty for untrained methods."""

    name: str
    version: int
    parameters: Mapping[str, Json] = field(default_factory=dict)
    training_digest: str = ""

    @property
    def digest(self) -> str:
        """Digest of all fields."""
        return digest_of([self.name, self.version, dict(self.parameters), self.training_digest])


@dataclass(frozen=True, slots=True)
class MethodScore:
    """One method's verdict on one segment.

    Attributes:
        raw: the method's own scale.
        calibrated: probability that the segment holds a motif, in the population stated by the calibration.
        evidence: facts that the number rests on (pattern and core positions, nearest references, contributions), as the
            text of a JSON object, which is how they travel and are stored; empty if there are none.
    """

    method: str
    raw: float
    calibrated: float
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class ScoredSegment:
    """A candidate as it is stored.

    Attributes:
        span: of the refined candidate.
        pooled: its pooled embedding, float16 little-endian.
        first_stage: log-odds of the combination before competing candidates are looked at.
        competition: what competing candidates of the same protein take from these log-odds.
        scores: of every method, the combination last.
    """

    span: ResidueSpan
    pooled: bytes
    first_stage: float
    competition: float
    scores: tuple[MethodScore, ...]


@dataclass(frozen=True, slots=True)
class ScoredSequence:
    """All stored segments of one sequence.

    Attributes:
        cargo: log-odds that the protein is a cargo, at the share of cargoes that stored probabilities are for; None if
            it has no candidate.
        error: why scoring the sequence failed; empty if it did not.
        training: relation to the proteins that the methods were trained on; None where scoring failed.
    """

    digest: str
    segments: tuple[ScoredSegment, ...] = ()
    cargo: float | None = None
    error: str = ""
    training: TrainingRelation | None = None

    def __reduce__(self) -> tuple[Callable[..., ScoredSequence], tuple[Any, ...]]:
        """Return a few lists that stand for the sequence between processes: its objects would cost ten times that."""
        kept: dict[tuple[str, ...], tuple[str, ...]] = {}
        rows = []
        for one in self.segments:
            names = tuple([score.method for score in one.scores])
            values = [v for s in one.scores for v in (s.raw, s.calibrated, s.evidence)]
            ends = (one.span.first, one.span.last)
            rows.append((*ends, one.pooled, one.first_stage, one.competition, kept.setdefault(names, names), values))
        return _unpacked, (self.digest, self.cargo, self.error, self.training, rows)


def _unpacked(
    digest: str, cargo: float | None, error: str, training: TrainingRelation | None, rows: list[tuple[Any, ...]]
) -> ScoredSequence:
    segments = []
    for first, last, pooled, first_stage, competition, names, values in rows:
        scores = tuple(map(MethodScore, names, values[::3], values[1::3], values[2::3]))
        segments.append(ScoredSegment(ResidueSpan(first, last), pooled, first_stage, competition, scores))
    return ScoredSequence(digest, tuple(segments), cargo, error, training)
