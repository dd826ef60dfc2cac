"""Time of a call: of the core that worked, so that other programs count less, or of the GPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Spent:
    """Seconds: `core` of all threads of this process on a CPU, of the device on a GPU; `wall` on the wall."""

    core: float = 0.0
    wall: float = 0.0

    def add(self, other: Spent) -> None:
        """Count `other`, too."""
        self.core += other.core
        self.wall += other.wall


class Clock:
    """Times calls on one device.

    Args:
        device: of torch.
    """

    def __init__(self, device: str) -> None:
        self._gpu = device.startswith("cuda")
        self.device = device

    def timed(self, call: Callable[[], Answer]) -> tuple[Answer, Spent]:
        """The answer of `call` and the time it took; on a GPU until all its work is done."""
        self._wait()
        wall, core = time.perf_counter(), time.process_time()
        answer = call()
        self._wait()
        wall, core = time.perf_counter() - wall, time.process_time() - core
        return answer, Spent(wall if self._gpu else core, wall)

    def held(self) -> int:
        """Bytes that the GPU holds, and from which `grown` counts; 0 on a CPU."""
        if not self._gpu:
            return 0
        torch.cuda.reset_peak_memory_stats(self.device)
        return torch.cuda.memory_allocated(self.device)

    def grown(self, held: int) -> int:
        """Most bytes beyond `held` that the GPU has held since then; 0 on a CPU."""
        return torch.cuda.max_memory_allocated(self.device) - held if self._gpu else 0

    def _wait(self) -> None:
        if self._gpu:
            torch.cuda.synchronize(self.device)
