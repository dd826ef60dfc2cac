"""What the processor computes in, and what threads a process may use."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
MALLOC_VARIABLES = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
"""glibc then keeps freed blocks instead of returning them to the kernel after each layer."""


def has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies in bfloat16 (AVX512-BF16 or AMX); False where the kernel does not tell."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def single_threaded(environment: MutableMapping[str, str] | None = None) -> None:
    """Set what numerical libraries read at their import: one thread, and a malloc that keeps its pages."""
    target = os.environ if environment is None else environment
    for variable in THREAD_VARIABLES:
        target[variable] = "1"
    for variable, value in MALLOC_VARIABLES.items():
        target.setdefault(variable, value)
