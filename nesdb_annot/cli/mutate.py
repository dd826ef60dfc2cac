"""`nesannot mutate`: what substitutions, deletions and insertions do to the candidates of a protein."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, UsageError
from .console import TerminalProgress, note, print_table
from .context import settings_with
from .options import Device, Engine, Force, Model, OneInput, Output, Quiet
from .predict import one_protein

if TYPE_CHECKING:
    from ..records import ProteinRecord
    from ..variants import Variant
    from ..workflow.mutate import RefusedVariant, VariantEffect
    from ..workflow.predict import Predictor

COLUMNS = ("variant", "effect", "residues", "before", "after", "change", "total")
FORMATS = ("table", "tsv", "csv", "json", "jsonl")


def mutate(
    ctx: typer.Context,
    input_: OneInput,
    variant: Annotated[list[str] | None, typer.Option(help="HGVS protein notation, as L42A or p.Leu42Ala")] = None,
    variants: Annotated[Path | None, typer.Option(help="file with one variant per line")] = None,
    scan: Annotated[str | None, typer.Option(help="alanine or all: replace each residue of the candidates")] = None,
    sequence: Annotated[str | None, typer.Option(help="new residues of a frameshift, from its residue on")] = None,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Output = "-",
    force: Force = False,
    model: Model = None,
    device: Device = None,
    engine: Engine = None,
    quiet: Quiet = False,
) -> None:
    """Say which variants destroy or create an NES.

    Without variants, the candidates over 0.1 are scanned with alanine. Probabilities are those in a cargo of CRM1;
    change is that of the log-odds. Lost: below 0.1 afterwards. Weakened or gained: a change of 0.7 or more.
    Several substitutions at once: L42A;L45A.

    Examples: nesannot mutate protein.fasta --variant L42A --variant L45A; nesannot mutate Q02750 --scan all
    """
    from ..workflow.mutate import scanned, variant_effects
    from ..workflow.predict import open_predictor

    if format_ not in FORMATS:
        raise UsageError(f"{format_!r} is not a format", remedy=f"--format {' or '.join(FORMATS)}")
    settings = settings_with(ctx, model=model, device=device, engine=engine, cargo_prior=1.0)
    with TerminalProgress(quiet) as progress:
        protein = one_protein(input_, settings, progress, "mutate")
        predictor = open_predictor(settings)
        chosen = list(_named(variant or [], variants, sequence, protein.residues))
        if scan or not chosen:
            prediction = next(predictor.predict([protein]))
            chosen += list(scanned(prediction, scan or "alanine"))
        results = list(variant_effects(predictor, protein, chosen))
    _show(results, format_, output, force=force)
    for line in _summary(predictor, protein, results):
        note(line)
    refused = _refusals(results)
    for one in refused:
        note(f"refused: {one.variant}: {one.reason}")
    note(f"{len(chosen) - len(refused):,} of {len(chosen):,} variants of {protein.accession} were computed")
    if refused:
        raise typer.Exit(1)


def _named(texts: list[str], path: Path | None, tail: str | None, residues: str) -> Iterator[Variant]:
    """Variants of the options and of the file."""
    from ..formats.hgvs import parse_change

    for text in texts:
        yield parse_change(text, residues, tail)
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read", why=str(error), remedy="--variants FILE") from error
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                try:
                    yield parse_change(line.split("\t")[-1], residues, tail)
                except InputError as error:
                    where = f"{path}:{number}"
                    raise InputError(error.what, where=where, why=error.why, remedy=error.remedy) from error


def _summary(
    predictor: Predictor, protein: ProteinRecord, results: list[VariantEffect | RefusedVariant]
) -> Iterator[str]:
    """Name the variants with the strongest effects, and a relation of the protein to the training set."""
    from ..relation import Relation
    from ..workflow.mutate import Effect, VariantEffect

    effects = [one for one in results if isinstance(one, VariantEffect)]
    strong = [one for one in effects if one.effect in (Effect.LOST, Effect.WEAKENED)]
    strong.sort(key=lambda one: one.after)
    if strong:
        named = ", ".join(f"{one.variant} ({one.effect.value}, {one.after:.2f})" for one in strong[:5])
        yield f"strongest effects: {named}"
    elif effects:
        yield "no variant weakens a candidate"
    relation = predictor.training.relation(protein.digest, protein.residues) if predictor.training else None
    if relation and relation.relation is not Relation.NONE:
        yield f"the protein or a relative was in the training set ({relation.accession})"


def _refusals(results: list[VariantEffect | RefusedVariant]) -> list[RefusedVariant]:
    from ..workflow.mutate import RefusedVariant

    return [one for one in results if isinstance(one, RefusedVariant)]


def _show(results: list[VariantEffect | RefusedVariant], format_: str, output: str, *, force: bool) -> None:
    from ..formats.answers import write_answer
    from ..formats.writing import open_output
    from ..workflow.mutate import VariantEffect

    rows = [
        (one.variant, one.effect.value, str(one.span), one.before, one.after, one.change, one.total)
        for one in results
        if isinstance(one, VariantEffect)
    ]
    if format_ == "table" and output == "-":
        if rows:
            print_table(COLUMNS, rows)
        return
    with open_output(output, force=force) as out:
        write_answer(out, COLUMNS, rows, "tsv" if format_ == "table" else format_)
