"""What the machine reaches in square matrix products, as its libraries compute them: the ceiling of every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .clock import Clock

SIZES = {"cpu": (1024, 2048), "cuda": (8192,)}
REPEATS = 3


class Peaks:
    """The best products seen so far, in operations per second and core; measured again in every round.

    float32 is the better of torch's library and numpy's: they differ twofold on some processors.

    Args:
        device: of torch.
        clock: that the engines are measured with, too.
    """

    def __init__(self, device: str, clock: Clock) -> None:
        self.best = {"bfloat16": 0.0, "float32": 0.0}
        self._clock, self._products = clock, []
        for size in SIZES["cuda" if device.startswith("cuda") else "cpu"]:
            plain = torch.randn(size, size, generator=torch.Generator().manual_seed(0))
            here, half = plain.to(device), plain.to(device, torch.bfloat16)
            self._products.append(("bfloat16", size, self._torch(half)))
            self._products.append(("float32", size, self._torch(here)))
            if device == "cpu":
                self._products.append(("float32", size, self._numpy(plain)))

    _products: list[tuple[str, int, Callable[[], object]]]

    @staticmethod
    def _torch(square: torch.Tensor) -> Callable[[], object]:
        out = torch.empty_like(square)
        return lambda: torch.mm(square, square, out=out)

    @staticmethod
    def _numpy(square: torch.Tensor) -> Callable[[], object]:
        array: Any = square.numpy()
        out = np.empty_like(array)
        return lambda: np.matmul(array, array, out=out)

    @torch.inference_mode()
    def measure(self) -> None:
        """Multiply, and remember what was faster than before."""
        for kind, size, multiply in self._products:
            for _ in range(REPEATS):
                seconds = self._clock.timed(multiply)[1].core
                self.best[kind] = max(self.best[kind], 2.0 * size**3 / max(seconds, 1e-9))
