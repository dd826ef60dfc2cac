"""What NESdb's fields mean, shared by the reader of its export and the reader of its pages."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from ..records import ReferenceEntry, ReferenceSite, Reject, Sign, SiteKind
from ..residues import ResidueSpan
from .uniprot_header import parse_header

EXPORT, SITE = "nesdb", "nesdb_site"
"""Sources of entries: an export of NESdb, and its site. They are compared with their own earlier state only."""

NOT_STATED = frozenset({"", "unknown", "none", "not known", "n/a", "[]", "-"})
_ENTRY_ID = re.compile(r"\s*(\d{1,9})\)")
_SEPARATOR = re.compile(r",\s+|;\s+|\n+")


def parse_entry_name(text: str) -> tuple[str, str] | None:
    """Name and NES ID; None if there is no ID.

    Example:
        >>> parse_entry_name("ATF-2 (NES ID: 208)")
        ('ATF-2', '208')
    """
    name, _, rest = text.strip().rpartition("(NES ID:")
    match = _ENTRY_ID.fullmatch(rest)
    return (name.strip(), match.group(1)) if match else None


def is_stated(text: str) -> bool:
    """Whether a field says anything: ``Unknown``, ``None`` and the like do not."""
    return text.strip().lower() not in NOT_STATED


def split_evidence(text: str) -> tuple[str, ...]:
    r"""Evidence terms; the site separates them by comma and no-break space.

    Example:
        >>> split_evidence("LMB Sensitive, \xa0Binds CRM1"), split_evidence("Unknown")
        (('LMB Sensitive', 'Binds CRM1'), ())
    """
    terms = (term.strip() for term in _SEPARATOR.split(text))
    return tuple(dict.fromkeys(term for term in terms if is_stated(term)))


@lru_cache(maxsize=1)
def _unlisted_sites() -> tuple[dict[str, str], ...]:
    """Rows of the table of NESs that another database curates and NESdb does not list."""
    lines = (files(__package__) / "nesdb_unlisted.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


@dataclass(slots=True)
class EntryDraft:
    """One NESdb entry while it is read: sites are checked as they come, what does not fit becomes a `Reject`."""

    source: str
    where: str
    line: int
    entry_id: str
    header: str
    residues: str
    doubtful: bool
    protein_name: str | None = None
    organism: str | None = None
    evidence: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    rejects: list[Reject] = field(default_factory=list)
    _sites: dict[tuple[SiteKind, ResidueSpan], ReferenceSite] = field(default_factory=dict)

    @property
    def accession(self) -> str:
        """From the FASTA header."""
        header = parse_header(self.header)
        return header.accession if header else ""

    def refuse(self, field_name: str, reason: str, line: int | None = None) -> None:
        """Note that a field cannot be used; the rest of the entry stays."""
        label = f"NES ID {self.entry_id}: {reason}"
        self.rejects.append(Reject(self.where, self.line if line is None else line, self.accession, label, field_name))

    def add(self, kind: SiteKind, field_name: str, span: ResidueSpan, note: str = "") -> None:
        """One site; refused if it ends behind the sequence, merged if it was stated before."""
        if span.last > len(self.residues):
            self.refuse(field_name, f"range {span} ends behind the sequence of {len(self.residues)} residues")
            return
        sign = Sign.DOUBTFUL if self.doubtful else Sign.MOTIF
        self._sites.setdefault((kind, span), ReferenceSite(kind, span, sign, note))

    def _unlisted(self) -> list[ReferenceSite]:
        """Doubtful sites where another database curates an NES of this protein that NESdb does not list."""
        sites = []
        for row in _unlisted_sites():
            span = ResidueSpan(int(row["first"]), int(row["last"]))
            if row["accession"] == self.accession and self.residues[span.as_slice()] == row["peptide"]:
                sites.append(ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, span, Sign.DOUBTFUL, row["note"]))
        return sites

    def entry(self) -> ReferenceEntry:
        """The finished entry: its sites as they were added, then those of `nesdb_unlisted.tsv`."""
        header = parse_header(self.header)
        return ReferenceEntry(
            source=self.source,
            entry_id=self.entry_id,
            accession=self.accession,
            residues=self.residues,
            sites=(*self._sites.values(), *self._unlisted()),
            doubtful=self.doubtful,
            sequence_version=header.sequence_version if header else None,
            protein_name=self.protein_name,
            gene=header.gene if header else None,
            organism=self.organism,
            evidence=self.evidence,
            citations=self.citations or (f"NESdb NES ID {self.entry_id}; Mol. Biol. Cell 23:3673 (2012)",),
        )
