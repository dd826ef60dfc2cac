"""What inputs of linear layers are divided by, so that a few large ones do not take the steps of 8 bits from the rest.

A step is common to all inputs of a token, so one input that is ever 50 times the rest leaves these five steps of 255.
Every input is divided, and its weights are multiplied, by the square root of the largest input over the largest weight
(SmoothQuant: Xiao et al. 2023, arXiv:2211.10438, equation 4 with an exponent of 1/2), rounded to a power of 2: exact,
and the same on machines that sum in another order. Only the large ones are divided, those above the median: an input
that the two reference proteins hardly stir may be large in others, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from esm.model.esm2 import ESM2
from torch import Tensor, nn

from ..reference_proteins import CALIBRATING
from .stock import StockEngine

LARGEST_POWER = 20


def largest_inputs(model: ESM2, layer: int, proteins: Sequence[str] = CALIBRATING) -> dict[nn.Module, Tensor]:
    """Largest magnitude of each input of the linear layers in the layers 1 to `layer`, shape (inputs,) each.

    Args:
        model: fair-esm's, float32, on the CPU.
        layer: 0 to the number of layers.
        proteins: cleaned residues.
    """
    largest: dict[nn.Module, Tensor] = {}

    def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen = inputs[0].detach().abs().flatten(0, -2).amax(dim=0)
        largest[module] = torch.maximum(largest.get(module, seen), seen)

    linears = [m for block in model.layers[:layer] for m in block.modules() if isinstance(m, nn.Linear)]
    hooks = [linear.register_forward_pre_hook(look) for linear in linears]
    try:
        StockEngine(model, layer).run(proteins)
    finally:
        for hook in hooks:
            hook.remove()
    return largest


def eased(inputs: Tensor, weight: Tensor) -> Tensor:
    """What each input is divided by: a power of 2, at least 1, shape (inputs,).

    Args:
        inputs: largest magnitude of each input, shape (inputs,).
        weight: shape (outputs, inputs).
    """
    powers = ((inputs / weight.abs().amax(dim=0)).log2() / 2).nan_to_num(0, 0, 0)
    return torch.exp2((powers - powers.median()).round().clamp(0, LARGEST_POWER))
