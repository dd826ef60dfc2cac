"""What a UniProtKB entry means to us, whatever file it came in.

The grammars are in `uniprot_json`, `uniprot_tsv` and `uniprot_flat`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..former import FormerAccession
from ..identifiers import ACCESSION_PATTERN, MAXIMUM_IDENTIFIER
from ..records import Annotation, AnnotationKind, ProteinRecord, ReferenceEntry, ReferenceSite, Reject, Sign, SiteKind
from ..residues import ResidueError, ResidueSpan, clean_residues

SOURCE = "uniprot"
FEATURES = ("MOTIF", "SIGNAL", "TRANSMEM", "COILED")
"""Feature keys that are kept."""

NES_NOTE = "nuclear export signal"
"""What the note of a MOTIF feature begins with, in any case, if it annotates an NES; the rest of the note varies."""

EXPERIMENTAL = "ECO:0000269"
"""Evidence code: experimental evidence used in manual assertion."""

PREDICTED = ("ECO:0000255", "ECO:0000256")
"""Evidence codes: match to a sequence model, in manual and in automatic assertion."""

LONGEST_NES = 45
"""Residues; a longer region holds an NES somewhere, and nothing is concluded from it."""

_EXACT = re.compile(r"(\d+)(?:\.\.(\d+))?")
_BRACES = re.compile(r" ?\{([^{}]*)\}")
_ISOFORM_SCOPE = re.compile(r"^\[[^\]]*\]:\s*")
_LOCATION_END = re.compile(r"\.(?:\s+|$)")
_PUBMED = re.compile(r"\|\s*PubMed:(\d+)")


@dataclass(frozen=True, slots=True)
class UniprotEntry:
    """A UniProtKB entry.

    Attributes:
        secondary: accessions that were merged into this one, where the format has them (JSON, flat file).
        record: None where the file gives no sequence (REST TSV without that column): annotations only.
        annotations: locations, keywords, GO terms, and the features of `FEATURES`. Where a file gives names without
            identifiers (keywords and locations in TSV and flat files), the identifier is the name.
    """

    accession: str
    record: ProteinRecord | None
    annotations: tuple[Annotation, ...]
    secondary: tuple[str, ...] = ()

    @property
    def former(self) -> tuple[FormerAccession, ...]:
        """What the entry says about accessions that are no longer primary ones."""
        return tuple(
            FormerAccession(one, self.accession, "merged", "secondary_accession") for one in self.secondary
        )


def parse_location(text: str) -> ResidueSpan:
    """Span of a feature, from ``187..195`` or ``273``.

    Raises:
        ValueError: for uncertain ends (``<1..20``, ``?..20``) and for positions on another isoform (``P04637-2:5..9``).
    """
    match = _EXACT.fullmatch(text.strip())
    if not match:
        raise ValueError(f"position {text.strip()!r} is uncertain, or on another isoform")
    first = int(match.group(1))
    return ResidueSpan(first, int(match.group(2) or first))


def split_evidences(text: str) -> tuple[str, ...]:
    """Evidence from ``ECO:0000255|HAMAP-Rule:MF_04065, ECO:0000269|PubMed:19906916``."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def without_evidence(text: str) -> str:
    """The text without its evidence in braces."""
    return _BRACES.sub("", text).strip()


def parse_locations(comment: str) -> list[tuple[str, tuple[str, ...]]]:
    """Locations and their evidence from the text of a SUBCELLULAR LOCATION comment, without its note.

    Example:
        >>> parse_locations("Host nucleus {ECO:0000269|PubMed:1}. Cell membrane; Single-pass membrane protein. Note=x.")
        [('Host nucleus', ('ECO:0000269|PubMed:1',)), ('Cell membrane', ())]
    """
    text = comment.replace("SUBCELLULAR LOCATION:", "").partition("Note=")[0].strip()
    found: dict[str, tuple[str, ...]] = {}
    for part in _LOCATION_END.split(text):
        location = _ISOFORM_SCOPE.sub("", part.strip()).partition(";")[0]
        evidence = tuple(code for group in _BRACES.findall(part) for code in split_evidences(group))
        name = without_evidence(location)
        if name:
            found[name] = tuple(dict.fromkeys(found.get(name, ()) + evidence))
    return list(found.items())


