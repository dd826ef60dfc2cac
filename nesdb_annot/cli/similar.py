"""`nesannot similar`: the references and stored segments nearest to a segment."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import UsageError
from .console import TerminalProgress, print_table
from .context import settings_of

TABLE = ("kind", "distance", "query", "accession", "gene", "first_residue", "last_residue", "peptide")
"""Columns on a terminal."""

FORMATS = ("table", "tsv", "json")
Query = Annotated[
    str, typer.Argument(metavar="ACCESSION[:FIRST-LAST]", help="a protein, or a span of it", show_default=False)
]


def similar(
    ctx: typer.Context,
    query: Query,
    top: Annotated[int, typer.Option(min=1, max=1000, help="references, and stored segments, to list")] = 10,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
) -> None:
    """List the references and the stored segments whose embeddings are nearest to a segment.

    A protein without a span is compared with all its stored segments. A span stands for the stored segment that shares
    most residues with it. Segments of the same sequence are not listed.
    """
    from ..formats.answers import write_answer
    from ..store.engine import open_store
    from ..workflow.similar import COLUMNS, find_similar

    if format_ not in FORMATS:
        raise UsageError(f"no such format: {format_!r}", remedy=f"choose from {', '.join(FORMATS)}")
    settings = settings_of(ctx)
    with TerminalProgress() as progress, open_store(settings) as store:
        result = find_similar(store, settings, query, top)
        progress.note(result.sentence())
    columns = TABLE if format_ == "table" else COLUMNS
    rows = [[row[name] for name in columns] for row in (*result.references, *result.segments)]
    if format_ == "table":
        print_table([name.removesuffix("_residue") for name in columns], rows)
    else:
        write_answer(sys.stdout, columns, rows, format_)
