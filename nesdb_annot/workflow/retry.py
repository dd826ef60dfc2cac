"""Try again what of a run failed, was interrupted, or lost its worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from ..settings import Settings
from .progress import Progress, Silent

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.runs import StoredRun


def retry_run(store: Store, settings: Settings, run_id: int, *, progress: Progress | None = None) -> list[str]:
    """Do again what is left of a run: deferred ones are deferred again, a scoring run is gone on with here.

    Returns:
        The outcome, in words.

    Raises:
        UsageError: if there is no such run, it still runs, or it must be given again as a command.
    """
    from ..store.runs import find_run

    run = find_run(store, run_id)
    if run.queued:
        return [_again_in_queue(store, run)]
    if run.status == "running":
        raise UsageError(f"run {run_id} is running", where=run.host)
    if run.kind != "score":
        raise UsageError(f"run {run_id} ({run.kind}) ran in place", remedy="give its command again")
    return [_again_here(store, settings, run, progress or Silent())]


def _again_in_queue(store: Store, run: StoredRun) -> str:
    from ..store.queue import retry_command
    from ..store.queue_units import retry_units

    if run.kind == "score":
        jobs = retry_units(store, run.id, int(str(run.settings["configuration"])))
        left = f"{jobs:,} chunks wait for a worker"
        return f"run {run.id}: {left}" if jobs else f"run {run.id}: nothing failed and nothing is lost"
    if retry_command(store, run.id, run.settings):
        return f"run {run.id}: {run.kind} waits for a worker"
    return f"run {run.id}: {run.kind} is {run.status}; nothing to retry"


def _again_here(store: Store, settings: Settings, run: StoredRun, progress: Progress) -> str:
    """Sequences that failed are tried as if for the first time, with the settings of now."""
    from ..store.queue_units import excuse_failed
    from .score import score_proteome

    excuse_failed(store, run.id, int(str(run.settings["configuration"])))
    proteome, release = str(run.settings["proteome"]), str(run.settings["release"])
    summary = score_proteome(store, settings, proteome, release=release, progress=progress)
    if summary.problem:
        progress.note(summary.sentence())
        raise summary.problem
    return summary.sentence()
