"""`nesannot sql`: a question to the database, read-only, with a time limit."""

from __future__ import annotations

import csv
import json
import sys
from typing import Annotated

import typer

from .console import print_table
from .context import settings_of


def sql(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="one SELECT; nesannot db views lists the views", show_default=False)],
    limit: Annotated[int, typer.Option(min=0, max=10**9, help="rows to print at most; 0 for all")] = 1000,
    timeout: Annotated[float, typer.Option(min=0, help="seconds; 0 for no limit")] = 30.0,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
) -> None:
    """Run SQL on the documented views, in a read-only transaction."""
    from ..store.analyst import run_sql
    from ..store.engine import open_store

    with open_store(settings_of(ctx)) as store:
        answer = run_sql(store, text, timeout_s=timeout, limit=limit or None)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(map(_cells, answer.rows))
        else:
            print_table(answer.columns, answer.rows)


def _cells(row: tuple[object, ...]) -> list[object]:
    return [_cell(value) for value in row]


def _cell(value: object) -> object:
    """Lists and objects as JSON, bytes as Postgres writes them; the rest is csv's business."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return json.dumps(value, default=str) if isinstance(value, list | dict) else value
