"""What the global options leave behind for the commands."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from ..settings import Origins, Settings


@dataclass(frozen=True, slots=True)
class Global:
    """Global options of one call."""

    origins: Origins
    debug: bool = False


def settings_of(ctx: typer.Context) -> Settings:
    """Settings in force for this call."""
    return origins_of(ctx).settings


def origins_of(ctx: typer.Context) -> Origins:
    """Settings in force for this call, with where each came from."""
    found = ctx.find_object(Global)
    if found is None:
        raise RuntimeError("a command ran without the main callback")
    return found.origins
