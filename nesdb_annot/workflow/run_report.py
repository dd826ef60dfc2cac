"""What a run did and how two runs differ, put together for whoever shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.runs import StoredRun

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run.

    Attributes:
        facts: name and value of each.
        units: chunk, sequences, residues, attempts, worker, seconds, error of those in work or failed.
        failures: accession, sequence, length, attempts, error of sequences that could not be scored.
    """

    facts: Sequence[Row]
    units: Sequence[Row] = ()
    failures: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs.

    Attributes:
        facts: name, value in the first, value in the second, of what differs.
        sentences: how the candidates agree that they lead to.
        moved: accession, span, peptide, rank in the first, rank in the second, of those among the best of one only.
    """

    facts: Sequence[Row]
    sentences: Sequence[str] = field(default_factory=tuple)
    moved: Sequence[Row] = ()


def report(store: Store, run_id: int, limit: int = 20) -> RunReport:
    """All about a run; at most `limit` chunks and failures.

    Raises:
        UsageError: if there is no such run.
    """
    from ..store.queue_units import failed_sequences, units_of
    from ..store.runs import find_run

    run = find_run(store, run_id)
    facts = [("run", run.id), *_facts(run)]
    units: list[Row] = []
    if run.queued:
        counts, open_units = units_of(store, run_id, limit)
        facts.append(("chunks left", f"{counts.waiting} wait, {counts.working} in work, {counts.failed} failed"))
        facts.append(("workers", _workers(store, run)))
        units = [(u.number, u.sequences, u.residues, u.attempts, u.worker, u.seconds, u.error) for u in open_units]
    failures: list[Row] = []
    if "configuration" in run.settings:
        found = failed_sequences(store, run_id, int(str(run.settings["configuration"])), limit)
        failures = [(one.accession, one.sha256[:12], one.length, one.attempts, one.error) for one in found]
    return RunReport([(name, value) for name, value in facts if value not in (None, "")], units, failures)


def _workers(store: Store, run: StoredRun) -> str:
    from ..store.queue import queue_state

    if run.status not in ("queued", "running"):
        return ""
    living = queue_state(store).workers
    return f"{living} alive" if living else "none is alive: start one with nesannot worker"


def _facts(run: StoredRun) -> Iterator[tuple[str, object]]:
    """Name and value of what is known of a run; values that are not known are None or empty."""
    yield "what", run.kind
    yield "status", run.status
    yield "where", "workers" if run.queued else run.host
    yield "started", run.started_at.astimezone().isoformat(" ", "seconds")
    yield "finished", run.finished_at.astimezone().isoformat(" ", "seconds") if run.finished_at else None
    yield "seconds", run.seconds
    if run.residues_total:
        done = run.residues or 0
        yield "residues", f"{done:,.0f} of {run.residues_total:,.0f} ({done / run.residues_total:.0%})"
        yield "residues/s", f"{run.residues_per_second:,.0f}" if run.residues_per_second else None
        yield "left", f"about {run.seconds_left:,.0f} s" if run.seconds_left is not None else None
    yield from ((name, value) for name, value in run.counts.items() if name not in ("residues", "residues_total"))
    yield "embedding", _embedding_share(run.counts)
    yield "device", run.device
    yield "error", run.error.replace("\n ", ";") if run.error else None
    yield from _told("setting", run.settings)
    yield from _told("software", run.software)
    yield "git", run.git


def _embedding_share(counts: Mapping[str, Any]) -> str:
    """Which part of a scoring run was embedding; nothing of a run that does not say."""
    wholes = {"worker_s": "the workers' time", "processor_s": "all processor time"}
    parts = {"worker_s": "embedding_s", "processor_s": "embedding_cpu_s"}
    told = [
        f"{counts[parts[whole]] / counts[whole]:.0%} of {words}"
        for whole, words in wholes.items()
        if counts.get(whole) and parts[whole] in counts
    ]
    return ", ".join(told)


def _told(label: str, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _told(f"{label} {name}", value)
        else:
            yield f"{label} {name}", "" if value is None else str(value)


def compare_runs(store: Store, first: int, second: int, top: int = 100) -> RunComparison:
    """What differs between two runs, and how the best `top` candidates agree that they lead to.

    Raises:
        UsageError: if there is no such run.
    """
    from ..store.run_comparison import ranking_of_run
    from ..store.runs import find_run

    one, other = dict(_facts(find_run(store, first))), dict(_facts(find_run(store, second)))
    names = [*one, *(name for name in other if name not in one)]
    facts = [(name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)]
    rankings = ranking_of_run(store, first), ranking_of_run(store, second)
    if rankings[0] is None or rankings[1] is None:
        return RunComparison(facts, ("candidates are compared when both runs led to a ranking (nesannot rank)",))
    if rankings[0] == rankings[1]:
        return RunComparison(facts, ("both runs led to the same ranking",))
    return _with_candidates(store, facts, rankings[0], rankings[1], top)


def _with_candidates(store: Store, facts: Sequence[Row], first: int, second: int, top: int) -> RunComparison:
    from ..store.run_comparison import compare_rankings, moved_candidates

    found = compare_rankings(store, first, second, top)
    order = "" if found.spearman is None else f"; rank correlation of the shared ones {found.spearman:.3f}"
    said = f"{found.first:,} and {found.second:,} candidates, {found.shared:,} shared{order}"
    moved = [
        (one.accession, f"{one.first_residue}-{one.last_residue}", one.peptide, one.a_rank, one.b_rank)
        for one in moved_candidates(store, first, second, top)
    ]
    return RunComparison(facts, (said, f"{found.shared_top:,} of the best {top:,} are the same"), moved)
