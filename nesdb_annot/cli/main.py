"""The entry point: global options, the commands, and the one place where errors become exit codes."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .. import __version__
from ..errors import EXIT_CODES, InternalError, NesannotError, disk_error
from ..settings import load_settings
from . import bench, db, demo, evaluate, info, ingest, models, proteomes, rank, runs, score, sql, train, worker
from .changes import changes
from .console import note
from .context import Global
from .global_options import GlobalOptionsGroup
from .manual import manual
from .mutate import mutate
from .plot import plot
from .predict import predict
from .reannotate import reannotate
from .similar import similar

EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())

app = typer.Typer(
    name="nesannot",
    cls=GlobalOptionsGroup,
    help="Find nuclear export signals (NES) in whole proteomes.",
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nesannot {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... ; without it the embedded server")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="embedded database and fetched weights")] = None,
    offline: Annotated[bool | None, typer.Option("--offline", help="open no socket but the database's")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """Find nuclear export signals (NES) in whole proteomes. The options below may also follow a command."""
    flags = {"database_url": database_url, "data_dir": data_dir, "offline": offline}
    ctx.obj = Global(load_settings(flags), flags)


app.add_typer(ingest.app, name="ingest")
app.add_typer(db.app, name="db")
app.add_typer(models.app, name="models")
app.add_typer(bench.app, name="bench")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(runs.app, name="runs")
for command in (
    *(demo.demo, train.train, score.score, rank.rank, sql.sql, runs.compare),
    *(worker.worker, info.info, proteomes.proteomes, proteomes.remove),
):
    app.command()(command)

for command in (reannotate, changes):
    app.command()(command)
app.command()(similar)

app.command()(predict)
app.command()(mutate)
app.command()(plot)
app.command()(manual)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with a code of `errors.EXIT_CODES`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_signal)
    atexit.register(gc.freeze)  # the interpreter would look through all of torch for garbage once more: half a second
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show stops nothing
    words = sys.argv[1:] if arguments is None else arguments
    try:
        app(words)
    except NesannotError as error:
        if "--debug" in words:
            note("".join(traceback.format_exception(error)))
        note(f"nesannot: {error}")
        sys.exit(error.exit_code)
    except Exception as error:  # whatever else it is, it is ours to mend: 1 would tell a scheduler that a check said no
        if full := disk_error(error):
            note(f"nesannot: {full}")
            sys.exit(full.exit_code)
        note(traceback.format_exc())
        note(f"nesannot: {EXIT_CODES[InternalError.exit_code]}, with these lines")
        sys.exit(InternalError.exit_code)
    sys.exit(0)


def _on_signal(number: int, _frame: object) -> NoReturn:
    """Leave in good order, with 130 for Ctrl-C and 143 for SIGTERM; a second signal ends the process at once."""
    signal.signal(number, signal.SIG_DFL)
    after = "--again begins anew" if "--again" in sys.argv else "the next run goes on from here"
    note(f"\nstopped by {signal.Signals(number).name}; {after}")
    sys.exit(128 + number)
