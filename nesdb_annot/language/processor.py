"""What the processor computes in."""

from __future__ import annotations

import platform
from pathlib import Path

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
