"""Linear layers in the order in which the kernels read their weights. With torch; the engines run without it."""

from __future__ import annotations

import torch
from esm.modules import TransformerLayer
from torch import Tensor, nn

from .image import PANEL


def in_panels(weight: Tensor) -> Tensor:
    """Words of 32 bits in the kernel's order: panels of 64 outputs, in each the words of inputs, in each the outputs.

    Args:
        weight: shape (outputs, inputs) in a narrow type; the inputs of an output fill whole words.

    Returns:
        int32, shape (words,).
    """
    words = weight.contiguous().view(torch.int32)
    return torch.cat([panel.T.reshape(-1) for panel in torch.split(words, PANEL)])


def panels(weight: Tensor) -> Tensor:
    """Pairs of bfloat16 in the kernel's order.

    Args:
        weight: shape (outputs, inputs), both even.

    Returns:
        int32, outputs * inputs / 2 of them.
    """
    return in_panels(weight.to(torch.bfloat16))


Linear = tuple[Tensor, Tensor]
"""Weight, shape (outputs, inputs), and bias, shape (outputs,)."""


def linears(block: TransformerLayer) -> tuple[Linear, Linear, Linear, Linear]:
    """The four linear layers of a block: queries, keys and values in one; out; to four times the width; back."""
    attention = block.self_attn
    three = (attention.q_proj, attention.k_proj, attention.v_proj)
    mixing = torch.cat([p.weight for p in three]), torch.cat([p.bias for p in three])
    out, rise, fall = attention.out_proj, block.fc1, block.fc2
    return mixing, (out.weight, out.bias), (rise.weight, rise.bias), (fall.weight, fall.bias)


def norm(layer: nn.LayerNorm) -> Tensor:
    """Weight, then bias, float32, shape (2 * width,)."""
    return torch.cat([layer.weight, layer.bias]).float()
