"""`nesannot demo`: everything once, on the bundled sample."""

from __future__ import annotations

import typer

from .candidates import print_candidates
from .console import TerminalProgress, note
from .context import settings_with
from .options import Device, Engine, Workers

SHOWN = 15


def demo(ctx: typer.Context, device: Device = None, engine: Engine = None, workers: Workers = None) -> None:
    """Set up a private database and rank the bundled sample: 16 proteins, 10 of them with a published NES."""
    from ..store.engine import connection_line, open_store
    from ..workflow.demo import run_demo

    settings = settings_with(ctx, device=device, engine=engine, workers=workers)
    with TerminalProgress() as progress, open_store(settings, migrate=True) as store:
        done = run_demo(store, settings, progress)
        print_candidates(done.ranking.rows[:SHOWN])
        note("")
        for sentence in done.ranking.training_sentences():
            note(sentence)
        note(f"{done.ranking.candidates} candidates in all; the database: psql '{connection_line(settings)}'")
    note(
        "Next:\n"
        "  nesannot ingest proteome YOUR.fasta --name mine && nesannot score mine && nesannot rank mine\n"
        '  nesannot sql "select accession, peptide, probability from candidate where proteome = '
        "'mine' order by rank limit 5\"\n"
        "  nesannot db url      # for psql;   nesannot db stop   # stops the private server"
    )
    if done.summary.problem:
        raise done.summary.problem
