"""Ranked candidates as TSV, CSV, JSON Lines and JSON: the same rows in each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from ..errors import UsageError
from .columns import Column, chosen_columns
from .writing import open_output

SCHEMA = "nesannot.candidates/1"
"""Name and version of the row's shape, in the first line of JSON Lines and in JSON."""

Row = Mapping[str, object]
Provenance = Mapping[str, object]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))  # all that readers split lines at


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    return repr(value) if isinstance(value, float) else str(value)


def one_line(text: str) -> str:
    """`text` with blanks in place of tabs and of all that readers take for a line end."""
    return text.translate(_BLANKS)


def neutral(text: str) -> str:
    """Return `text` with an apostrophe before it if a spreadsheet would take it for a formula.

    Example:
        >>> neutral("=HYPERLINK(1)"), neutral("MKL")
        ("'=HYPERLINK(1)", 'MKL')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_cell(value: object) -> str:
    """A cell of a file for spreadsheets: a text is no formula, a number stays as it is."""
    text = _cell(value)
    return text if isinstance(value, int | float) else neutral(text)


def tsv_cell(value: object) -> str:
    """The same on one line."""
    return one_line(csv_cell(value))


def provenance_lines(provenance: Provenance) -> Iterator[str]:
    """One ``# name: value`` line for each fact."""
    for name, value in provenance.items():
        yield f"# {one_line(name)}: {one_line(_cell(value))}"


def _write_tsv(out: TextIO, rows: Iterable[Row], columns: Sequence[Column], provenance: Provenance) -> int:
    out.writelines(f"{line}\n" for line in provenance_lines(provenance))
    out.write("\t".join(column.name for column in columns) + "\n")
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - returned
        out.write("\t".join(tsv_cell(row.get(column.name)) for column in columns) + "\n")
    return count


def _write_csv(out: TextIO, rows: Iterable[Row], columns: Sequence[Column], provenance: Provenance) -> int:
    out.writelines(f"{line}\n" for line in provenance_lines(provenance))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - returned
        writer.writerow(csv_cell(row.get(column.name)) for column in columns)
    return count


def _as_json(row: Row, columns: Sequence[Column]) -> str:
    kept = {column.name: row.get(column.name) for column in columns}
    return json.dumps(kept, default=str, allow_nan=False)


def _write_jsonl(out: TextIO, rows: Iterable[Row], columns: Sequence[Column], provenance: Provenance) -> int:
    if provenance:
        out.write(json.dumps({"schema": SCHEMA, **provenance}, default=str) + "\n")
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - returned
        out.write(_as_json(row, columns) + "\n")
    return count


def _write_json(out: TextIO, rows: Iterable[Row], columns: Sequence[Column], provenance: Provenance) -> int:
    facts = json.dumps(dict(provenance), default=str)
    out.write(f'{{"schema": {json.dumps(SCHEMA)}, "provenance": {facts}, "candidates": [')
    count = 0
    for count, row in enumerate(rows, 1):
        out.write((",\n" if count > 1 else "\n") + _as_json(row, columns))
    out.write("\n]}\n")
    return count


WRITERS: dict[str, Callable[..., int]] = {
    "tsv": _write_tsv,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "json": _write_json,
}


def write_table(
    path: Path | str,
    rows: Iterable[Row],
    *,
    format: str = "tsv",
    columns: Sequence[str] | None = None,
    provenance: Provenance | None = None,
    force: bool = False,
) -> int:
    """Write candidates and return how many.

    TSV and CSV begin with ``#`` lines of provenance, JSON Lines with one object that has ``schema``, JSON holds it
    beside ``candidates``. In TSV tabs and line ends inside a cell become blanks. In TSV and CSV, which spreadsheets
    open, a text that begins like a formula gets an apostrophe. Numbers are written in full precision.

    Args:
        path: a file, or ``-`` for standard output.
        rows: keyed by column names; what is missing stays empty.
        format: a key of `WRITERS`.
        columns: names and order; all of `columns.COLUMNS` for None.
        provenance: facts about the rows, by name; none are written for None.
        force: replace a file that stands there.

    Raises:
        UsageError: for an unknown format or column.
        CannotWriteError: if the file stands there or cannot be written.
    """
    if format not in WRITERS:
        raise UsageError(f"no such format: {format!r}", remedy=f"choose from {', '.join(WRITERS)}, gff3, bed")
    chosen = chosen_columns(columns)
    with open_output(path, force=force) as out:
        return WRITERS[format](out, rows, chosen, provenance or {})
