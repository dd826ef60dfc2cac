"""The commands that can be deferred, as a worker runs them: in a process of its own, which is given plain values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nesdb_annot.records import Json
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.progress import Progress, Silent

if TYPE_CHECKING:
    from nesdb_annot.store.engine import Store
    from nesdb_annot.workflow.heads import Heads
    from nesdb_annot.workflow.ingest import Ingest
    from nesdb_annot.workflow.target import Target


class Lines(Silent):
    """Notes as lines on stderr, for a log."""

    def note(self, text: str) -> None:
        """One line."""
        sys.stderr.write(f"{text}\n")


def _said(done: Ingest, progress: Progress) -> None:
    for line in (*done.rejects.lines(), *done.sentences):
        progress.note(line)
    if done.problem:
        raise done.problem


def ingest_proteome(
    store: Store,
    settings: Settings,
    progress: Progress,
    queued_run: int,
    *,
    source: str,
    upid: str | None = None,
    name: str | None = None,
    release: str | None = None,
    released: str | None = None,
    replace: bool = False,
    strict: bool = False,
) -> None:
    """`nesannot ingest proteome`."""
    from nesdb_annot.workflow import ingest
    from nesdb_annot.workflow.proteome_source import fetched_source, is_remote, proteome_source
    from nesdb_annot.workflow.rejects import Rejects

    refused = Rejects(strict=strict)
    if is_remote(source):
        stated = {"--upid": upid, "--release": release, "--released": released}
        known = fetched_source(settings, source, name, progress, stated=stated, rejects=refused)
    else:
        known = proteome_source(source, upid=upid, name=name, release=release, released=released)
    _said(ingest.ingest_proteome(store, known, rejects=refused, replace=replace, queued_run=queued_run), progress)


def ingest_nesdb(
    store: Store,
    settings: Settings,
    progress: Progress,
    queued_run: int,
    *,
    source: str | None = None,
    accept_terms: bool = False,
    replace: bool = False,
    strict: bool = False,
) -> None:
    """`nesannot ingest nesdb`."""
    from nesdb_annot.workflow.ingest import ingest_references
    from nesdb_annot.workflow.reference_sources import nesdb_entries, nesdb_source
    from nesdb_annot.workflow.rejects import Rejects

    file = Path(source) if source else None
    entries = nesdb_entries(settings, file, accepted_terms=accept_terms, progress=progress)
    rejects = Rejects(strict=strict)
    done = ingest_references(
        store, nesdb_source(file), entries, rejects=rejects, replace=replace, queued_run=queued_run
    )
    _said(done, progress)


def ingest_uniprot(
    store: Store,
    settings: Settings,
    progress: Progress,
    queued_run: int,
    *,
    source: str,
    kind: str = "",
    replace: bool = False,
    strict: bool = False,
) -> None:
    """`nesannot ingest uniprot`."""
    from nesdb_annot.workflow import annotate
    from nesdb_annot.workflow.rejects import Rejects

    path = annotate.uniprot_file(settings, source, progress)
    whole = source == annotate.NES_MOTIFS
    rejects = Rejects(strict=strict)
    done = annotate.ingest_uniprot(
        store, path, kind=kind, rejects=rejects, complete=whole, replace=replace, queued_run=queued_run
    )
    _said(done, progress)


def ingest_references(
    store: Store,
    _settings: Settings,
    progress: Progress,
    queued_run: int,
    *,
    source: str,
    name: str = "mine",
    replace: bool = False,
    strict: bool = False,
) -> None:
    """`nesannot ingest references`."""
    from nesdb_annot.workflow import ingest
    from nesdb_annot.workflow.reference_sources import user_entries
    from nesdb_annot.workflow.rejects import Rejects

    entries = user_entries(store, source, name)
    rejects = Rejects(strict=strict)
    done = ingest.ingest_references(
        store, f"user:{name}", entries, rejects=rejects, replace=replace, queued_run=queued_run
    )
    _said(done, progress)


def reannotate(store: Store, settings: Settings, progress: Progress, queued_run: int, **_due: Json) -> None:
    """`nesannot reannotate`; that it was due when the schedule began it stands in its run."""
    from nesdb_annot.workflow.reannotate import reannotate as bring_up_to_date

    progress.note(bring_up_to_date(store, settings, progress=progress, queued_run=queued_run).sentence())


def decoys(store: Store, settings: Settings, progress: Progress, queued_run: int, **scored: Json) -> None:
    """What `nesannot score` does beside scoring: shuffled proteins, for q-values; see `_scored`."""
    from nesdb_annot.workflow.decoys import score_decoys

    own, heads, target = _scored(store, settings, scored)
    score_decoys(store, own, heads, target, progress=progress, queued_run=queued_run)


def rank(
    store: Store,
    settings: Settings,
    progress: Progress,
    queued_run: int,
    *,
    cargo_prior: float,
    decoys: str | None,
    **scored: Json,
) -> None:
    """What `nesannot score` does after scoring: the shuffled proteins that are missing, and the ranking."""
    from nesdb_annot.workflow.ranking import RankingOptions, finish_scoring

    own, heads, target = _scored(store, settings, scored)
    options = RankingOptions(cargo_prior, decoys)
    report = finish_scoring(store, own, heads, target, options, progress, queued_run=queued_run)
    for line in report.sentences():
        progress.note(line)


def _scored(store: Store, settings: Settings, scored: Mapping[str, Json]) -> tuple[Settings, Heads, Target]:
    """Settings, heads and release of what was scored.

    Args:
        scored: ``proteome``, ``release``, ``model``, ``layer``, ``segmentation`` and ``head_set``.
    """
    from nesdb_annot.workflow.heads import heads_for
    from nesdb_annot.workflow.target import find_target

    model, segmentation = str(scored["model"]), str(scored["segmentation"])
    own = replace(settings, model=model, layer=int(str(scored["layer"])), segmentation=segmentation, workers=1)
    target = find_target(store, str(scored["proteome"]), str(scored["release"]))
    return own, heads_for(store, own, str(scored["head_set"])), target


COMMANDS: Mapping[str, Callable[..., None]] = {
    "ingest proteome": ingest_proteome,
    "ingest nesdb": ingest_nesdb,
    "ingest uniprot": ingest_uniprot,
    "ingest references": ingest_references,
    "decoys": decoys,
    "rank": rank,
    "reannotate": reannotate,
}
"""By the name that a job carries; each takes store, settings, progress, the run, and its arguments by name."""


def performer(settings: Settings) -> Callable[[tuple[int, str, Mapping[str, Any]]], None]:
    """What runs (number of the run, name, arguments), for a process of its own."""
    from nesdb_annot.store.engine import open_store

    def perform(command: tuple[int, str, Mapping[str, Any]]) -> None:
        run_id, name, arguments = command
        with open_store(settings) as store:
            COMMANDS[name](store, settings, Lines(), run_id, **arguments)

    return perform
