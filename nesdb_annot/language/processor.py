"""What the processor computes in, and what threads a process may use."""

from __future__ import annotations

import os
import platform
from collections.abc import MutableMapping
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
MALLOC_VARIABLES = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
"""glibc then keeps freed blocks instead of returning them to the kernel after each layer."""


CPUINFO = Path("/proc/cpuinfo")


def _line(cpuinfo: Path, name: str) -> str:
    """What the first line of that name says; empty where the kernel does not tell."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(name)), "")


def flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """What the processor can do, in the words of /proc/cpuinfo."""
    return frozenset(_line(cpuinfo, "flags").split())


def model_name(cpuinfo: Path = CPUINFO) -> str:
    """The processor's name, or the machine's architecture."""
    return _line(cpuinfo, "model name") or platform.machine()


def has_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor multiplies in bfloat16 (AVX512-BF16 or AMX); False where the kernel does not tell."""
    return not flags(cpuinfo).isdisjoint({"avx512_bf16", "amx_bf16"})


def has_tiles(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor multiplies whole tiles of bfloat16 (AMX), faster than vectors by far."""
    return "amx_bf16" in flags(cpuinfo)


def single_threaded(environment: MutableMapping[str, str] | None = None) -> None:
    """Set what numerical libraries read at their import: one thread, and a malloc that keeps its pages."""
    target = os.environ if environment is None else environment
    for variable in THREAD_VARIABLES:
        target[variable] = "1"
    for variable, value in MALLOC_VARIABLES.items():
        target.setdefault(variable, value)
