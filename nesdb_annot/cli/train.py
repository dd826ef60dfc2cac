"""`nesannot train`: fit a head set to the references in the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import TerminalProgress, note, print_table
from .context import settings_with
from .options import Device, Engine, Layer, Model, Quiet, Workers


def train(
    ctx: typer.Context,
    model: Model = None,
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    workers: Workers = None,
    negatives: Annotated[str | None, typer.Option(help="a proteome without CRM1, as UP000000625 (E. coli)")] = None,
    save_to: Annotated[Path | None, typer.Option(help="also write the head set to this file")] = None,
    pooled_only: Annotated[
        bool, typer.Option("--pooled-only", help="fit only heads that stored vectors can be scored with again")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="of every random choice")] = 17,
    quiet: Quiet = False,
) -> None:
    """Train the scoring heads for a language model and print how they do on held-out families."""
    from ..store.engine import open_store
    from ..workflow.train import train_heads
    from ..workflow.train_pooled import train_pooled_heads

    settings = settings_with(ctx, model=model, layer=layer, device=device, engine=engine, workers=workers)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        fit = train_pooled_heads if pooled_only else train_heads
        outcome = fit(store, settings, negatives=negatives, seed=seed, save_to=save_to, progress=progress)
    for table in outcome.tables:
        note(table.title)
        print_table(table.columns, table.rows)
