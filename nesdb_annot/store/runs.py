"""Runs: each command that writes is one, and every number knows its run."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Connection

from .. import __version__
from ..errors import NesannotError, UsageError
from ..records import Json, digest_of
from .engine import Store
from .queries import execute
from .schema.runs import RUN_LOCK, RunStatus

_SECRET = ("password", "token", "secret", "database_url", "passwd")
_NUMBERS_DEPEND_ON = ("fair-esm", "faiss-cpu", "numba", "numpy", "openvino", "ruptures", "scikit-learn", "torch")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the database knows it.

    Attributes:
        status: queued, running, done, failed, stopped (by a signal), or interrupted (its process was killed).
        seconds: duration so far; of an interrupted run until its last sign of life.
        residues: scored so far; None if the run does not score.
        seconds_left: an estimate; None unless it is running.
        queued: whether workers do it, not the command that began it.
        host: machine and process of that command.
    """

    id: int
    kind: str
    status: str
    device: str
    counts: Mapping[str, Json]
    error: str
    settings: Mapping[str, Json]
    software: Mapping[str, Json]
    git: str
    started_at: datetime
    finished_at: datetime | None
    updated_at: datetime
    seconds: float
    residues: float | None
    residues_total: float | None
    residues_per_second: float | None
    seconds_left: float | None
    queued: bool
    host: str


def start_run(store: Store, kind: str, settings: Mapping[str, object], device: str = "") -> int:
    """Record that a run begins; nothing tells when its process is gone, as `run` does.

    Args:
        store: where to.
        kind: ``ingest``, ``train``, ``score``, ``rank``, ...
        settings: all that it was told; secrets are left out here.
        device: what computes.

    Returns:
        The number of the run.
    """
    with store.transaction() as connection:
        return add_run(connection, store, kind, settings, device)


def add_run(
    connection: Connection,
    store: Store,
    kind: str,
    settings: Mapping[str, object],
    device: str = "",
    *,
    counts: Mapping[str, Json] | None = None,
    queued: bool = False,
) -> int:
    """Record a run within the caller's transaction; returns its number. A `queued` one waits for a worker."""
    told = without_secrets(settings)
    run_id: int = execute(
        connection,
        "start_run",
        kind=kind,
        settings_digest=digest_of(told),
        settings=json.dumps(told),
        software=json.dumps({**software(), "postgres": str(store.server_version)}),
        git=git_commit(),
        device=device,
        counts=json.dumps(dict(counts or {})),
        queued=queued,
        host=this_process(),
    ).scalar_one()
    return run_id


def this_process() -> str:
    """Machine and number of this process, as runs and units name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def report_run(store: Store, run_id: int, counts: Mapping[str, Json]) -> None:
    """Record what a run has done so far. ``residues`` and ``residues_total`` give rate and time left in the views."""
    with store.transaction() as connection:
        execute(connection, "report_run", run_id=run_id, counts=json.dumps(dict(counts)))


def finish_run(store: Store, run_id: int, status: RunStatus | str, counts: Mapping[str, Json], error: str = "") -> None:
    """Record how a run ended: ``done``, ``failed`` or ``stopped``."""
    with store.transaction() as connection:
        execute(
            connection,
            "finish_run",
            run_id=run_id,
            status=str(RunStatus(status)),
            counts=json.dumps(dict(counts)),
            error=error,
        )


def list_runs(store: Store, limit: int = 20) -> list[StoredRun]:
    """The newest runs, newest first."""
    with store.transaction() as connection:
        return [StoredRun(**row) for row in execute(connection, "list_runs", run_id=None, limit=limit).mappings()]


def find_run(store: Store, run_id: int) -> StoredRun:
    """A run by its number.

    Raises:
        UsageError: if there is none.
    """
    with store.transaction() as connection:
        row = execute(connection, "list_runs", run_id=run_id, limit=1).mappings().one_or_none()
    if row is None:
        raise UsageError(f"there is no run {run_id}", remedy="nesannot runs lists them")
    return StoredRun(**row)


@contextmanager
def run(
    store: Store, kind: str, settings: Mapping[str, object], device: str = "", *, queued_run: int | None = None
) -> Iterator[tuple[int, dict[str, Json]]]:
    """Record a run around a block; give its number and a dictionary of counts to fill.

    The counts at the end of the block are stored. Ctrl-C and SIGTERM mark the run as stopped, any other error as
    failed. A run whose process was killed is shown as interrupted, because the lock of the process is gone.

    Args:
        queued_run: number of a queued run that this block carries out; without one, a new run begins.
    """
    with _begun(store, kind, settings, device, queued_run) as run_id:
        counts: dict[str, Json] = {}
        try:
            yield run_id, counts
        except BaseException as raised:
            stopped = isinstance(raised, KeyboardInterrupt | SystemExit | GeneratorExit)
            _end_badly(store, run_id, RunStatus.STOPPED if stopped else RunStatus.FAILED, counts, raised)
            raise
        finish_run(store, run_id, RunStatus.DONE, counts)


@contextmanager
def _begun(
    store: Store, kind: str, settings: Mapping[str, object], device: str, queued_run: int | None
) -> Iterator[int]:
    """Begin a run under the lock that shows that its process lives, or carry out the queued one."""
    if queued_run is not None:
        stated = json.dumps(without_secrets(settings))
        with store.transaction() as connection:
            execute(connection, "take_up_run", run_id=queued_run, settings=stated, device=device)
        yield queued_run
        return
    with store.session() as connection:
        run_id = add_run(connection, store, kind, settings, device)
        execute(connection, "hold_run", **{"class": RUN_LOCK}, run_id=run_id)
        connection.commit()
        yield run_id


def _end_badly(store: Store, run_id: int, status: RunStatus, counts: Mapping[str, Json], raised: BaseException) -> None:
    error = str(raised) if isinstance(raised, NesannotError) else f"{type(raised).__name__}: {raised}"
    try:
        finish_run(store, run_id, status, counts, error)
    except Exception as also:  # whatever it is, the first error is the one to show
        raised.add_note(f"the end of run {run_id} could not be recorded: {also}")


def without_secrets(settings: Mapping[str, object]) -> dict[str, Json]:
    """Settings as JSON, without those whose names speak of secrets."""
    kept = {name: value for name, value in settings.items() if not any(word in name.lower() for word in _SECRET)}
    clean: dict[str, Json] = json.loads(json.dumps(kept, default=str))
    return clean


@cache
def software() -> Mapping[str, str]:
    """Versions of this package, of Python, and of the packages that numbers depend on."""
    found = {"nesdb-annot": __version__, "python": platform.python_version()}
    for name in _NUMBERS_DEPEND_ON:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@cache
def git_commit() -> str:
    """Commit of the checkout that this package runs from; empty if it is installed. Reads files, starts no program."""
    repository = Path(__file__).resolve().parents[2] / ".git"
    try:
        head = (repository / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = repository / name
        if loose.exists():
            return loose.read_text(encoding="ascii").strip()
        packed = (repository / "packed-refs").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
