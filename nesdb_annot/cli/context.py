"""What the global options leave behind for the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import typer

from ..settings import Origins, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Global:
    """Global options of one call, and the settings that follow from them."""

    origins: Origins
    flags: Mapping[str, object] = field(default_factory=dict)


def origins_of(ctx: typer.Context) -> Origins:
    """Settings in force for this call, with where each came from."""
    return _found(ctx).origins


def settings_of(ctx: typer.Context) -> Settings:
    """Settings in force for this call."""
    return _found(ctx).origins.settings


def settings_with(ctx: typer.Context, **flags: object) -> Settings:
    """Settings of this call after the options of its command, those that were given."""
    return load_settings({**_found(ctx).flags, **flags}).settings


def _found(ctx: typer.Context) -> Global:
    found = ctx.find_object(Global)
    if found is None:
        raise RuntimeError("a command ran without the main callback")
    return found
