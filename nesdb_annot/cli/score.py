"""`nesannot score`: embed, segment and score what has not been scored yet."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import UsageError
from .console import TerminalProgress
from .context import settings_with
from .options import Device, Engine, Layer, Model, Proteome, Queue, Quiet, ReleaseName, Workers


def score(
    ctx: typer.Context,
    proteome: Proteome,
    release: ReleaseName = None,
    model: Model = None,
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    workers: Workers = None,
    again: Annotated[bool, typer.Option("--again", help="compute everything anew, also where it was stopped")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be computed, write nothing")] = False,
    cargo_prior: Annotated[float | None, typer.Option(help="share of proteins assumed to be cargoes")] = None,
    decoys: Annotated[
        str | None,
        typer.Option(help="q-values by shuffled proteins (the default from 200 proteins on), a proteome, or none"),
    ] = None,
    queue: Queue = False,
    quiet: Quiet = False,
) -> None:
    """Score every sequence of a proteome that has no scores yet, and rank it; Ctrl-C and run again to go on."""
    from ..store.engine import open_store
    from ..workflow.score import score_proteome

    if queue and (device or engine or workers):
        raise UsageError("--queue goes without --device, --engine and --workers", why="each worker chooses its own")
    settings = settings_with(ctx, model=model, layer=layer, device=device, engine=engine, workers=workers)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        if queue and not dry_run:
            from ..workflow.queue import defer_score

            deferred = defer_score(
                store, settings, proteome, release=release, again=again, cargo_prior=cargo_prior, decoys=decoys
            )
            for line in deferred.said:
                progress.note(line)
            if deferred.problem:
                raise deferred.problem
            return
        summary = score_proteome(
            store,
            settings,
            proteome,
            release=release,
            again=again,
            dry_run=dry_run,
            cargo_prior=cargo_prior,
            decoys=decoys,
            progress=progress,
        )
        for sentence in summary.sentences():
            progress.note(sentence)
        if summary.problem:
            raise summary.problem
