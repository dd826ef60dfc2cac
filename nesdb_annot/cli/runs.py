"""`nesannot runs`: what ran, on what, how far it is, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .console import note, print_table
from .context import settings_of

if TYPE_CHECKING:
    from ..store.runs import StoredRun

HEADER = ("run", "what", "status", "started", "seconds", "counts", "error")

app = typer.Typer(help="What ran, on what, how far it is, and what failed.", invoke_without_command=True)
RunNumber = Annotated[int, typer.Argument(help="number of the run", min=1, max=2**31 - 1, show_default=False)]


@app.callback()
def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10**9, help="newest so many")] = 20,
) -> None:
    """List runs, newest first. The view run_progress tells more: settings, software, device."""
    if ctx.invoked_subcommand:
        return
    from ..store.engine import open_store
    from ..store.runs import list_runs

    with open_store(settings_of(ctx)) as store:
        print_table(HEADER, map(_row, list_runs(store, limit)))


def _row(run: StoredRun) -> tuple[object, ...]:
    seconds = run.seconds if run.finished_at else None
    counts = ", ".join(f"{name} {value}" for name, value in run.counts.items() if value and not isinstance(value, list))
    started = run.started_at.astimezone().isoformat(" ", "seconds")
    return run.id, _what(run), run.status, started, seconds, counts, run.error.split("\n")[0]


def _what(run: StoredRun) -> str:
    named = (str(run.settings[name]) for name in ("proteome", "source") if run.settings.get(name))
    return " ".join([run.kind, *named])


@app.command()
def show(
    ctx: typer.Context,
    number: RunNumber,
    limit: Annotated[int, typer.Option(min=1, max=10**6, help="at most so many chunks, and failures")] = 20,
) -> None:
    """One run: what, on what, how far, how fast, time left, what failed and why."""
    from ..store.engine import open_store
    from ..workflow.run_report import report

    with open_store(settings_of(ctx)) as store:
        told = report(store, number, limit)
        print_table(("fact", "value"), told.facts)
        if told.units:
            print_table(("chunk", "sequences", "residues", "attempts", "worker", "seconds", "error"), told.units)
        if told.failures:
            print_table(("accession", "sequence", "length", "attempts", "error"), told.failures)


@app.command()
def retry(ctx: typer.Context, number: RunNumber) -> None:
    """Do again what of a run failed, was interrupted or lost its worker."""
    from ..store.engine import open_store
    from ..workflow.retry import retry_run
    from .console import TerminalProgress

    settings = settings_of(ctx)
    with TerminalProgress() as progress, open_store(settings) as store:
        for line in retry_run(store, settings, number, progress=progress):
            note(line)


def compare(
    ctx: typer.Context,
    first: RunNumber,
    second: RunNumber,
    top: Annotated[int, typer.Option(min=1, max=10**6, help="how far down rankings are compared")] = 100,
) -> None:
    """What differs between two runs: settings, software, amounts, speed, and the candidates they lead to."""
    from ..store.engine import open_store
    from ..workflow.run_report import compare_runs

    with open_store(settings_of(ctx)) as store:
        told = compare_runs(store, first, second, top)
        print_table(("fact", f"run {first}", f"run {second}"), told.facts)
        for line in told.sentences:
            note(line)
        if told.moved:
            print_table(("accession", "span", "peptide", f"rank {first}", f"rank {second}"), told.moved)
