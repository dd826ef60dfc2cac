"""`nesannot worker`: takes jobs from the queue, here or on any machine with a route to the database."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import UsageError
from .console import note
from .context import settings_with
from .options import Device, Engine, Quiet

ONLY = ("scoring", "commands")


def worker(
    ctx: typer.Context,
    concurrency: Annotated[int | None, typer.Option(min=1, max=256, help="jobs at once; default: 1")] = None,
    device: Device = None,
    engine: Engine = None,
    only: Annotated[str | None, typer.Option(help="scoring (chunks) or commands; default: both")] = None,
    one_shot: Annotated[bool, typer.Option("--one-shot", help="wait for one job, take it, then end")] = False,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="end when no job is left; exit code 1 if one failed")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Take jobs that `--queue` deferred, one after the other; SIGTERM and Ctrl-C give back what is not finished."""
    if only is not None and only not in ONLY:
        raise UsageError(f"{only!r} is no kind of job", remedy=f"--only {' or '.join(ONLY)}")
    from nesdb_annot.jobs.service import run_worker

    settings = settings_with(ctx, device=device, engine=engine)
    number = run_worker(
        settings,
        queues=(only,) if only else ONLY,
        concurrency=concurrency or 1,
        one_shot=one_shot,
        until_empty=until_empty,
        note=(lambda _: None) if quiet else note,
        warn=note,
    )
    if number:
        raise typer.Exit(128 + number)