@dataclass(slots=True)
class EntryBuilder:
    """Collects one entry; a feature that cannot be placed becomes a `Reject` and the rest stays."""

    source: str
    accession: str
    residues: str | None = None
    line: int = 0
    annotations: dict[Annotation, None] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def refuse(self, field_name: str, reason: str) -> None:
        """Note that something cannot be used."""
        self.rejects.append(Reject(self.source, self.line, self.accession, reason, field_name))

    def note(self, kind: AnnotationKind, identifier: str, text: str, evidence: Iterable[str] = ()) -> None:
        """An annotation of the whole protein; one that was noted before is not noted twice.

        An identifier of more than `MAXIMUM_IDENTIFIER` characters is refused.
        """
        if len(identifier) > MAXIMUM_IDENTIFIER:
            self.refuse(kind.value, f"{identifier[:40]!r}... is longer than {MAXIMUM_IDENTIFIER} characters")
            return
        self.annotations[Annotation(self.accession, kind, identifier, text, None, tuple(evidence))] = None

    def feature(self, key: str, location: str, text: str, evidence: Iterable[str] = ()) -> None:
        """A feature, if its key is one of `FEATURES`."""
        if key not in FEATURES:
            return
        try:
            span = parse_location(location)
            if self.residues is not None:
                span.of(self.residues)
        except ValueError as error:
            self.refuse(key, str(error))
            return
        kind = AnnotationKind.FEATURE
        self.annotations[Annotation(self.accession, kind, key, text, span, tuple(evidence))] = None

    def entry(self, record: ProteinRecord | None, secondary: Iterable[str] = ()) -> UniprotEntry:
        """The finished entry; of `secondary` what is no accession is left out."""
        former = tuple(one for one in secondary if ACCESSION_PATTERN.fullmatch(one) and one != self.accession)
        return UniprotEntry(self.accession, record, tuple(self.annotations), former)


def whole_number(value: object) -> int | None:
    """A taxon identifier or a sequence version, from a number or its digits; None if it can be neither."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def checked_residues(source: str, line: int, accession: str, residues: str) -> str | Reject:
    """Cleaned residues, or why the entry is refused."""
    if not ACCESSION_PATTERN.fullmatch(accession):
        return Reject(source, line, accession[:40], f"{accession[:40]!r} is no UniProtKB accession", "accession")
    try:
        return clean_residues(residues)
    except ResidueError as error:
        return Reject(source, line, accession, str(error), "residues")


def _site(annotation: Annotation) -> ReferenceSite | None:
    is_nes = annotation.identifier == "MOTIF" and annotation.text.lower().startswith(NES_NOTE)
    codes = annotation.evidence
    if not is_nes or annotation.span is None or (codes and all(code.startswith(PREDICTED) for code in codes)):
        return None
    is_clear = any(code.startswith(EXPERIMENTAL) for code in codes) and len(annotation.span) <= LONGEST_NES
    sign = Sign.MOTIF if is_clear else Sign.DOUBTFUL
    return ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, annotation.span, sign, annotation.text)


def nes_reference(
    entry: UniprotEntry, residues_of: Callable[[str], str | None] | None = None
) -> ReferenceEntry | Reject | None:
    """The NESs that UniProt annotates in a protein; None if it annotates none.

    A site is a `Sign.MOTIF` only with experimental evidence (ECO:0000269) and at most `LONGEST_NES` residues. NESs by
    similarity (ECO:0000250), by an author's statement or without a code are `Sign.DOUBTFUL`. An NES that rests on
    sequence models only (`PREDICTED`) is left out. The entry is doubtful if all of its sites are.

    Args:
        entry: as a reader gave it.
        residues_of: looks an accession up where the entry came without its sequence; what is not found is rejected.
    """
    pairs = [(site, annotation) for annotation in entry.annotations if (site := _site(annotation))]
    if not pairs:
        return None
    record = entry.record
    residues = record.residues if record else (residues_of(entry.accession) if residues_of else None)
    if residues is None:
        return Reject(SOURCE, 0, entry.accession, "no sequence is known for this accession", "accession")
    sites = tuple(site for site, _ in pairs)
    behind = next((site.span for site in sites if site.span.last > len(residues)), None)
    if behind:
        reason = f"span {behind} ends behind the sequence of {len(residues)} residues"
        return Reject(SOURCE, 0, entry.accession, reason, "MOTIF")
    evidence = tuple(dict.fromkeys(code for _, annotation in pairs for code in annotation.evidence))
    citations = tuple(dict.fromkeys(f"PMID:{number}" for code in evidence for number in _PUBMED.findall(code)))
    return ReferenceEntry(
        source=SOURCE,
        entry_id=entry.accession,
        accession=entry.accession,
        residues=residues,
        sites=sites,
        doubtful=all(site.sign is Sign.DOUBTFUL for site in sites),
        sequence_version=record.sequence_version if record else None,
        protein_name=record.protein_name if record else None,
        gene=record.gene if record else None,
        organism=record.organism if record else None,
        evidence=evidence,
        citations=citations,
    )
