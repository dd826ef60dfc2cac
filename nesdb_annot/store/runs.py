"""Runs: each command that writes is one, and every number knows its run."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from .. import __version__
from ..errors import NesannotError
from ..records import Json, digest_of
from .engine import Store
from .queries import execute
from .schema.runs import RunStatus

_SECRET = ("password", "token", "secret", "database_url", "passwd")
_NUMBERS_DEPEND_ON = ("fair-esm", "faiss-cpu", "numba", "numpy", "openvino", "ruptures", "scikit-learn", "torch")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the database knows it."""

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


def start_run(store: Store, kind: str, settings: Mapping[str, object], device: str = "") -> int:
    """Record that a run begins.

    Args:
        store: where to.
        kind: ``ingest``, ``train``, ``score``, ``rank``, ...
        settings: all that it was told; secrets are left out here.
        device: what computes.

    Returns:
        The number of the run.
    """
    told = without_secrets(settings)
    with store.transaction() as connection:
        run_id: int = execute(
            connection,
            "start_run",
            kind=kind,
            settings_digest=digest_of(told),
            settings=json.dumps(told),
            software=json.dumps({**software(), "postgres": str(store.server_version)}),
            git=git_commit(),
            device=device,
        ).scalar_one()
        return run_id


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
        return [StoredRun(**row) for row in execute(connection, "list_runs", limit=limit).mappings()]


@contextmanager
def run(
    store: Store, kind: str, settings: Mapping[str, object], device: str = ""
) -> Iterator[tuple[int, dict[str, Json]]]:
    """A run around a block; gives its number and a dictionary of counts to fill.

    What stands in `counts` at the end is kept. Ctrl-C and SIGTERM mark the run as stopped, any other error as failed;
    if the database is gone by then the run stays ``running``, and its last sign of life tells.
    """
    run_id = start_run(store, kind, settings, device)
    counts: dict[str, Json] = {}
    try:
        yield run_id, counts
    except BaseException as raised:
        stopped = isinstance(raised, KeyboardInterrupt | SystemExit | GeneratorExit)
        _end_badly(store, run_id, RunStatus.STOPPED if stopped else RunStatus.FAILED, counts, raised)
        raise
    finish_run(store, run_id, RunStatus.DONE, counts)


def _end_badly(store: Store, run_id: int, status: RunStatus, counts: Mapping[str, Json], raised: BaseException) -> None:
    error = str(raised) if isinstance(raised, NesannotError) else f"{type(raised).__name__}: {raised}"
    try:
        finish_run(store, run_id, status, counts, error)
    except NesannotError as also:
        raised.add_note(f"the end of run {run_id} could not be recorded: {also.what}")


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
