"""`nesannot rank`: the candidates of a proteome, best first, on the terminal or as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .candidates import print_candidates
from .console import TerminalProgress, note, written
from .context import settings_with
from .options import Force, Layer, Model, Output, Proteome, ReleaseName

if TYPE_CHECKING:
    from ..workflow.rank import RankedProteome

FORMATS = ("table", "tsv", "csv", "jsonl", "json", "gff3", "bed")


def rank(
    ctx: typer.Context,
    proteome: Proteome,
    top: Annotated[int, typer.Option(min=0, max=10**9, help="candidates to list; 0 for all")] = 20,
    point: Annotated[str | None, typer.Option(help="only those over it: strict, balanced or sensitive")] = None,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Output = "-",
    force: Force = False,
    provenance: Annotated[bool, typer.Option(help="lines that say where the numbers come from")] = True,
    cargo_prior: Annotated[
        float | None, typer.Option(help="share of proteins assumed to be cargoes, for this list only")
    ] = None,
    decoys: Annotated[
        str | None, typer.Option(help="q-values by shuffled, by a proteome without CRM1, or none, for this list only")
    ] = None,
    methods: Annotated[bool, typer.Option("--methods", help="also print the score of each method")] = False,
    proteins: Annotated[bool, typer.Option("--proteins", help="each protein's best, likeliest cargo first")] = False,
    release: ReleaseName = None,
    model: Model = None,
    layer: Layer = None,
) -> None:
    """List the ranked candidates of a proteome. Reads only: `nesannot score` makes the ranking."""
    from ..store.engine import open_store
    from ..workflow.rank import Listing, rank_proteome
    from ..workflow.write import write_ranking

    if format_ not in FORMATS:
        raise UsageError(f"no such format: {format_!r}", remedy=f"choose from {', '.join(FORMATS)}")
    if format_ == "table" and output != "-":
        raise UsageError("a table goes to the terminal only", remedy=f"--format tsv --output {output}")
    settings_with(ctx, cargo_prior=cargo_prior)  # a wrong share is a wrong command line, whatever is ranked
    settings = settings_with(ctx, model=model, layer=layer)
    with TerminalProgress() as progress, open_store(settings) as store:
        chosen = model is not None or layer is not None
        listing = Listing(top or None, point, proteins, cargo_prior, decoys, as_set=chosen)
        ranking = rank_proteome(store, settings, proteome, release=release, listing=listing)
        for line in ranking.notes:
            progress.note(line)
        if format_ == "table":
            print_candidates(ranking.rows, methods=methods)
        else:
            write_ranking(ranking, output, format_, provenance=provenance, force=force)
        for sentence in ranking.sentences():
            note(sentence)
        for sentence in ranking.training_sentences():
            note(sentence)
        if format_ != "table":
            note(_written(ranking, output, top))


def _written(ranking: RankedProteome, output: str, top: int) -> str:
    """How many candidates, or proteins, of the whole ranking a file holds."""
    count, total, unit = len({row["rank"] for row in ranking.rows}), ranking.candidates, "candidates"
    if ranking.proteins:
        count, total, unit = len(ranking.rows), ranking.ranking.proteins, "proteins"
    rest = "; --top 0 writes all" if top and count < total and not ranking.point else ""
    return written(count, total, unit, output) + rest
