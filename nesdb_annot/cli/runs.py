"""`nesannot runs`: what ran, on what, and how it ended."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import print_table
from .context import settings_of

HEADER = ("run", "what", "status", "started", "seconds", "counts", "error")


def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10**9, help="newest so many")] = 20,
) -> None:
    """List runs, newest first. The view run_progress tells more: settings, software, device."""
    from ..store.engine import open_store
    from ..store.runs import StoredRun, list_runs

    def row(run: StoredRun) -> tuple[object, ...]:
        named = (str(run.settings[name]) for name in ("proteome", "source") if name in run.settings)
        what = " ".join([run.kind, *named])
        seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
        counts = ", ".join(f"{name} {value}" for name, value in run.counts.items() if value)
        started = run.started_at.astimezone().isoformat(" ", "seconds")
        return run.id, what, run.status, started, seconds, counts, run.error.split("\n")[0]

    with open_store(settings_of(ctx)) as store:
        print_table(HEADER, map(row, list_runs(store, limit)))
