"""`nesannot evaluate segmentation`: what each segmentation does to known signals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import TerminalProgress, note, print_table
from .context import settings_with
from .options import Device, Engine, Model, Quiet


def segmentation(
    ctx: typer.Context,
    boundaries: Annotated[
        list[Path] | None, typer.Option(help="published segments: accession, tab, [[0, 35], [35, 62]]; repeatable")
    ] = None,
    model: Model = None,
    device: Device = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Say how well each segmentation keeps known NESs whole, beside windows laid without looking."""
    from ..store.engine import open_store
    from ..workflow.evaluate_segmentation import evaluate_segmentation

    settings = settings_with(ctx, model=model, device=device, engine=engine)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        outcome = evaluate_segmentation(store, settings, boundaries=boundaries or (), progress=progress)
    for table in outcome.tables:
        typer.echo(f"\n{table.title}")
        print_table(table.columns, table.rows)
    for line in outcome.notes:
        note(line)
