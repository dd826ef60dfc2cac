"""The pages of the NESdb site: the two index pages, and the page of one entry, read section by section.

Kept: name and ID, full name, organism, evidence, the two kinds of mutations, functional export signals, the sequence
with its header, and the references. The other sections are known and left out; sections with any other title, and
sections that are missing, are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..records import ReferenceEntry, Reject, SiteKind
from ..residues import ResidueError, ResidueSpan, clean_residues
from .compression import name_of
from .html_text import Block, html_blocks
from .lines import whole_lines
from .nesdb_fields import SITE, EntryDraft, is_stated, parse_entry_name, split_evidence

SUMMARY = "Summary for"
NAME, ORGANISM, SEQUENCE, REFERENCES = "Full Name", "Organism", "Sequence (FASTA)", "References"
EVIDENCE = "Experimental Evidence for CRM1-mediated Export"
SITES = {
    "Functional Export Signals": SiteKind.FUNCTIONAL_SIGNAL,
    "Mutations That Affect Nuclear Export": SiteKind.EXPORT_MUTATION,
    "Mutations That Affect CRM1 Binding": SiteKind.BINDING_MUTATION,
}
KEPT = (NAME, ORGANISM, EVIDENCE, *SITES, SEQUENCE, REFERENCES)
LEFT_OUT = (
    "Alternative Names",
    "Secondary Structure of Export Signal",
    "Other Residues Important for Export",
    "Domain Info by CDD",
    "Secondary Structure by PSIPRED",
    "Conservation Score by AL2CO",
    "3D Structures in PDB",
    "Comments",
)
SECTIONS = (*KEPT, *LEFT_OUT)

_TITLES = {title.lower(): title for title in SECTIONS}
_SUMMARY = re.compile(rf"{SUMMARY}\s+(.*)", re.IGNORECASE)
_DETAILS = re.compile(r"details\.php\?name=(\d+)", re.IGNORECASE)
_RANGE = re.compile(r"(?<![\w-])([A-Z]?)(\d{1,5})\s*(?:-|–|to)\s*[A-Z]?(\d{1,5})(?![\w-])")
_SUBSTITUTION = re.compile(r"(?<![\w-])([ACDEFGHIKLMNPQRSTVWY]?)(\d{1,5})(?:[A-Z*]|Δ)?(?![\w-])")
_HEADING = re.compile(r"^[^>].*[a-z]")  # bold residues inside a sequence are no heading
_STATEMENT = re.compile(r"[,;\n]+")
_PUBMED = re.compile(r"(?:pubmed/|list_uids=|PMID:?\s*)(\d{4,9})", re.IGNORECASE)


def read_nesdb_index(path: Path | str) -> list[tuple[str, str]]:
    """NES ID and name of every entry that an index page links to, in page order, each once.

    Raises:
        InputError: if the page links to no entry.
    """
    found: dict[str, str] = {}
    for block in html_blocks(whole_lines(path)):
        for address, text in block.links:
            match = _DETAILS.search(address)
            if match:
                found.setdefault(match.group(1), text.strip())
    if not found:
        told, why = f"{name_of(path)} is no index page of NESdb", "it links to no details.php?name=..."
        raise InputError(told, why=why, remedy="nesannot ingest nesdb EXPORT.csv, if the site has changed")
    return list(found.items())


def _title(block: Block) -> tuple[str, str] | None:
    """Section title and text behind it in the same block, if the block begins a section."""
    text = block.text.strip()
    if _SUMMARY.match(text):
        return SUMMARY, text
    title, _, rest = text.partition(":")
    if title.strip().lower() in _TITLES:
        return _TITLES[title.strip().lower()], rest
    return (text.rstrip(":"), "") if block.heading and _HEADING.search(text) else None


def _sections(blocks: list[Block]) -> tuple[dict[str, str], list[str]]:
    """Text of each section by title (links appended), and the titles that are not known."""
    sections: dict[str, list[str]] = {}
    unknown: list[str] = []
    current: list[str] = []
    for block in blocks:
        begun = _title(block)
        if begun and (begun[0] in SECTIONS or begun[0] == SUMMARY):
            current = sections.setdefault(begun[0], [])
            current.append(begun[1])
        elif begun and sections:
            unknown.append(begun[0])
            current = []
        else:
            current.append(block.text)
        current.extend(address for address, _ in block.links if _PUBMED.search(address))
    return {title: "\n".join(texts).strip() for title, texts in sections.items()}, unknown


def _sequence(text: str) -> tuple[str, str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    header = lines[0].removeprefix(">") if lines and lines[0].startswith(">") else ""
    return header, clean_residues("".join(lines[1:] if header else lines))


def _citations(text: str) -> tuple[str, ...]:
    numbers = dict.fromkeys(f"PMID:{number}" for number in _PUBMED.findall(text))
    lines = (line.strip() for line in text.splitlines() if not _PUBMED.search(line))
    return tuple(numbers) or tuple(line for line in lines if is_stated(line))


def _spans(statement: str, residues: str) -> Iterator[ResidueSpan]:
    """Spans that a statement names: ``400-415``, ``L405A``, ``408``.

    Raises:
        ValueError: if it names none, or a residue that is not there.
    """
    ranges = list(_RANGE.finditer(statement))
    rest = _RANGE.sub(" ", statement)
    for match in ranges:
        yield ResidueSpan(int(match.group(2)), int(match.group(3)))
    substitutions = list(_SUBSTITUTION.finditer(rest))
    for match in substitutions:
        letter, position = match.group(1), int(match.group(2))
        if letter and residues[position - 1 : position] not in ("", letter):
            raise ValueError(f"{match.group()}: residue {position} of the sequence is {residues[position - 1]}")
        yield ResidueSpan(position, position)
    if not ranges and not substitutions:
        raise ValueError(f"no residue numbers in {statement[:60]!r}")


def _add_sites(draft: EntryDraft, sections: Mapping[str, str]) -> None:
    for title, kind in SITES.items():
        for part in _STATEMENT.split(sections.get(title, "")):
            statement = part.strip()
            if not is_stated(statement):
                continue
            try:
                for span in _spans(statement, draft.residues):
                    draft.add(kind, title, span, statement)
            except ValueError as error:
                draft.refuse(title, str(error))


def _draft(source: str, sections: Mapping[str, str], doubtful: bool) -> EntryDraft | Reject:
    summary = _SUMMARY.match(sections.get(SUMMARY, ""))
    name = parse_entry_name(summary.group(1)) if summary else None
    if name is None:
        return Reject(source, 0, "", "no 'Summary for NAME (NES ID: n)'", SUMMARY)
    try:
        header, residues = _sequence(sections.get(SEQUENCE, ""))
    except ResidueError as error:
        return Reject(source, 0, "", f"NES ID {name[1]}: {error}", SEQUENCE)
    return EntryDraft(
        source=SITE,
        where=source,
        line=0,
        entry_id=name[1],
        header=header or name[0],
        residues=residues,
        doubtful=doubtful,
        protein_name=sections.get(NAME) or None,
        organism=sections.get(ORGANISM) or None,
        evidence=split_evidence(sections.get(EVIDENCE, "")),
        citations=_citations(sections.get(REFERENCES, "")),
    )


def read_nesdb_page(path: Path | str, *, doubtful: bool) -> Iterator[ReferenceEntry | Reject]:
    """The entry of one details page, after the rejects of its parts.

    Each statement of a mutation is kept word for word in the note of its sites. Refused are positions outside the
    sequence, mutations of a residue that is not there (``L405A`` where residue 405 is no L), and statements without
    residue numbers; missing and unknown sections are reported the same way.

    Args:
        path: a saved page, UTF-8.
        doubtful: whether the index of doubtful entries names it: the page itself does not say.
    """
    source = name_of(path)
    sections, unknown = _sections(list(html_blocks(whole_lines(path))))
    draft = _draft(source, sections, doubtful)
    if isinstance(draft, Reject):
        yield draft
        return
    for title in unknown:
        draft.refuse(title, "unknown section, not read")
    for title in SECTIONS:
        if title not in sections:
            draft.refuse(title, "section is missing")
    _add_sites(draft, sections)
    yield from draft.rejects
    yield draft.entry()
