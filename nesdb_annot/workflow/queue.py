"""Defer: what a command would compute is left in the queue, for workers on this or other machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import IncompleteError, UsageError
from ..records import Json
from ..settings import Settings
from .decoys import SHUFFLED
from .failures import all_tried, failure
from .heads import Heads, heads_for
from .progress import Silent
from .ranking import RankingOptions, check_decoys, ranking_options, up_to_date
from .rescore import RescoreSummary, earlier_scores, rescore_proteome
from .score import RESIDUES_PER_CHUNK
from .target import Target, find_target

if TYPE_CHECKING:
    from ..store.engine import Store

WORKERS = "start workers with `nesannot worker`, here or on any machine with a route to the database"
SOCKET_ONLY = (
    "start workers with `nesannot worker`; the embedded database listens on a private socket: "
    "workers must run on this machine, as this user; for other machines set NESANNOT_DATABASE_URL to a server"
)
"""What to do next, and what not to expect."""


RANK = "rank"
"""The deferred command that follows the last chunk."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """What was left in the queue.

    Attributes:
        run_id: its run; None if there was nothing to defer.
        said: the outcome, in words.
        problem: names the sequences that finally failed, where nothing is left to score.
    """

    run_id: int | None
    said: tuple[str, ...]
    problem: IncompleteError | None = None


def where_workers_run(store: Store) -> str:
    """What the user should know of where workers may be."""
    return SOCKET_ONLY if store.embedded else WORKERS


def defer_score(
    store: Store,
    settings: Settings,
    proteome: str,
    *,
    release: str | None = None,
    again: bool = False,
    cargo_prior: float | None = None,
    decoys: str | None = None,
) -> Deferred:
    """Defer the scoring of what of a release has no scores yet: a run, and a job for each chunk of sequences.

    The worker that finishes the last chunk defers the ranking.

    What stored vectors can be scored from (see `rescore`) is not worth a worker and is scored here, at once.

    Args:
        proteome: UPID or name, as ingested.
        release: None for the newest by date.
        again: recompute those that have scores, too.
        cargo_prior: share of the proteins assumed to be cargoes; see `ranking.ranking_options`, also for `decoys`.

    Raises:
        UsageError: if there is no such proteome or release.
        ConfigurationError: if there are no weights or no head set for the language model.
    """
    from ..store.queue import queue_command
    from ..store.queue_units import NEXT, queue_scoring, queued_scoring
    from ..store.scores import pending

    target = find_target(store, proteome, release)
    heads = heads_for(store, settings)
    options = ranking_options(store, settings, target, cargo_prior, decoys)
    check_decoys(store, heads, target, options)
    same: dict[str, Json] = {"proteome": target.name, "release": target.release}
    same |= {"configuration": heads.configuration_id}
    waiting = queued_scoring(store, same)
    if waiting is not None:
        told = f"run {waiting} scores {target.name} already; nothing was deferred"
        return Deferred(waiting, (*heads.notes, told, f"nesannot runs show {waiting}"))
    notes = (*heads.notes, *earlier_scores(store, heads, target))
    stored = RescoreSummary() if again else rescore_proteome(store, heads, target, Silent())
    if stored.sequences:
        notes += (f"{target.name}: {stored.sequences:,} sequences were scored from stored vectors, here and now",)
    todo = pending(store, heads.configuration_id, *target.key, again=again)
    arguments = {**_scored_by(settings, heads, target), **options.arguments}
    if not todo.sequences:
        return _only_ranking(store, heads, target, options, arguments, notes)
    following: dict[str, Json] = {"command": RANK, "arguments": arguments}
    stated = {**heads.stated, **same, "model": settings.model, "layer": settings.layer, NEXT: following}
    counts = {"residues_total": todo.residues, "sequences": todo.sequences, "residues": 0, "segments": 0, "failed": 0}
    where = (store, heads.configuration_id, target.key)
    run_id, units = queue_scoring(*where, stated, counts, residues_per_chunk=RESIDUES_PER_CHUNK, again=again)
    if options.decoys == SHUFFLED:
        queue_command(store, "decoys", _scored_by(settings, heads, target))
    told = f"run {run_id}: {target.name}, {todo.sequences:,} sequences, {todo.residues:,} residues in {units:,} chunks"
    return Deferred(run_id, (*notes, told, where_workers_run(store)))


def _scored_by(settings: Settings, heads: Heads, target: Target) -> dict[str, Json]:
    """What is scored and with what, as deferred commands take it."""
    scored: dict[str, Json] = {"proteome": target.name, "release": target.release}
    scored |= {"model": settings.model, "layer": settings.layer}
    return scored | {name: heads.stated[name] for name in ("segmentation", "head_set")}


def _only_ranking(
    store: Store,
    heads: Heads,
    target: Target,
    options: RankingOptions,
    arguments: Mapping[str, Json],
    notes: tuple[str, ...],
) -> Deferred:
    """What is left to defer where every sequence has scores or failed: the ranking, unless it holds."""
    from ..store.scores import failed_of_release

    failed = failed_of_release(store, heads.configuration_id, target.name, target.release)
    problem, scored = failure(target.name, failed), f"{target.name}: {all_tried(len(failed))} already"
    if up_to_date(store, heads, target, options):
        return Deferred(None, (*notes, f"{scored}; nothing was deferred"), problem)
    deferred = defer_command(store, RANK, arguments)
    return Deferred(deferred.run_id, (*notes, f"{scored}; only its ranking was deferred", *deferred.said), problem)


def defer_command(store: Store, command: str, arguments: Mapping[str, Json]) -> Deferred:
    """Defer a whole command, for one worker to run.

    Args:
        command: a key of `nesdb_annot.jobs.commands.COMMANDS`, and what its run is called.
        arguments: those of the command; paths are as the worker will see them.

    Raises:
        UsageError: if it would read standard input.
    """
    from ..formats.compression import is_stream
    from ..store.queue import queue_command

    if is_stream(str(arguments.get("source") or "")):
        what = "a worker cannot read your standard input or your pipe"
        raise UsageError(what, remedy="give a file that the worker can read")
    run_id = queue_command(store, command, arguments)
    return Deferred(run_id, (f"run {run_id}: {command} waits for a worker", where_workers_run(store)))
