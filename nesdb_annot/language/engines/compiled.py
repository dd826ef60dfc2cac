"""All layers in one compiled function, `kernel.c`: bfloat16 products, float32 sums, no padding, nothing between them.

Measured beside the other engines by `nesannot bench embed`.
The weights lie in the order in which the kernel reads them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from esm.model.esm2 import ESM2
from esm.modules import TransformerLayer
from numpy.typing import NDArray
from torch import Tensor, nn

from ..tokens import encoded
from .packed import TOKEN_DROPOUT

PANEL = 64
"""Outputs of a linear layer that the kernel computes together; as in `kernel.c`."""

BATCH_RESIDUES = 512
"""Short proteins share a pass, so that the weights come from memory once for all of them."""


def fits(model: ESM2) -> bool:
    """Whether the kernel can run a model of this shape; it can run all official ones."""
    return bool(model.embed_dim % 32 == 0 and (model.embed_dim // model.attention_heads) % 2 == 0)


class _Layer(ctypes.Structure):
    """`layer` of `kernel.c`: addresses of norms, panels of weights and biases."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in (
        "norm_attention", "norm_feed", "qkv", "out", "rise", "fall", "qkv_bias", "out_bias", "rise_bias", "fall_bias"
    ))  # fmt: skip


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


class CompiledEngine:
    """Runs the layers 1 to `layer` in bfloat16 on one thread.

    Args:
        model: fair-esm's, float32; `fits` must hold.
        layer: 0 to the number of layers.
        library: of `build.open_library`.
    """

    name = "compiled bfloat16 on cpu"
    batch_residues = BATCH_RESIDUES
    function = "nesannot_forward"
    layout: type[ctypes.Structure] = _Layer

    def __init__(self, model: ESM2, layer: int, library: ctypes.CDLL) -> None:
        self._forward = getattr(library, self.function)
        self._width, self._heads = int(model.embed_dim), int(model.attention_heads)
        self._kept: list[Tensor] = []  # what the kernel has addresses of
        blocks: Any = model.layers
        self._layers = (self.layout * layer)(*(self._laid_out(block) for block in blocks[:layer]))
        self._last = self._norm(model.emb_layer_norm_after) if layer == len(blocks) else None
        dropout = TOKEN_DROPOUT if model.token_dropout else 1.0
        self._embedding = model.embed_tokens.weight.detach().float() * dropout
        self._inverse = blocks[0].self_attn.rot_emb.inv_freq.float()
        self._tables = self._rotary(1024)

    def _address(self, tensor: Tensor) -> int:
        self._kept.append(tensor.detach().contiguous())
        return self._kept[-1].data_ptr()

    def _norm(self, norm: nn.LayerNorm) -> int:
        return self._address(torch.cat([norm.weight, norm.bias]).float())

    def _laid_out(self, block: TransformerLayer) -> ctypes.Structure:
        four = linears(block)
        return self.layout(
            self._norm(block.self_attn_layer_norm), self._norm(block.final_layer_norm),
            *(self._address(panels(weight)) for weight, _ in four), *(self._address(bias.float()) for _, bias in four),
        )  # fmt: skip

    def _rotary(self, length: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine, shape (length, head width / 2)."""
        angles = torch.outer(torch.arange(length, dtype=torch.float32), self._inverse)
        return angles.cos(), angles.sin()

    @torch.inference_mode()
    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension).

        Raises:
            MemoryError: if the kernel gets no memory for its intermediate values.
        """
        tokens = [encoded(residues) for residues in sequences]
        lengths = [len(t) for t in tokens]
        if max(lengths) > len(self._tables[0]):
            self._tables = self._rotary(2 * max(lengths))
        x = self._embedding[torch.from_numpy(np.concatenate(tokens))]
        whole, pointer = ctypes.c_long, ctypes.c_void_p
        failed = self._forward(
            pointer(x.data_ptr()), whole(len(x)), whole(self._width), whole(self._heads),
            (whole * len(lengths))(*lengths), whole(len(lengths)), self._layers, whole(len(self._layers)),
            pointer(self._last), *(pointer(table.data_ptr()) for table in self._tables),
        )  # fmt: skip
        if failed:
            raise MemoryError(f"{len(x):,} tokens do not fit")
        return [vectors[1:-1].numpy() for vectors in torch.split(x, lengths)]
