"""The CSV export of NESdb: one row per merged range, several rows per entry, in any order.

Kept apart: functional export signals, mutations that affect export, mutations that affect CRM1 binding, and peptides.
A peptide is a merged range (of all of these, and of residues "important for export") widened to 20 residues: the export
has one for each row, but repeats it in some entries with several ranges, whose others are made here in the same way.
Left out: the merged ranges themselves, CRM1's own sequence, hashes, the residues "important for export" (they say
nothing about where a signal is), and the negative sequences, which nobody tested.

An entry is doubtful if any of its rows is: the rows of eight entries disagree because those entries stand in both of
the site's lists, with the same peptides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..records import ReferenceEntry, Reject, SiteKind
from ..residues import ResidueError, ResidueSpan, clean_residues
from .compression import name_of
from .lines import whole_lines
from .nesdb_fields import EXPORT, EntryDraft, is_stated, parse_entry_name, split_evidence

EVIDENCE = "Experimental Evidence for CRM1-mediated Export"
SIGNALS = "Functional Export Signals"
STRUCTURE = "Secondary Structure of Export Signal"
RANGE_COLUMNS = {
    SIGNALS: SiteKind.FUNCTIONAL_SIGNAL,
    "Mutations That Affect Nuclear Export": SiteKind.EXPORT_MUTATION,
    "Mutations That Affect CRM1 Binding": SiteKind.BINDING_MUTATION,
}
PEPTIDE = "Peptide_sequence"
MERGED = "Merged ranges"
"""Not needed: without it, peptides are those of the rows."""

PEPTIDE_LENGTH = 20
"""Residues; the peptide of a longer range is the range."""

DOUBT = "is_NesDB_doubt"
COLUMNS = (
    "ID",
    "Full Name",
    "Organism",
    EVIDENCE,
    *RANGE_COLUMNS,
    STRUCTURE,
    "Fasta Header",
    "Sequence",
    DOUBT,
    PEPTIDE,
)
_SAME_IN_ALL_ROWS = ("Fasta Header", "Sequence", *RANGE_COLUMNS)
_DOUBT = {"True": True, "False": False}
_RANGES = re.compile(r"\[\s*(?:'\d{1,6}-\d{1,6}'(?:\s*,\s*'\d{1,6}-\d{1,6}')*)?\s*\]")
_RANGE = re.compile(r"\d+-\d+")
_MERGED_RANGE = re.compile(r"\((\d{1,6}), ?(\d{1,6})\)")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]


def _rows(path: Path | str, source: str) -> Iterator[_Row]:
    lines = (text + "\n" for _, text in whole_lines(path))
    reader = csv.DictReader(lines)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            why = f"no column {missing[0]!r}" + (f" and {len(missing) - 1} more missing" if missing[1:] else "")
            remedy = "nesannot ingest references FILE reads a table of your own"
            raise InputError(f"{source} is no export of NESdb", why=why, remedy=remedy)
        for cells in reader:
            yield _Row(reader.line_num, {column: cells.get(column) or "" for column in (*COLUMNS, MERGED)})
    except csv.Error as error:
        where, remedy = f"{source}:{reader.line_num}", "export it again, as CSV in UTF-8"
        raise InputError(f"{source} is not valid CSV", where=where, why=str(error), remedy=remedy) from error


def _grouped(path: Path | str, source: str) -> tuple[dict[str, list[_Row]], list[Reject]]:
    groups: dict[str, list[_Row]] = {}
    rejects = []
    for row in _rows(path, source):
        name = parse_entry_name(row.cells["ID"])
        if name is None:
            rejects.append(Reject(source, row.line, "", f"no NES ID in {row.cells['ID'][:60]!r}", "ID"))
        elif row.cells[DOUBT] not in _DOUBT:
            reason = f"NES ID {name[1]}: {row.cells[DOUBT]!r} is neither True nor False"
            rejects.append(Reject(source, row.line, "", reason, DOUBT))
        else:
            groups.setdefault(name[1], []).append(row)
    if not groups and not rejects:
        raise InputError(f"{source} holds no rows", remedy="export it again, or: nesannot ingest nesdb --accept-terms")
    return groups, rejects


def _draft(source: str, entry_id: str, rows: list[_Row]) -> EntryDraft:
    cells = rows[0].cells
    return EntryDraft(
        source=EXPORT,
        where=source,
        line=rows[0].line,
        entry_id=entry_id,
        header=cells["Fasta Header"].strip().removeprefix(">"),
        residues=clean_residues(cells["Sequence"]),
        doubtful=any(_DOUBT[row.cells[DOUBT]] for row in rows),
        protein_name=cells["Full Name"].strip() or None,
        organism=cells["Organism"].strip() or None,
        evidence=split_evidence(cells[EVIDENCE]),
    )


def _add_ranges(draft: EntryDraft, cells: dict[str, str]) -> None:
    structure = cells[STRUCTURE].strip()
    for column, kind in RANGE_COLUMNS.items():
        if not _RANGES.fullmatch(cells[column].strip()):
            draft.refuse(column, f"{cells[column][:60]!r} is no list of ranges")
            continue
        for text in _RANGE.findall(cells[column]):
            note = structure if kind is SiteKind.FUNCTIONAL_SIGNAL and is_stated(structure) else ""
            try:
                draft.add(kind, column, ResidueSpan.parse(text), note)
            except ValueError as error:
                draft.refuse(column, str(error))


def _stated_spans(cells: dict[str, str]) -> list[ResidueSpan]:
    texts = [text for column in RANGE_COLUMNS for text in _RANGE.findall(cells[column])]
    pairs = [(int(first), int(last)) for first, _, last in (text.partition("-") for text in texts)]
    return [ResidueSpan(first, last) for first, last in pairs if 1 <= first <= last]


def locate(peptide: str, residues: str, near: list[ResidueSpan]) -> ResidueSpan | None:
    """Where `peptide` occurs in `residues`; of several places the one that shares most residues with `near`.

    None if it does not occur.
    """
    places, begin = [], residues.find(peptide)
    while peptide and begin >= 0:
        places.append(ResidueSpan.from_bed(begin, begin + len(peptide)))
        begin = residues.find(peptide, begin + 1)
    return max(places, key=lambda place: max((place.overlap(span) for span in near), default=0), default=None)


def _add_peptide(draft: EntryDraft, row: _Row) -> None:
    peptide = row.cells[PEPTIDE].strip().upper()
    span = locate(peptide, draft.residues, _stated_spans(row.cells))
    if span:
        draft.add(SiteKind.PEPTIDE, PEPTIDE, span, peptide)
    elif peptide:
        draft.refuse(PEPTIDE, f"peptide {peptide[:60]} does not occur in the sequence", row.line)


def peptide_of(span: ResidueSpan, length: int) -> ResidueSpan:
    """The peptide that NESdb shows for a range of a protein of `length` residues.

    It has `PEPTIDE_LENGTH` residues, the range in its middle (an odd one more to the right) unless the protein ends; a
    longer range is its own peptide. So are all 351 peptides of the export of 2023 placed.
    """
    missing = PEPTIDE_LENGTH - len(span)
    if missing <= 0:
        return span
    first = max(1, min(span.first - missing // 2, length - PEPTIDE_LENGTH + 1))
    return ResidueSpan(first, min(length, first + PEPTIDE_LENGTH - 1))


def _add_merged(draft: EntryDraft, cells: dict[str, str]) -> None:
    """Peptides of the merged ranges; one that a row has told already stays as it is."""
    length = len(draft.residues)
    for first, last in _MERGED_RANGE.findall(cells[MERGED]):
        if 1 <= int(first) <= int(last) <= length:
            span = peptide_of(ResidueSpan(int(first), int(last)), length)
            draft.add(SiteKind.PEPTIDE, MERGED, span, span.of(draft.residues))


def _consistent(draft: EntryDraft, first: _Row, row: _Row) -> bool:
    differing = [column for column in _SAME_IN_ALL_ROWS if row.cells[column] != first.cells[column]]
    if differing:
        draft.refuse(differing[0], f"differs from line {first.line} of the same entry", row.line)
    return not differing


def read_nesdb_export(path: Path | str) -> Iterator[ReferenceEntry | Reject]:
    """Entries of an export file of NESdb, one per NES ID, in the order of their first rows.

    Before each entry come the rejects of its parts; the rest of the entry stays. Refused are ranges outside the
    sequence or no ranges at all, peptides that do not occur in the sequence, rows that contradict the first of their
    entry, and whole entries without a protein sequence. The rows of all entries are held in memory.

    Raises:
        InputError: if the file is no such export.
    """
    source = name_of(path)
    groups, rejects = _grouped(path, source)
    yield from rejects
    for entry_id, rows in groups.items():
        try:
            draft = _draft(source, entry_id, rows)
        except ResidueError as error:
            yield Reject(source, rows[0].line, "", f"NES ID {entry_id}: {error}", "Sequence")
            continue
        _add_ranges(draft, rows[0].cells)
        for row in rows:
            if row is rows[0] or _consistent(draft, rows[0], row):
                _add_peptide(draft, row)
        _add_merged(draft, rows[0].cells)
        yield from draft.rejects
        yield draft.entry()
