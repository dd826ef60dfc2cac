"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _to_write(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """A file that can be written, or an error before the work is done that it is for."""
    from ..formats.writing import check_place

    check_place(path, option.opts[0])
    return path


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress, no notes")]
Strict = Annotated[bool, typer.Option("--strict", help="refused records are fatal (exit code 65)")]
Replace = Annotated[
    bool, typer.Option("--replace", help="accept that a reference source loses more than 10 % of its entries")
]
RejectsFile = Annotated[
    Path | None, typer.Option("--rejects", help="write refused records to this table", callback=_to_write)
]
Proteome = Annotated[str, typer.Argument(help="UPID (UP000002311) or the name given at ingest", show_default=False)]
ReleaseName = Annotated[str | None, typer.Option("--release", help="name of the release; default: the newest by date")]
Model = Annotated[str | None, typer.Option("--model", help="language model: bundled, an ESM-2 name, prott5, or a path")]
Device = Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps")]
Engine = Annotated[str | None, typer.Option("--engine", help="auto, stock, packed, openvino, compiled or int8")]
Layer = Annotated[int | None, typer.Option("--layer", help="layer; -1: the last, or what the model's card names")]
Queue = Annotated[bool, typer.Option("--queue", help="leave it to workers (nesannot worker) instead of doing it here")]
Workers = Annotated[int | None, typer.Option("--workers", help="embedding processes on a CPU")]
Output = Annotated[str, typer.Option("--output", "-o", help="a file, or - for stdout")]
OneInput = Annotated[
    str,
    typer.Argument(
        metavar="INPUT", help="a sequence, a FASTA file of one protein, or an accession", show_default=False
    ),
]
Force = Annotated[bool, typer.Option("--force", help="replace the output file if it stands there")]
