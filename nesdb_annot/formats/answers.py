"""Answers of the database as TSV, CSV, JSON and JSON Lines: any columns, unlike the tables of candidates."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import TextIO

from ..errors import UsageError
from .tables import csv_cell, one_line, tsv_cell

Row = Sequence[object]


def _cell(value: object) -> object:
    """Lists and objects as JSON, bytes as Postgres writes them; the rest is csv's business."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return json.dumps(value, default=str) if isinstance(value, list | dict) else value


def _write_csv(out: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(csv_cell, columns))
    writer.writerows([csv_cell(value) if isinstance(value, str) else _cell(value) for value in row] for row in rows)


def _write_tsv(out: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    out.write("\t".join(map(tsv_cell, columns)) + "\n")
    for row in rows:
        out.write("\t".join(map(_tsv_cell, row)) + "\n")


def _tsv_cell(value: object) -> str:
    if isinstance(value, str):
        return tsv_cell(value)
    return "" if value is None else one_line(str(_cell(value)))


def _as_json(value: object) -> str:
    """`value` as Postgres would write it in JSON: numbers as numbers where JSON has them, times in ISO 8601."""
    if isinstance(value, list):
        return f"[{', '.join(map(_as_json, value))}]"
    if isinstance(value, Decimal) and value.is_finite():
        return _digits(value)
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(str(Decimal(value)))  # NaN, Infinity
    if isinstance(value, date | time):  # a datetime is a date
        return json.dumps(value.isoformat())
    return json.dumps(value if isinstance(value, dict | str | int | float | None) else str(_cell(value)))


def _digits(number: Decimal) -> str:
    """All digits of `number`, of which a float would keep 17; without those behind the point if they are zeros."""
    text = f"{number:f}"
    whole, _, part = text.partition(".")
    return text if part.strip("0") else whole


def _objects(columns: Sequence[str], rows: Iterable[Row]) -> Iterable[str]:
    names = [json.dumps(name) for name in columns]
    for row in rows:
        yield f"{{{', '.join(f'{name}: {_as_json(value)}' for name, value in zip(names, row, strict=True))}}}"


def _write_jsonl(out: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    out.writelines(f"{one}\n" for one in _objects(columns, rows))


def _write_json(out: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    out.write("[")
    for number, one in enumerate(_objects(columns, rows)):
        out.write((",\n" if number else "\n") + one)
    out.write("\n]\n")


WRITERS: dict[str, Callable[[TextIO, Sequence[str], Iterable[Row]], None]] = {
    "tsv": _write_tsv,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "json": _write_json,
}


def write_answer(out: TextIO, columns: Sequence[str], rows: Iterable[Row], format: str) -> None:
    """Write the rows of an answer below, or with, the names of its columns.

    In TSV tabs and line ends inside a cell become blanks. In TSV and CSV, which spreadsheets open, a text that begins
    like a formula gets an apostrophe. JSON is a list of objects, JSON Lines an object a line; there
    a ``numeric`` of Postgres is a number with all its digits.

    Args:
        out: an open text file.
        columns: names, in order.
        rows: each with a value for each column.
        format: a key of `WRITERS`.

    Raises:
        UsageError: if JSON is asked for and two columns have the same name.
    """
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if format.startswith("json") and twice is not None:
        why = "in JSON a value is found by the name of its column"
        raise UsageError(
            f"two columns are called {twice!r}", why=why, remedy="select ... as OTHER_NAME, or --format tsv"
        )
    WRITERS[format](out, columns, rows)
