"""What the global options leave behind for the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import typer

from ..settings import Origins, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Global:
    """Global options of one call, and the settings that follow from them.

    Attributes:
        flags: global options by the name of their setting.
        of_command: the options of the command that are settings, once the command has asked for its settings.
    """

    origins: Origins
    flags: Mapping[str, object] = field(default_factory=dict)
    of_command: dict[str, object] = field(default_factory=dict)

    def given(self, setting: str) -> bool:
        """Whether an option of this call gave the value of `setting`."""
        return any(flags.get(setting) is not None for flags in (self.flags, self.of_command))


def origins_of(ctx: typer.Context) -> Origins:
    """Settings in force for this call, with where each came from."""
    return _found(ctx).origins


def settings_of(ctx: typer.Context) -> Settings:
    """Settings in force for this call."""
    return _found(ctx).origins.settings


def settings_with(ctx: typer.Context, **flags: object) -> Settings:
    """Settings of this call after the options of its command, those that were given."""
    call = _found(ctx)
    call.of_command.update(flags)
    return load_settings({**call.flags, **flags}).settings


def _found(ctx: typer.Context) -> Global:
    found = ctx.find_object(Global)
    if found is None:
        raise RuntimeError("a command ran without the main callback")
    return found
