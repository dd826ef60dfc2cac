"""CPU cores that this process may use, by the smallest of all limits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_SCHEDULERS = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC")
"""Variables in which Slurm, Grid Engine, PBS and LSF name the cores of a job; the first one that is set counts."""


@dataclass(frozen=True, slots=True)
class CoreLimit:
    """Number of cores, and the limit that sets the number.

    Attributes:
        cores: at least 1.
        origin: ``affinity``, the variable of a scheduler, or ``cgroup quota``.
    """

    cores: int
    origin: str


def usable_cores(environment: Mapping[str, str] | None = None, root: Path = Path("/")) -> CoreLimit:
    """Return the smallest of CPU affinity, the scheduler's allocation and the quota of the cgroup (v1 and v2).

    Args:
        environment: variables; those of this process by default.
        root: directory that holds ``proc`` and ``sys``.
    """
    limits = [CoreLimit(_affinity(), "affinity")]
    variables = os.environ if environment is None else environment
    named = next((name for name in _SCHEDULERS if variables.get(name, "").isdecimal()), "")
    if named:
        limits.append(CoreLimit(max(1, int(variables[named])), named))
    limits += [CoreLimit(max(1, int(quota)), "cgroup quota") for quota in _quotas(root)]
    return min(limits, key=lambda limit: limit.cores)


def _affinity() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """Return the quotas, in cores, of this process's cgroup and of all groups above it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        mounts = ["", "unified"] if not controllers else [controllers, "cpu"]
        if controllers and "cpu" not in controllers.split(","):
            continue
        path = PurePosixPath(group)
        for mount in mounts:
            for above in (path, *path.parents):
                quota = _quota(root / "sys/fs/cgroup" / mount / str(above).strip("/"), version=1 if controllers else 2)
                if quota is not None:
                    yield quota


def _quota(folder: Path, version: int) -> float | None:
    """Return the quota of one cgroup in cores; None without a quota."""
    if version == 2:
        words = _text(folder / "cpu.max").split()
    else:
        words = [*_text(folder / "cpu.cfs_quota_us").split(), *_text(folder / "cpu.cfs_period_us").split()]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or not int(words[1]):
        return None  # "max" in version 2, -1 in version 1
    return int(words[0]) / int(words[1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
