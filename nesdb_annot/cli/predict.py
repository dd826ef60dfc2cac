"""`nesannot predict`: the answer for single proteins, without a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .console import TerminalProgress, note, print_text
from .context import settings_with
from .options import Device, Engine, Force, Layer, Model, Output, Quiet

if TYPE_CHECKING:
    from ..predictions import Prediction
    from ..workflow.predict import Predictor
    from ..workflow.protein_input import ProteinInput

FORMATS = ("table", "tsv", "json", "jsonl", "gff3", "svg")

Inputs = Annotated[
    list[str],
    typer.Argument(
        help="a sequence, a FASTA file, - for standard input, an accession or isoform, or @FILE with one of these "
        "per line",
        show_default=False,
    ),
]
Cargo = Annotated[bool, typer.Option("--cargo", help="the proteins are known to be exported by CRM1")]


def predict(
    ctx: typer.Context,
    inputs: Inputs,
    cargo: Cargo = False,
    cargo_prior: Annotated[float | None, typer.Option(help="assumed share of CRM1 cargoes, above 0 to 1")] = None,
    every: Annotated[bool, typer.Option("--all", help="list every candidate of each protein in a file")] = False,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Output = "-",
    force: Force = False,
    model: Model = None,
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Say for each protein whether and where it has an NES, how sure that is, and why.

    Examples: nesannot predict MNELALKLAGLDINKTEG --cargo; nesannot predict my.fasta --format tsv -o answer.tsv;
    nesannot predict Q02750
    """
    from ..formats.writing import check_place
    from ..workflow.predict import open_predictor
    from ..workflow.protein_input import read_proteins

    if format_ not in FORMATS:
        raise UsageError(f"{format_!r} is not a format", remedy=f"--format {' or '.join(FORMATS)}")
    if cargo and cargo_prior is not None:
        raise UsageError("--cargo cannot be combined with --cargo-prior", remedy="give one of them")
    if output != "-":
        check_place(Path(output), "--output")
    settings = settings_with(
        ctx, model=model, layer=layer, device=device, engine=engine, cargo_prior=1.0 if cargo else cargo_prior
    )
    with TerminalProgress(quiet) as progress:
        proteins = read_proteins(inputs, settings, progress)
        predictor = open_predictor(settings)
        predictions = predictor.predict(proteins.proteins)
        if format_ == "table" and output == "-":
            _print(predictions, predictor)
        else:
            _write(list(predictions), predictor, format_, output, force=force, every=every)
        _refused(proteins)


def _print(predictions: Iterator[Prediction], predictor: Predictor) -> None:
    for number, prediction in enumerate(predictions):
        print_text("\n" * bool(number) + _paragraph(prediction, predictor))


def _paragraph(prediction: Prediction, predictor: Predictor) -> str:
    """The answer for one protein as indented lines."""
    from ..report.answer import answer_lines

    return "\n  ".join(answer_lines(prediction, predictor.observed, predictor.thresholds))


def _write(
    predictions: Sequence[Prediction], predictor: Predictor, format_: str, output: str, *, force: bool, every: bool
) -> None:
    from ..formats.answers import write_answer
    from ..formats.gff3 import gff3_lines
    from ..formats.writing import open_output
    from ..report.protein_track import track_of
    from ..report.rows import PREDICTION_COLUMNS, prediction_rows
    from ..report.track import track_svg

    with open_output(output, force=force) as out:
        if format_ == "svg":
            if len(predictions) != 1:
                raise UsageError("an SVG shows one protein", remedy="nesannot plot INPUT -o x.svg for each of them")
            out.write(track_svg(track_of(predictions[0])))
        elif format_ == "table":
            out.writelines(f"{_paragraph(prediction, predictor)}\n" for prediction in predictions)
        elif format_ == "gff3":
            every_row = prediction_rows(predictions, every=every)
            rows = [dict(zip(PREDICTION_COLUMNS, row, strict=True)) for row in every_row]
            out.write("##gff-version 3\n")
            out.writelines(f"{line}\n" for line in gff3_lines(row for row in rows if row["first_residue"]))
        else:
            write_answer(out, PREDICTION_COLUMNS, prediction_rows(predictions, every=every), format_)
    if output != "-":
        note(f"{len(predictions):,} of {len(predictions):,} proteins written to {output}")


def _refused(proteins: ProteinInput) -> None:
    """Name what was refused; exit code 1 if something was."""
    for reject in proteins.rejects:
        place = f"{reject.source}:{reject.line}: " if reject.line else ""
        note(f"refused: {place}{reject.accession}: {reject.reason}")
    if proteins.rejects:
        total = len(proteins.rejects) + len(proteins.proteins)
        note(f"{len(proteins.rejects):,} of {total:,} records were refused")
        raise typer.Exit(1)
