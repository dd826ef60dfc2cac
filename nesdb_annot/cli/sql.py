"""`nesannot sql`: a question to the database, read-only, with a time limit."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import print_table
from .context import settings_of


def sql(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="one SELECT; views: nesannot db views")],
    limit: Annotated[int, typer.Option(help="rows to print at most; 0 for all")] = 1000,
    timeout: Annotated[float, typer.Option(help="seconds")] = 30.0,
) -> None:
    """Run SQL on the documented views, in a read-only transaction."""
    from ..store.analyst import run_sql
    from ..store.engine import open_store

    with open_store(settings_of(ctx)) as store:
        answer = run_sql(store, text, timeout_s=timeout, limit=limit or None)
        print_table(answer.columns, answer.rows)
