"""The entry point: global options, the commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, NoReturn

import click
import typer

from .. import __version__
from ..errors import EXIT_CODES, NesannotError
from ..settings import load_settings
from . import db, demo, info, ingest, models, rank, runs, score, sql, train
from .console import note
from .context import Global

EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())

app = typer.Typer(
    name="nesannot",
    help="Find nuclear export signals (NES) in whole proteomes.",
    epilog=EPILOG,
    no_args_is_help=True,
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
    """Find nuclear export signals (NES) in whole proteomes."""
    flags = {"database_url": database_url, "data_dir": data_dir, "offline": offline}
    ctx.obj = Global(load_settings(flags), flags)


app.add_typer(ingest.app, name="ingest")
app.add_typer(db.app, name="db")
app.add_typer(models.app, name="models")
for command in (demo.demo, train.train, score.score, rank.rank, sql.sql, runs.runs, info.info):
    app.command()(command)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with a code of `errors.EXIT_CODES`."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(words, standalone_mode=False)
    except KeyboardInterrupt:
        _leave("stopped; the next run goes on from here", 130)
    except click.exceptions.Abort:
        _leave("stopped", 130)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except NesannotError as error:
        _fail(error, "--debug" in words)
    except BrokenPipeError:
        # The reader of our stdout has gone (`| head`): that is its right, and no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _on_sigterm(_number: int, _frame: object) -> NoReturn:
    note("stopped by SIGTERM; the next run goes on from here")
    sys.exit(143)


def _leave(text: str, code: int) -> NoReturn:
    note(f"\n{text}")
    sys.exit(code)


def _fail(error: NesannotError, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exception(error)
    note(f"nesannot: {error}")
    sys.exit(error.exit_code)
