"""`nesannot ingest`: proteomes, references and annotations into the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import CannotWriteError, NesannotError, UsageError
from ..records import Json
from .console import TerminalProgress, note, written
from .context import settings_of
from .options import Queue, Quiet, RejectsFile, Replace, Strict

if TYPE_CHECKING:
    from ..workflow.ingest import Ingest
    from ..workflow.rejects import Rejects

app = typer.Typer(help="Read proteomes, reference NESs and annotations into the database.", no_args_is_help=True)

Source = Annotated[str, typer.Argument(help="a file, or - for standard input", show_default=False)]


COLUMNS = (
    "TSV with the columns accession, first, last, evidence, citation; optional: residues, and sign, which is motif "
    "(the default), non-motif (tested, and no NES) or doubtful (neither learned nor counted)"
)


@contextmanager
def _refused(strict: bool, table: Path | None, progress: TerminalProgress) -> Iterator[Rejects]:
    """Refused records of an ingest; their `table` is written when it ends, also if they are what ends it."""
    from ..workflow.rejects import Rejects

    rejects = Rejects(strict=strict)
    try:
        yield rejects
    except NesannotError:
        if rejects.all:  # if nothing was read, a table that stands there stays
            try:
                _write(rejects, table, progress)
            except CannotWriteError as unwritten:  # why the ingest failed matters more
                progress.end()
                note(f"the refused records are not in a table: {unwritten.what}: {unwritten.why}".removesuffix(": "))
        raise
    _write(rejects, table, progress)


def _write(rejects: Rejects, table: Path | None, progress: TerminalProgress) -> None:
    say = progress.warn if rejects.all else progress.note
    if table:
        rejects.write(table)
        say(written(len(rejects.all), len(rejects.all), "refused records", table))
    elif rejects.all:
        say(f"{len(rejects.all):,} records were refused; --rejects FILE writes all of them to a table")


def _say(done: Ingest, progress: TerminalProgress) -> None:
    for line in done.rejects.lines():
        (progress.warn if done.rejects.all else progress.note)(line)
    for sentence in done.sentences:
        progress.note(sentence)
    if done.problem:
        raise done.problem


def _deferred(ctx: typer.Context, command: str, rejects: Path | None, quiet: bool, **arguments: Json) -> None:
    """Leave an ingest to a worker, which must find the file where it is here."""
    from ..store.engine import open_store
    from ..workflow.queue import defer_command

    if rejects:
        raise UsageError("--queue goes without --rejects", why="the file would be written where the worker runs")
    with TerminalProgress(quiet) as progress, open_store(settings_of(ctx)) as store:
        for line in defer_command(store, command, arguments).said:
            progress.note(line)
        source = str(arguments.get("source") or "")
        if ("." in source or "/" in source) and not source.startswith("@") and not Path(source).is_file():
            progress.note(f"there is no file {source} here; it must be where the worker starts")


def _absolute(source: str) -> str:
    """A file as any process on this machine finds it; what is no file as it is."""
    return str(Path(source).resolve()) if Path(source).is_file() else source


@app.command()
def proteome(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(help="FASTA file, pipe or - ; from UniProt: a UPID, or @FILE of accessions", show_default=False),
    ],
    upid: Annotated[str | None, typer.Option(help="UPID, where the file name has none")] = None,
    name: Annotated[str | None, typer.Option(help="a name of your own, for what is no UniProt proteome")] = None,
    release: Annotated[str | None, typer.Option(help="name of the release; a FASTA file holds none")] = None,
    released: Annotated[str | None, typer.Option(help="its date, YYYY-MM-DD; releases are ordered by it")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="replace the release of the same name")] = False,
    strict: Strict = False,
    rejects: RejectsFile = None,
    queue: Queue = False,
    quiet: Quiet = False,
) -> None:
    """Ingest a proteome; what is known already is not stored again."""
    from ..store.engine import open_store
    from ..workflow.ingest import ingest_proteome
    from ..workflow.proteome_source import fetched_source, is_remote, proteome_source
    from ..workflow.source_names import check_name

    settings = settings_of(ctx)
    check_name(source, "ingest proteome")
    if queue:
        told: dict[str, Json] = {"upid": upid, "name": name, "release": release, "released": released}
        told |= {"source": _absolute(source), "replace": replace, "strict": strict}
        _deferred(ctx, "ingest proteome", rejects, quiet, **told)
        return
    with TerminalProgress(quiet) as progress, _refused(strict, rejects, progress) as refused:
        if is_remote(source):
            stated = {"--upid": upid, "--release": release, "--released": released}
            known = fetched_source(settings, source, name, progress, stated=stated, rejects=refused)
        else:
            known = proteome_source(source, upid=upid, name=name, release=release, released=released)
        with open_store(settings) as store:
            _say(ingest_proteome(store, known, rejects=refused, replace=replace), progress)


@app.command()
def nesdb(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="an export; without it the site", show_default=False)] = None,
    accept_terms: Annotated[bool, typer.Option("--accept-terms", help="of NESdb, free to nonprofit users")] = False,
    replace: Replace = False,
    strict: Strict = False,
    rejects: RejectsFile = None,
    queue: Queue = False,
    quiet: Quiet = False,
) -> None:
    """Ingest NESdb from an export file, or from its site when no file is given."""
    from ..store.engine import open_store
    from ..workflow.ingest import ingest_references
    from ..workflow.reference_sources import nesdb_entries, nesdb_source

    settings = settings_of(ctx)
    if queue:
        arguments: dict[str, Json] = {"source": _absolute(str(file)) if file else None, "accept_terms": accept_terms}
        _deferred(ctx, "ingest nesdb", rejects, quiet, **arguments, replace=replace, strict=strict)
        return
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        entries = nesdb_entries(settings, file, accepted_terms=accept_terms, progress=progress)
        with _refused(strict, rejects, progress) as refused:
            _say(ingest_references(store, nesdb_source(file), entries, rejects=refused, replace=replace), progress)


@app.command()
def uniprot(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(help="JSON, TSV or flat file; from UniProt: a UPID, or nes-motifs for all annotated NESs"),
    ] = "nes-motifs",
    kind: Annotated[str, typer.Option(help="json, tsv or flat; needed for standard input only")] = "",
    replace: Replace = False,
    strict: Strict = False,
    rejects: RejectsFile = None,
    queue: Queue = False,
    quiet: Quiet = False,
) -> None:
    """Ingest UniProt entries: locations, keywords, GO terms and features; NES motifs become references."""
    from ..store.engine import open_store
    from ..workflow.annotate import NES_MOTIFS, ingest_uniprot, uniprot_file

    settings = settings_of(ctx)
    if queue:
        arguments: dict[str, Json] = {"source": _absolute(source), "kind": kind, "replace": replace, "strict": strict}
        _deferred(ctx, "ingest uniprot", rejects, quiet, **arguments)
        return
    with TerminalProgress(quiet) as progress:
        path = uniprot_file(settings, source, progress)
        with open_store(settings) as store, _refused(strict, rejects, progress) as refused:
            whole = source == NES_MOTIFS
            done = ingest_uniprot(store, path, kind=kind, rejects=refused, complete=whole, replace=replace)
            _say(done, progress)


@app.command()
def references(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help=COLUMNS, show_default=False)],
    name: Annotated[str, typer.Option(help="name of this collection")] = "mine",
    replace: Replace = False,
    strict: Strict = False,
    rejects: RejectsFile = None,
    queue: Queue = False,
    quiet: Quiet = False,
) -> None:
    """Ingest NESs of your own; residues come from the database, or from a column `residues`."""
    from ..store.engine import open_store
    from ..workflow.ingest import ingest_references
    from ..workflow.reference_sources import user_entries

    if queue:
        arguments: dict[str, Json] = {"source": _absolute(source), "name": name, "replace": replace, "strict": strict}
        _deferred(ctx, "ingest references", rejects, quiet, **arguments)
        return
    with TerminalProgress(quiet) as progress, open_store(settings_of(ctx)) as store:
        entries = user_entries(store, source, name)
        with _refused(strict, rejects, progress) as refused:
            _say(ingest_references(store, f"user:{name}", entries, rejects=refused, replace=replace), progress)
