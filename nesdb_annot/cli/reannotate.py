"""`nesannot reannotate`: look for what changed, and compute what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import TerminalProgress
from .context import settings_with
from .options import Device, Model, Quiet, Replace, Workers


def reannotate(
    ctx: typer.Context,
    proteomes: Annotated[list[str] | None, typer.Argument(help="default: all that were ranked before")] = None,
    nesdb: Annotated[Path | None, typer.Option(help="an export of NESdb to compare with")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="look and say, write nothing")] = False,
    replace: Replace = False,
    model: Model = None,
    device: Device = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Bring proteomes up to date with UniProt, NESdb, references and models; what still holds is not computed again."""
    from ..store.engine import open_store
    from ..workflow import reannotate as workflow

    settings = settings_with(ctx, model=model, device=device, workers=workers)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        done = workflow.reannotate(
            store,
            settings,
            tuple(proteomes or ()),
            nesdb=nesdb,
            dry_run=dry_run,
            replace=replace,
            progress=progress,
        )
        progress.note(done.sentence())
