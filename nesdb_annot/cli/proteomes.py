"""`nesannot proteomes` and `nesannot remove`: what is stored, and how to be rid of it."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import note, print_table
from .context import settings_of
from .options import Proteome

HEADER = ("name", "organism", "releases", "proteins", "scored", "ranked")


def proteomes(ctx: typer.Context) -> None:
    """List the stored proteomes: how many proteins the newest release has, and how much is scored and ranked."""
    from ..store.engine import open_store
    from ..store.proteome_list import proteome_states

    with open_store(settings_of(ctx)) as store:
        states = proteome_states(store)
    if not states:
        note("no proteome is stored: nesannot ingest proteome FILE")
        return
    print_table(
        HEADER,
        [
            (one.name, one.organism, one.releases, one.proteins, f"{one.scored:,} of {one.sequences:,} sequences",
             f"{one.candidates:,} candidates, {one.ranked}" if one.ranked else "no")
            for one in states
        ],
    )  # fmt: skip


def remove(
    ctx: typer.Context,
    proteome: Proteome,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Remove a proteome with its releases and rankings.

    Sequences go with their scores unless another proteome, a reference or an evaluation uses them.
    """
    from ..store.engine import open_store
    from ..store.proteome_list import check_name
    from ..store.removal import remove_proteome

    with open_store(settings_of(ctx)) as store:
        name = check_name(store, proteome)
        if not yes:
            typer.confirm(f"Remove {name} with all its releases and rankings?", abort=True, err=True)
        removal = remove_proteome(store, name)
    note(removal.sentence())
