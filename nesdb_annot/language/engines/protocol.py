"""What every engine offers: the vectors of residues that fit one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """Runs one model on one device. Windows, batches and order are the embedder's business."""

    @property
    def name(self) -> str:
        """Name of the engine, its precision and its device."""
        ...

    @property
    def batch_residues(self) -> int:
        """How many residues to hand over at once; 1 means one sequence at a time."""
        ...

    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension), without those of <cls> and <eos>."""
        ...
