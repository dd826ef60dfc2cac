"""`nesannot evaluate`: how well the methods find what is known."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import TerminalProgress, print_table
from .context import settings_with
from .evaluate_segmentation import segmentation
from .options import Device, Model, Quiet

app = typer.Typer(help="Say how well the methods find known NESs on families they have not seen.")
app.command()(segmentation)


@app.callback(invoke_without_command=True)
def evaluate(
    ctx: typer.Context,
    model: Model = None,
    device: Device = None,
    negatives: Annotated[str | None, typer.Option(help="a proteome without CRM1, as UP000000625 (E. coli)")] = None,
    seed: Annotated[int, typer.Option(help="of every random choice")] = 17,
    quiet: Quiet = False,
) -> None:
    """Say how well the methods find known NESs on families they have not seen."""
    if ctx.invoked_subcommand:
        return
    from ..store.engine import open_store
    from ..workflow.evaluate import evaluate_methods

    settings = settings_with(ctx, model=model, device=device)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        outcome = evaluate_methods(store, settings, negatives=negatives, seed=seed, progress=progress)
    for table in outcome.tables():
        typer.echo(f"\n{table.title}")
        print_table(table.columns, table.rows)
