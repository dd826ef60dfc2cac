"""Lean torch engine: no padding, fused projections, fused attention, no language-model head; bfloat16 or float32.

Sequences lie end to end in one row of tokens; linear layers and norms see the whole row, attention each sequence alone.
Residual stream and norms stay in float32, matrices and attention run in the chosen type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from esm.model.esm2 import ESM2
from esm.modules import TransformerLayer
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..tokens import TOKEN_DROPOUT, encoded
from .attention import attention_for


@dataclass(frozen=True, slots=True)
class _Layer:
    norm_attention: tuple[Tensor, Tensor]
    qkv: tuple[Tensor, Tensor]
    out: tuple[Tensor, Tensor]
    norm_feed: tuple[Tensor, Tensor]
    rise: tuple[Tensor, Tensor]
    fall: tuple[Tensor, Tensor]


class PackedEngine:
    """Runs the layers 1 to `layer` on packed tokens.

    Args:
        model: fair-esm's, float32.
        layer: 0 to the number of layers.
        device: of torch.
        dtype: of matrices and attention.
    """

    def __init__(self, model: ESM2, layer: int, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self._device, self._dtype, self._heads, self._width = device, dtype, model.attention_heads, model.embed_dim
        dropout = TOKEN_DROPOUT if model.token_dropout else 1.0
        self._embedding = (model.embed_tokens.weight * dropout).float().to(device)
        self._layers = [self._lean(block) for block in model.layers[:layer]]
        last = model.emb_layer_norm_after
        self._final = self._norm(last) if layer == len(model.layers) else None
        self._inverse = model.layers[0].self_attn.rot_emb.inv_freq.float().to(device)
        self._attention = attention_for(device, dtype)
        self._tables: tuple[Tensor, Tensor] = self._rotary(1024)
        self.name = f"packed {str(dtype).removeprefix('torch.')} on {device}"
        self.batch_residues = 1 if device == "cpu" else 65_536

    def _norm(self, norm: torch.nn.LayerNorm) -> tuple[Tensor, Tensor]:
        return norm.weight.float().to(self._device), norm.bias.float().to(self._device)

    def _linear(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        return weight.to(self._device, self._dtype).contiguous(), bias.to(self._device, self._dtype)

    def _lean(self, block: TransformerLayer) -> _Layer:
        attention = block.self_attn
        three = (attention.q_proj, attention.k_proj, attention.v_proj)
        qkv = self._linear(torch.cat([p.weight for p in three]), torch.cat([p.bias for p in three]))
        return _Layer(
            self._norm(block.self_attn_layer_norm), qkv,
            self._linear(attention.out_proj.weight, attention.out_proj.bias), self._norm(block.final_layer_norm),
            self._linear(block.fc1.weight, block.fc1.bias), self._linear(block.fc2.weight, block.fc2.bias),
        )  # fmt: skip

    def _rotary(self, length: int) -> tuple[Tensor, Tensor]:
        """Cosine and signed sine, shape (length, 1, head width); the sign of rotate_half is in the sine."""
        angles = torch.outer(torch.arange(length, device=self._device, dtype=torch.float32), self._inverse)
        sine = angles.sin()
        cosine = torch.cat([angles.cos(), angles.cos()], dim=-1)
        return cosine.unsqueeze(1).to(self._dtype), torch.cat([-sine, sine], dim=-1).unsqueeze(1).to(self._dtype)

    def _positions(self, lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
        longest = max(lengths)
        if longest > self._tables[0].shape[0]:
            self._tables = self._rotary(2 * longest)
        cosine, sine = self._tables
        if len(lengths) == 1:
            return cosine[:longest], sine[:longest]
        places = torch.cat([torch.arange(n, device=self._device) for n in lengths])
        return cosine[places], sine[places]

    def _attended(self, mixed: Tensor, lengths: Sequence[int], positions: tuple[Tensor, Tensor]) -> Tensor:
        """Attention within each sequence, for mixed of shape (tokens, 3 * width)."""
        query, key, value = mixed.view(mixed.shape[0], 3, self._heads, -1).unbind(1)
        query, key = (_rotated(x, *positions) for x in (query, key))
        return self._attention(query, key, value, lengths).reshape(mixed.shape[0], self._width)

    def _advanced(self, x: Tensor, layer: _Layer, lengths: Sequence[int], positions: tuple[Tensor, Tensor]) -> Tensor:
        normed = functional.layer_norm(x, (self._width,), *layer.norm_attention).to(self._dtype)
        context = self._attended(functional.linear(normed, *layer.qkv), lengths, positions)
        x = x + functional.linear(context, *layer.out)
        normed = functional.layer_norm(x, (self._width,), *layer.norm_feed).to(self._dtype)
        return x + functional.linear(functional.gelu(functional.linear(normed, *layer.rise)), *layer.fall)

    @torch.inference_mode()
    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension)."""
        tokens = [encoded(residues) for residues in sequences]
        lengths = [len(t) for t in tokens]
        x = self._embedding[torch.from_numpy(np.concatenate(tokens)).to(self._device)]
        positions = self._positions(lengths)
        for layer in self._layers:
            x = self._advanced(x, layer, lengths, positions)
        if self._final:
            x = functional.layer_norm(x, (self._width,), *self._final)
        return [vectors[1:-1].numpy() for vectors in torch.split(x.cpu(), lengths)]


def _rotated(x: Tensor, cosine: Tensor, signed_sine: Tensor) -> Tensor:
    """Rotary embedding of x, shape (tokens, heads, head width)."""
    half = x.shape[-1] // 2
    return x * cosine + torch.cat([x[..., half:], x[..., :half]], dim=-1) * signed_sine
