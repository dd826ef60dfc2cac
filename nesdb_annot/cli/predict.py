"""`nesannot predict`: the answer for single proteins, without a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, UsageError
from .console import TerminalProgress, note, print_text
from .context import settings_with
from .options import Device, Engine, Force, Layer, Model, Output, Quiet

if TYPE_CHECKING:
    from ..predictions import Prediction
    from ..records import ProteinRecord
    from ..settings import Settings
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
    every: Annotated[bool, typer.Option("--all", help="list every candidate, not only the best")] = False,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Output = "-",
    force: Force = False,
    model: Model = None,
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Say whether and where a protein has an NES.

    The verdict goes by the probability: likely NES from 0.5 on, possible NES from 0.1 on.

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
            failed = _printed(predictions, predictor, every=every)
        else:
            everything = list(predictions)
            _write(everything, predictor, format_, output, force=force, every=every)
            failed = [one for one in everything if one.error]
    report_refused(proteins)
    for one in failed:
        note(f"failed: {one.accession}: {one.error}")
    if proteins.rejects or failed:
        raise typer.Exit(1)


def _printed(predictions: Iterator[Prediction], predictor: Predictor, *, every: bool) -> list[Prediction]:
    """Print each answer as soon as it is there; return the proteins that could not be scored."""
    failed = []
    for number, prediction in enumerate(predictions):
        print_text("\n" * bool(number) + _paragraph(prediction, predictor, every=every))
        if prediction.error:
            failed.append(prediction)
    return failed


def _paragraph(prediction: Prediction, predictor: Predictor, *, every: bool) -> str:
    """The answer for one protein as indented lines."""
    from ..report.answer import answer_lines

    return "\n  ".join(answer_lines(prediction, predictor.observed, predictor.thresholds, every=every))


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
            out.writelines(f"{_paragraph(prediction, predictor, every=every)}\n" for prediction in predictions)
        elif format_ == "gff3":
            every_row = prediction_rows(predictions, every=every)
            rows = [dict(zip(PREDICTION_COLUMNS, row, strict=True)) for row in every_row]
            out.write("##gff-version 3\n")
            out.writelines(f"{line}\n" for line in gff3_lines(row for row in rows if row["first_residue"]))
        else:
            write_answer(out, PREDICTION_COLUMNS, prediction_rows(predictions, every=every), format_)
    if output != "-":
        scored = sum(1 for one in predictions if not one.error)
        note(f"{scored:,} of {len(predictions):,} proteins were scored and written to {output}")


def report_refused(proteins: ProteinInput) -> None:
    """Name every record that was refused, and say how many there are."""
    for reject in proteins.rejects:
        place = f"{reject.source}:{reject.line}: " if reject.line else ""
        note(f"refused: {place}{reject.accession}: {reject.reason}")
    if proteins.rejects:
        total = len(proteins.rejects) + len(proteins.proteins)
        note(f"{len(proteins.rejects):,} of {total:,} records were refused")


def one_protein(input_: str, settings: Settings, progress: TerminalProgress, command: str) -> ProteinRecord:
    """Return the only protein of an input; records that are refused are named.

    Raises:
        InputError: if the input holds no protein or several.
    """
    from ..workflow.protein_input import read_proteins

    proteins = read_proteins([input_], settings, progress)
    report_refused(proteins)
    if len(proteins.proteins) != 1:
        what = f"{input_} holds {len(proteins.proteins):,} proteins, {command} takes one"
        raise InputError(what, remedy=f"nesannot {command} with the sequence or a file of one protein")
    return proteins.proteins[0]
