"""`nesannot runs`: what ran, on what, and how it ended."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import print_table
from .context import settings_of


def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="newest so many")] = 20,
) -> None:
    """List runs, newest first."""
    from ..store.analyst import run_sql
    from ..store.engine import open_store

    with open_store(settings_of(ctx)) as store:
        answer = run_sql(store, "select * from run_progress order by run_id desc", limit=limit)
        print_table(answer.columns, answer.rows)
