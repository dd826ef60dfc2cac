"""`nesannot evaluate`: how well the methods find what is known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .console import TerminalProgress, note, print_table
from .context import settings_with
from .evaluate_segmentation import segmentation
from .options import Device, Engine, Layer, Model, Quiet, Workers
from .plots import plots

if TYPE_CHECKING:
    from ..workflow.evaluate import Evaluation

app = typer.Typer(help="Say how well the methods find known NESs on families they have not seen.")
app.command()(segmentation)
app.command()(plots)


class Protocol(StrEnum):
    """Which protocol is followed; the honest one always is."""

    HONEST = "honest"
    PAPER = "paper"


class Format(StrEnum):
    """How tables are printed."""

    TABLE = "table"
    MARKDOWN = "markdown"


@app.callback(invoke_without_command=True)
def evaluate(
    ctx: typer.Context,
    model: Model = None,
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    workers: Workers = None,
    protocol: Annotated[Protocol, typer.Option(help="paper: repeat the published protocol, too")] = Protocol.HONEST,
    negatives: Annotated[str | None, typer.Option(help="a proteome without CRM1, as UP000000625 (E. coli)")] = None,
    cargo: Annotated[Path | None, typer.Option(help="a table of proteins by affinity to CRM1")] = None,
    errors: Annotated[Path | None, typer.Option(help="write every NES and every false positive to this file")] = None,
    save_to: Annotated[Path | None, typer.Option(help="also write the head set that `train` would make")] = None,
    ablation: Annotated[bool, typer.Option("--ablation", help="also without each ingredient")] = False,
    learning_curve: Annotated[bool, typer.Option("--learning-curve", help="also with fewer families (slow)")] = False,
    stored: Annotated[bool, typer.Option("--stored", help="show the newest evaluation, compute nothing")] = False,
    as_format: Annotated[Format, typer.Option("--format", help="of the tables")] = Format.TABLE,
    seed: Annotated[int, typer.Option(min=0, help="of every random choice")] = 17,
    quiet: Quiet = False,
) -> None:
    """Say how well the methods find known NESs on families they have not seen."""
    if ctx.invoked_subcommand:
        return
    from ..store.engine import open_store
    from ..workflow.evaluate import Wanted, evaluate_methods, stored_evaluation

    if stored:
        _refuse_what_computes(ctx)
    wanted = Wanted(negatives, cargo, protocol is Protocol.PAPER, ablation, learning_curve, errors, save_to, seed)
    settings = settings_with(ctx, model=model, layer=layer, device=device, engine=engine, workers=workers)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        outcome = stored_evaluation(store) if stored else evaluate_methods(store, settings, wanted, progress)
    _print(outcome, as_format)
    note(f"stored as run {outcome.run_id}: see the views evaluation and evaluation_candidate")


def _refuse_what_computes(ctx: typer.Context) -> None:
    """What `--stored` would leave unheard is an error: a file that was asked for would be missing."""
    heard = {"stored", "as_format", "quiet"}

    def typed(name: str | None) -> bool:
        source = ctx.get_parameter_source(name) if name and name not in heard else None
        return source is not None and source.name == "COMMANDLINE"

    given = [option.opts[0] for option in ctx.command.params if typed(option.name)]
    if given:
        raise UsageError(
            f"--stored goes without {' and '.join(given)}",
            why="it shows the newest evaluation as it was stored, and computes nothing",
            remedy="leave one of them out",
        )


def _print(outcome: Evaluation, as_format: Format) -> None:
    for table in outcome.tables():
        if as_format is Format.MARKDOWN:
            typer.echo(table.markdown() + "\n")
        else:
            typer.echo(f"\n{table.title}")
            print_table(table.columns, table.rows)
