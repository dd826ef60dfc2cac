"""`nesannot evaluate plots`: figures for print, from what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import note
from .context import settings_with
from .options import Model


def plots(
    ctx: typer.Context,
    to: Annotated[Path, typer.Option("--to", help="a directory; made if it is not there")],
    proteome: Annotated[
        str | None, typer.Option(help="whose ranking is drawn; default: the one with most candidates")
    ] = None,
    model: Model = None,
) -> None:
    """Draw scores, candidates, evaluation, loss curves and the flow chart as SVG, PDF and PNG; computes no score."""
    from ..report.figures import draw_all, missing
    from ..report.style import check_matplotlib
    from ..store.engine import open_store
    from ..workflow.plot_material import gather_plots

    check_matplotlib()
    with open_store(settings_with(ctx, model=model)) as store:
        material = gather_plots(store, settings_with(ctx, model=model), proteome)
    for path in draw_all(material, to):
        typer.echo(path)
    for line in missing(material):
        note(f"not drawn: {line}")
