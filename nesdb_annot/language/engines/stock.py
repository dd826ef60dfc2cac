"""fair-esm's own forward pass in float32, one sequence at a time: the reference that every engine is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from esm.model.esm2 import ESM2
from numpy.typing import NDArray

from ..tokens import encoded


class StockEngine:
    """fair-esm as its users run it, but without padding.

    Args:
        model: in evaluation mode.
        layer: 0 (token embedding) to the number of layers (after the last norm).
        device: of torch.
    """

    batch_residues = 1

    def __init__(self, model: ESM2, layer: int, device: str = "cpu") -> None:
        self._model, self._layer, self._device = model.to(device), layer, device
        self.name = f"stock float32 on {device}"

    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension)."""
        return [self._one(residues) for residues in sequences]

    @torch.inference_mode()
    def _one(self, residues: str) -> NDArray[np.float32]:
        tokens = torch.from_numpy(encoded(residues)).unsqueeze(0).to(self._device)
        answer = self._model(tokens, repr_layers=[self._layer])
        vectors: NDArray[np.float32] = answer["representations"][self._layer][0, 1:-1].float().cpu().numpy()
        return vectors
