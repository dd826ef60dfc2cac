"""A table of the user's own NESs: accession, first, last, evidence, citation, and optionally residues and sign."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..identifiers import MAXIMUM_IDENTIFIER
from ..records import ReferenceEntry, ReferenceSite, Reject, Repeat, Sign, SiteKind
from ..residues import ResidueError, ResidueSpan, clean_residues
from .compression import name_of
from .lines import whole_lines, with_titles

REQUIRED = ("accession", "first", "last", "evidence", "citation")
_Row = Mapping[str, str]


def _site(row: _Row, residues: str) -> ReferenceSite:
    try:
        span = ResidueSpan(int(row["first"]), int(row["last"]))
    except ValueError as error:
        raise ValueError(f"first and last must be residue numbers, not {row['first']!r} and {row['last']!r}") from error
    span.of(residues)
    sign = row.get("sign", "").strip().lower().replace("-", "_") or Sign.MOTIF.value
    if sign not in set(Sign):
        raise ValueError(f"sign is {sign!r}, not one of motif, non-motif, doubtful")
    return ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, span, Sign(sign))


def _entry(row: _Row, source: str, number: int, residues: str) -> ReferenceEntry:
    site = _site(row, residues)
    return ReferenceEntry(
        source=source,
        entry_id=f"{row['accession']}:{site.span}",
        accession=row["accession"],
        residues=residues,
        sites=(site,),
        doubtful=site.sign is Sign.DOUBTFUL,
        evidence=tuple(term.strip() for term in row["evidence"].split(";") if term.strip()),
        citations=tuple(text.strip() for text in row["citation"].split(";") if text.strip()) or (f"line {number}",),
    )


def _residues(row: _Row, residues_of: Callable[[str], str | None]) -> str:
    if row.get("residues", "").strip():
        return clean_residues(row["residues"])
    residues = residues_of(row["accession"])
    if residues is None:
        raise ResidueError("unknown accession: ingest its protein first, or give its residues in a column 'residues'")
    return residues


def _rows(path: Path | str, name: str) -> Iterator[tuple[int, list[str], list[str]]]:
    lines = (text + "\n" for _, text in whole_lines(path))
    reader = csv.reader(lines, delimiter="\t")
    titles: list[str] = []
    try:
        for cells in reader:
            if not any(cells) or cells[0].startswith("#"):
                continue
            if titles:
                yield reader.line_num, titles, [cell.strip() for cell in cells]
                continue
            titles = [cell.strip().lower() for cell in cells]
            missing = [column for column in REQUIRED if column not in titles]
            if missing:
                why = f"no column {missing[0]!r}; the first line must name {', '.join(REQUIRED)}"
                where = f"{name}:{reader.line_num}"
                told = f"{name} is no table of references"
                raise InputError(told, where=where, why=why, remedy=with_titles(REQUIRED))
    except csv.Error as error:
        where, remedy = f"{name}:{reader.line_num}", "save it as text with a tab between two cells, in UTF-8"
        raise InputError(f"{name} is not valid TSV", where=where, why=str(error), remedy=remedy) from error
    if not titles:
        why = f"the first line must name {', '.join(REQUIRED)}"
        raise InputError(f"{name} holds no rows", why=why, remedy=with_titles(REQUIRED))


def read_reference_tsv(
    path: Path | str, residues_of: Callable[[str], str | None], *, name: str = ""
) -> Iterator[ReferenceEntry | Reject]:
    """One entry per row; lines beginning with ``#`` are comments.

    ``sign`` is ``motif`` (the default), ``non-motif`` (tested, and not an NES) or ``doubtful``; several evidence terms
    or citations are separated by semicolons. Rejected: unknown accessions, spans outside the sequence, a second row of
    the same site with other cells. A row that is equal to an earlier one is a `Repeat`.

    Args:
        path: the table; ``-`` is standard input.
        residues_of: gives the residues of an accession, or None; not asked where the row brings its own.
        name: of the collection, for ``source`` = ``user:NAME``; the file's name by default.

    Raises:
        InputError: if a required column is missing.
    """
    file_name = name_of(path)
    source = f"user:{name or Path(str(path)).name.partition('.')[0] or 'references'}"
    seen: dict[str, tuple[int, _Row]] = {}
    for number, titles, cells in _rows(path, file_name):
        row = dict(zip(titles, cells, strict=False))
        accession = row.get("accession", "")
        try:
            if len(cells) < len(REQUIRED) or any(column not in row for column in REQUIRED):
                raise ValueError(f"{len(cells)} cells where the first line has {len(titles)}")
            if not 0 < len(accession) <= MAXIMUM_IDENTIFIER // 2:
                raise ValueError("no accession, or an endless one")
            entry = _entry(row, source, number, _residues(row, residues_of))
            line, earlier = seen.setdefault(entry.entry_id, (number, row))
            if row != earlier:
                raise ValueError(f"the same site as in line {line}, with other cells")
        except ValueError as error:
            yield Reject(file_name, number, accession, str(error))
        else:
            yield entry if line == number else Repeat(file_name, number, accession, f"duplicate of line {line}")
