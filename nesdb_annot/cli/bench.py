"""`nesannot bench`: how fast this machine embeds, beside stock fair-esm and beside its own matrix product."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError, UsageError
from .console import note, print_table
from .context import settings_with
from .options import Device

app = typer.Typer(help="Measure speed on this machine.", no_args_is_help=True)

HEADER = ("shape", "engine", "residues/s", "x batched", "x one by one", "Gflop/s", "of peak", "least cosine")


class Format(StrEnum):
    """How the figures are written."""

    table = "table"
    json = "json"


@app.callback()
def group() -> None:
    """Measure speed on this machine."""


@app.command()
def embed(
    ctx: typer.Context,
    shape: Annotated[
        list[str] | None, typer.Option(help="8M, 35M, 150M, 650M (random weights) or bundled; again for more")
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="packed, openvino, compiled or int8; again for more; default: all that run here"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0, help="per shape; one batch of each engine at least")] = 60.0,
    fasta: Annotated[Path | None, typer.Option(help="take the lengths of these proteins", dir_okay=False)] = None,
    seed: Annotated[int, typer.Option(min=0, help="of lengths, residues and random weights")] = 1,
    device: Device = None,
    form: Annotated[Format, typer.Option("--format", help="table or json")] = Format.table,
) -> None:
    """Embed random proteins with every engine in turn, on one core, beside stock fair-esm.

    Stock fair-esm runs in float32 with the batches of its extract.py and one protein at a time, with the same malloc
    settings as ours and nothing truncated. Rates are per second of one core (of the device on a GPU).
    """
    from ..language.bench.process import machine, measurements
    from ..language.bench.wanted import MEDIAN_LENGTH, NAMES, OURS, SPREAD, Wanted, drawn_lengths

    shapes, engines = tuple(shape or NAMES), tuple(engine or ())
    for kind, asked, known in (("shape", shapes, NAMES), ("engine", engines, OURS)):
        if unknown := [name for name in asked if name not in known]:
            raise UsageError(f"no {kind} {unknown[0]!r} to measure", remedy=f"--{kind} {' or '.join(known)}")
    settings = settings_with(ctx, device=device)
    lengths = _lengths(fasta) if fasta else drawn_lengths(seed)
    drawn = f"log-normal, median {MEDIAN_LENGTH}, standard deviation of ln(length) {SPREAD}"
    facts = {**machine(), "lengths": f"of {fasta}" if fasta else drawn, "seed": seed}
    wanted = Wanted(shapes, engines, tuple(lengths), seconds, seed, settings.device, str(settings.cache_dir))
    measured = list(_told(measurements(wanted)))
    if form is Format.json:
        typer.echo(json.dumps({**facts, "shapes": measured}, indent=1))
    else:
        _print(facts, measured)


def _lengths(fasta: Path) -> list[int]:
    from ..formats.fasta import read_fasta
    from ..records import ProteinRecord

    lengths = [len(record.residues) for record in read_fasta(fasta) if isinstance(record, ProteinRecord)]
    if not lengths:
        raise InputError(f"{fasta} holds no protein that can be embedded")
    return lengths


def _told(measurements: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same, with a note of each: 650M takes minutes."""
    for measured in measurements:
        count = f"{measured['proteins']:,} proteins, {measured['residues']:,} residues"
        note(f"{measured['shape']} measured: {count}, {measured['rounds']} rounds")
        yield measured


def _print(facts: Mapping[str, object], measured: Sequence[Mapping[str, Any]]) -> None:
    note(f"processor: {facts['processor']}; one thread; lengths: {facts['lengths']}")
    for one in measured:
        peaks = ", ".join(f"{kind} {value / 1e9:,.0f}" for kind, value in one["peak_operations"].items())
        work = one["operations_per_residue"] / 1e6
        note(f"{one['shape']}: matrix product of this machine, Gflop/s: {peaks}; {work:,.1f} Mflop a residue")
    gpu = any(row["memory_bytes"] for one in measured for row in one["engines"])
    half = bool(facts["bfloat16"]) or gpu
    rows = [(one["shape"], *_cells(row, half, gpu)) for one in measured for row in one["engines"]]
    print_table((*HEADER, "GB") if gpu else HEADER, rows)
    shares = [row["share_of_a_core"] for one in measured for row in one["engines"]]
    if not gpu and min(shares) < 0.9:
        note(f"the machine was busy: a run had {min(shares):.0%} of a core; rates are per second that it had")


def _cells(row: Mapping[str, Any], half: bool, gpu: bool) -> tuple[str, ...]:
    peak = row["share_of_bfloat16_peak" if half else "share_of_float32_peak"]
    cells = (
        row["engine"], f"{row['residues_per_second']:,.0f}", f"{row['ratio_to_batched']:.2f}",
        f"{row['ratio_to_one_at_a_time']:.2f}", f"{row['operations_per_second'] / 1e9:,.0f}", f"{peak:.3f}",
        f"{row['least_cosine']:.5f}",
    )  # fmt: skip
    return (*cells, f"{(row['memory_bytes'] or 0) / 1e9:.1f}") if gpu else cells
