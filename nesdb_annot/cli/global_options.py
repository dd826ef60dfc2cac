"""The root of the command line: global options before and after the command, commands in the order of use."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

from ..errors import ConfigurationError, UsageError
from ..settings import load_settings
from .context import Global

ORDER = (
    *("predict", "mutate", "plot", "demo", "ingest", "score", "rank", "similar", "sql", "proteomes", "remove"),
    *("reannotate", "changes", "worker", "runs", "compare", "db", "train", "evaluate", "models", "bench", "info"),
    "manual",
)
"""Commands in the order in which a user meets them; one that is not named here comes last."""


class GlobalOptionsGroup(TyperGroup):
    """The root of the command line; every command and group below it accepts the options of the root, too.

    The copies are hidden, so that the help of a command lists only the options of that command.
    """

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401 - the arguments of click
        super().__init__(**arguments)
        options = [_hidden(option) for option in self.params if isinstance(option, TyperOption)]
        for command in _below(self):
            taken = {name for option in command.params for name in option.opts}
            command.params += [option for option in options if taken.isdisjoint(option.opts)]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer brings click under two names
        """Return the names of the commands in the order of use."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer brings click under two names
        """Run the command; a setting that fits nothing is a wrong command line if an option gave its value."""
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            if isinstance(ctx.obj, Global) and ctx.obj.given(error.setting):
                raise UsageError(error.what, where=error.where, why=error.why, remedy=error.remedy) from error
            raise


def _below(group: TyperGroup) -> Iterator[TyperCommand | TyperGroup]:
    """Return every command and group below `group`."""
    for command in group.commands.values():
        assert isinstance(command, TyperCommand | TyperGroup)
        yield command
        if isinstance(command, TyperGroup):
            yield from _below(command)


def _hidden(option: TyperOption) -> TyperOption:
    """Return a copy of a root option that a command accepts without showing it or getting its value."""
    option = copy.copy(option)
    option.hidden, option.expose_value = True, False
    if not option.is_eager:  # --version acts by itself
        option.callback = _merge
    return option


def _merge(ctx: Any, option: Any, value: object) -> object:  # noqa: ANN401 - typer brings click under two names
    """Add a global option that follows the command to the settings of the call."""
    source = ctx.get_parameter_source(option.name)
    given = source is not None and source.name == "COMMANDLINE"
    if given and isinstance(ctx.obj, Global) and option.name in ctx.obj.origins.origin:
        flags = {**ctx.obj.flags, option.name: value}
        ctx.obj = Global(load_settings(flags), flags)
    return value
