"""`nesannot changes`: candidates gained, lost and moved between two releases, each with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .console import note, print_table, written
from .context import settings_of
from .options import Force, Output

if TYPE_CHECKING:
    from ..workflow.changes import Changes

FORMATS = ("table", "tsv", "csv", "jsonl")
HEADER = ("outcome", "cause", "accession", "before", "since", "peptide", "rank before", "rank", "p before", "p")
REFERENCES = ("kind", "accession", "source", "entry", "added", "removed", "recorded")
PROTEINS = ("kind", "accession", "successors", "basis", "gained", "lost", "moved")


def changes(
    ctx: typer.Context,
    proteome: Annotated[str | None, typer.Argument(help="UPID or name; default: all with two releases")] = None,
    first: Annotated[str | None, typer.Option("--from", help="release; default: the one before --to")] = None,
    last: Annotated[str | None, typer.Option("--to", help="release; default: the newest")] = None,
    references: Annotated[
        bool, typer.Option("--references", help="list reference motifs that came, changed or went")
    ] = False,
    proteins: Annotated[bool, typer.Option("--proteins", help="list proteins, not candidates")] = False,
    minimum: Annotated[float, typer.Option(min=0, max=1, help="least probability, before or since")] = 0.0,
    top: Annotated[int, typer.Option(min=0, max=10**9, help="candidates to list; 0 for all")] = 50,
    format_: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    output: Output = "-",
    force: Force = False,
) -> None:
    """Say what changed between releases: proteins by kind, and the candidates that it gained, lost and moved."""
    from ..store.engine import open_store
    from ..workflow.changes import changes_of, proteomes_with_changes, reference_changes, write_changes

    if format_ not in FORMATS:
        raise UsageError(f"no such format: {format_!r}", remedy=f"choose from {', '.join(FORMATS)}")
    if not proteome and (first or last or format_ != "table"):
        raise UsageError("which proteome?", why="--from, --to and files go with one", remedy="nesannot changes UP...")
    if format_ == "table" and output != "-":
        raise UsageError("a table goes to the terminal only", remedy=f"--format tsv --output {output}")
    if references and (proteome or proteins or format_ != "table"):
        raise UsageError("--references goes alone", why="references belong to no proteome", remedy="nesannot changes")
    with open_store(settings_of(ctx)) as store:
        if references:
            print_table(REFERENCES, map(_reference, reference_changes(store)))
            return
        for name in [proteome] if proteome else proteomes_with_changes(store):
            found = changes_of(store, name, first, last, minimum=minimum, limit=top or None)
            if format_ == "table":
                _print(found, proteins)
            else:
                count = write_changes(found, output, format_, proteins=proteins, force=force)
            for sentence in found.sentences():
                note(sentence)
            if format_ != "table":
                total = count if proteins else sum(found.outcomes().values())
                note(written(count, total, "changes of proteins" if proteins else "changes of candidates", output))


def _print(found: Changes, proteins: bool) -> None:
    if proteins:
        rows = [[*(row[name] for name in PROTEINS)] for row in found.proteins if row["kind"] != "metadata"]
        print_table(PROTEINS, [[", ".join(v) if isinstance(v, list) else v for v in row] for row in rows])
    elif found.candidates:
        print_table(HEADER, map(_line, found.candidates))


def _line(row: Mapping[str, object]) -> tuple[object, ...]:
    names = dict.fromkeys((row["old_accession"], row["accession"]))
    return (
        row["outcome"],
        str(row["cause"]).replace("_", " "),
        " > ".join(str(name) for name in names if name),
        _span(row["old_first_residue"], row["old_last_residue"]),
        _span(row["first_residue"], row["last_residue"]),
        row["peptide"],
        *(row[name] for name in ("old_rank", "rank", "old_probability", "probability")),
    )


def _reference(row: Mapping[str, Any]) -> tuple[object, ...]:
    facts = row["facts"]
    added, removed = (", ".join(_site(*site) for site in facts[name]) or None for name in ("added", "removed"))
    moment = row["recorded_at"].astimezone().isoformat(" ", "seconds")
    return row["kind"], row["accession"], facts["source"], facts["entry"], added, removed, moment


def _site(kind: str, sign: str, first: int, last: int) -> str:
    return f"{first}-{last} ({kind.replace('_', ' ')}{'' if sign == 'motif' else f', {sign}'})"


def _span(first: object, last: object) -> str:
    return "-" if first is None else f"{first}-{last}"
