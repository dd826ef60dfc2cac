"""Workers by default: the smallest of affinity, the scheduler's allocation and the quota of the cgroup."""

import os

import pytest

from nesdb_annot import cores
from nesdb_annot.cores import CoreLimit, usable_cores
from nesdb_annot.settings import load_settings


@pytest.fixture(autouse=True)
def wide_machine(monkeypatch):
    """A node of 64 cores without CPU binding."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)


def root_of(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


UNIFIED = "0::/slurm/job_7/task_0\n"
OLD = "12:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n"
CASES = {
    "affinity": ({}, {}, CoreLimit(64, "affinity")),
    "slurm": ({"SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "64"}, {}, CoreLimit(4, "SLURM_CPUS_PER_TASK")),
    "slurm without -c": ({"SLURM_CPUS_ON_NODE": "2"}, {}, CoreLimit(2, "SLURM_CPUS_ON_NODE")),
    "grid engine": ({"NSLOTS": "8"}, {}, CoreLimit(8, "NSLOTS")),
    "nonsense": ({"SLURM_CPUS_PER_TASK": "4(x2)"}, {}, CoreLimit(64, "affinity")),
    "more than there are": ({"SLURM_CPUS_PER_TASK": "128"}, {}, CoreLimit(64, "affinity")),
    "v2": (
        {},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n"},
        CoreLimit(2, "cgroup quota"),
    ),
    "v2 without quota": (
        {},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"},
        CoreLimit(64, "affinity"),
    ),
    "v2 of a parent": (
        {"SLURM_CPUS_PER_TASK": "9"},
        {"proc/self/cgroup": UNIFIED, "sys/fs/cgroup/slurm/job_7/cpu.max": "600000 100000\n"},
        CoreLimit(6, "cgroup quota"),
    ),
    "v2 below one core": (
        {},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"},
        CoreLimit(1, "cgroup quota"),
    ),
    "v1": (
        {},
        {
            "proc/self/cgroup": OLD,
            "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "300000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
        },
        CoreLimit(3, "cgroup quota"),
    ),
    "v1 in a container": (
        {},
        {
            "proc/self/cgroup": OLD,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "500000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        CoreLimit(5, "cgroup quota"),
    ),
    "v1 without quota": (
        {},
        {
            "proc/self/cgroup": OLD,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        CoreLimit(64, "affinity"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_smallest_limit_counts_and_is_named(tmp_path, case):
    environment, files, limit = CASES[case]
    assert usable_cores(environment, root_of(tmp_path, files)) == limit


def test_settings_take_the_limit_and_name_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    origins = load_settings({}, {}, tmp_path)
    assert (origins.settings.workers, origins.origin["workers"]) == (1, "default (SLURM_CPUS_PER_TASK)")
    assert cores.usable_cores().origin == "SLURM_CPUS_PER_TASK"
