"""`nesannot plot`: the picture of one protein with its candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError, UsageError
from .console import TerminalProgress, note
from .context import settings_with
from .options import Device, Engine, Force, Model, OneInput, Quiet
from .predict import Cargo, one_protein


def plot(
    ctx: typer.Context,
    input_: OneInput,
    output: Annotated[Path, typer.Option("--output", "-o", help="SVG file to write")] = Path("protein.svg"),
    cargo: Cargo = False,
    force: Force = False,
    model: Model = None,
    device: Device = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Draw one protein with its candidates as SVG.

    Example: nesannot plot protein.fasta -o protein.svg
    """
    from ..formats.writing import check_place, open_output
    from ..report.protein_track import track_of
    from ..report.track import track_svg
    from ..workflow.predict import open_predictor

    if output.suffix != ".svg":
        raise UsageError(f"{output} is not an SVG file", remedy=f"--output {output.with_suffix('.svg')}")
    check_place(output, "--output")
    settings = settings_with(ctx, model=model, device=device, engine=engine, cargo_prior=1.0 if cargo else None)
    with TerminalProgress(quiet) as progress:
        protein = one_protein(input_, settings, progress, "plot")
        prediction = next(open_predictor(settings).predict([protein]))
        if prediction.error:
            raise InputError(f"{protein.accession} cannot be scored", why=prediction.error, remedy="check the sequence")
        with open_output(output, force=force) as out:
            out.write(track_svg(track_of(prediction)))
    note(f"{output} shows {prediction.accession}, {len(prediction.candidates):,} of its candidates")
