"""`nesannot sql`: a question to the database, read-only, with a time limit."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import typer

from ..errors import UsageError
from .console import note, print_table
from .context import settings_of

FORMATS = ("table", "tsv", "csv", "jsonl", "json")
ROWS = 1000
"""Rows of a table that are printed unless told otherwise."""


def sql(
    ctx: typer.Context,
    text: Annotated[str | None, typer.Argument(help="one SELECT; nesannot db views lists the views")] = None,
    example: Annotated[str | None, typer.Option(help="a ready question instead; list names them")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="parameter of the example")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="print the example's SQL instead of running it")] = False,
    schema: Annotated[str | None, typer.Option(help="ask a restored snapshot instead of the views")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, max=10**9, help=f"rows to print at most; 0: all; default: {ROWS} in a table, else all"),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="seconds; 0 for no limit")] = 30.0,
    format_: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}; default: {FORMATS[0]}", show_default=False)
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="the same as --format csv")] = False,
) -> None:
    """Run SQL on the documented views, in a read-only transaction."""
    from ..store.analyst import run_sql
    from ..store.engine import open_store

    chosen = _chosen(format_, as_csv)
    if example == "list":
        _list_examples(chosen)
        return
    statement = _statement(text, example, given or [])
    if show:
        typer.echo(f"{statement};")
        return
    with open_store(settings_of(ctx), migrated=schema is None) as store:
        most = (ROWS if chosen == "table" else 0) if limit is None else limit
        answer = run_sql(store, statement, timeout_s=timeout, limit=most + 1 if most else None, schema=schema)
        rows = _FirstRows(answer.rows, most)
        _print(answer.columns, rows, chosen)
        if rows.more:
            note(f"there are more rows than these {most:,}: --limit 0 prints all")
        if not rows.printed:
            note("no row answers this")


def _chosen(format_: str | None, as_csv: bool) -> str:
    """The format, of which --csv is an older name."""
    if format_ is None:
        return "csv" if as_csv else FORMATS[0]
    if format_ not in FORMATS:
        raise UsageError(f"no such format: {format_!r}", remedy=f"choose from {', '.join(FORMATS)}")
    if as_csv and format_ != "csv":
        raise UsageError(f"--csv and --format {format_} exclude each other", remedy="leave --csv out")
    return format_


def _print(columns: Sequence[str], rows: Iterable[tuple[object, ...]], format_: str) -> None:
    from ..formats.answers import write_answer

    if format_ == "table":
        print_table(columns, rows)
    else:
        write_answer(sys.stdout, columns, rows, format_)


class _FirstRows:
    """The first rows, all if `most` is 0; knows afterwards how many there were and whether there are more."""

    def __init__(self, rows: Iterable[tuple[object, ...]], most: int) -> None:
        self._rows, self._most = rows, most
        self.printed, self.more = 0, False

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for row in self._rows:
            if self._most and self.printed == self._most:
                self.more = True
                return
            self.printed += 1
            yield row


def _list_examples(format_: str) -> None:
    from ..store.questions import questions

    rows = [(one.name, one.purpose, ", ".join(one.defaults)) for one in questions().values()]
    _print(["example", "answers", "parameters"], rows, format_)


def _statement(text: str | None, example: str | None, given: list[str]) -> str:
    """The text, or the example with its parameters."""
    from ..store.questions import bound, find_question

    if (text is None) == (example is None):
        raise UsageError("either SQL or --example NAME", remedy="nesannot sql --example list")
    if text is not None:
        if given:
            raise UsageError("--with gives parameters of an --example")
        return text
    pairs = [pair.partition("=") for pair in given]
    unclear = [name for name, sign, _ in pairs if not sign]
    if unclear:
        raise UsageError(f"--with {unclear[0]}: no value", remedy=f"--with {unclear[0]}=VALUE")
    return bound(find_question(example or ""), {name: value for name, _, value in pairs})
