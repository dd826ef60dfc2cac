"""The forward pass of fair-esm's ESM-2 as pre-training needs it, with equal outputs.

It reads the parameters of fair-esm's own module, so that what is trained is what fair-esm loads. The differences: no
padding, no transposes, types that torch.compile can fuse, and the language-model head only at the chosen positions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
from esm.model.esm2 import ESM2
from esm.modules import TransformerLayer
from torch import Tensor
from torch.nn import functional

MASK_RATIO_IN_TRAINING = 0.15 * 0.8
"""Constant of fair-esm's token dropout."""

EPSILON = 1e-5
"""Of every norm in fair-esm's ESM-2."""

Affine = tuple[Tensor, Tensor]
"""Weight and bias of a linear layer or a norm."""


def rotary_tables(inverse_frequencies: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary embedding (Su et al. 2021), shape (length, head width) each."""
    angles = torch.outer(
        torch.arange(length, dtype=torch.float32, device=inverse_frequencies.device), inverse_frequencies
    )
    both = torch.cat([angles, angles], dim=-1)
    return both.cos(), both.sin()


def _rotated(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine


def _affine(module: torch.nn.Linear | torch.nn.LayerNorm) -> Affine:
    return module.weight, module.bias


def _normed(x: Tensor, norm: Affine) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], *norm, EPSILON)


def before_attention(
    x: Tensor, norm: Affine, projections: tuple[Affine, Affine, Affine], tables: tuple[Tensor, Tensor], heads: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value, shape (tokens, heads, head width), of the residual stream x, shape (tokens, width)."""
    weight = torch.cat([weight for weight, _ in projections])
    bias = torch.cat([bias for _, bias in projections])
    mixed = functional.linear(_normed(x, norm), weight, bias).view(x.shape[0], 3, heads, -1)
    query, key, value = mixed.unbind(1)
    cosine, sine = (table.to(mixed.dtype) for table in tables)
    return _rotated(query, cosine, sine), _rotated(key, cosine, sine), value


def written_out(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention as three operations over (batch, heads, length, head width): on a CPU faster than torch's fused one."""
    scaled = query * query.shape[-1] ** -0.5
    weights = torch.softmax(scaled @ key.transpose(-1, -2), dim=-1)
    return weights.to(value.dtype) @ value


def after_attention(x: Tensor, context: Tensor, out: Affine, norm: Affine, rise: Affine, fall: Affine) -> Tensor:
    """The residual stream behind attention and feed-forward network, shape (tokens, width)."""
    x = x + functional.linear(context, *out)
    return x + functional.linear(functional.gelu(functional.linear(_normed(x, norm), *rise)), *fall)


class Parts(NamedTuple):
    """Pieces of a layer, plain or compiled; first and last see tokens alone: one compilation fits all lengths."""

    before: Callable[..., tuple[Tensor, Tensor, Tensor]] = before_attention
    attend: Callable[..., Tensor] = written_out
    after: Callable[..., Tensor] = after_attention


PLAIN = Parts()


@functools.cache
def compiled_parts() -> Parts:
    """For a GPU: compiled pieces around torch's fused attention."""
    before, after = torch.compile(before_attention), torch.compile(after_attention)
    return Parts(before, functional.scaled_dot_product_attention, after)


def _layer(
    x: Tensor, block: TransformerLayer, heads: int, tables: tuple[Tensor, Tensor], length: int, parts: Parts
) -> Tensor:
    attention = block.self_attn
    projections = tuple(_affine(p) for p in (attention.q_proj, attention.k_proj, attention.v_proj))
    mixed = parts.before(x, _affine(block.self_attn_layer_norm), projections, tables, heads)
    query, key, value = (y.view(-1, length, *y.shape[1:]).transpose(1, 2) for y in mixed)
    context = parts.attend(query, key, value).transpose(1, 2).reshape(x.shape)
    rest = (attention.out_proj, block.final_layer_norm, block.fc1, block.fc2)
    return parts.after(x, context, *map(_affine, rest))


def _embedded(model: ESM2, tokens: Tensor) -> Tensor:
    """Token embeddings with fair-esm's token dropout; there is no padding."""
    masked = tokens == model.mask_idx
    embedded = functional.embedding(tokens, model.embed_tokens.weight).masked_fill(masked.unsqueeze(-1), 0.0)
    observed = masked.sum(-1) / tokens.shape[-1]
    factor = (1 - MASK_RATIO_IN_TRAINING) / (1 - observed)
    scaled: Tensor = embedded * factor.to(embedded.dtype)[:, None, None]
    return scaled


def representations(model: ESM2, tokens: Tensor, stream: torch.dtype = torch.float32, parts: Parts = PLAIN) -> Tensor:
    """Last layer after its norm, shape (batch, length, width), for tokens of shape (batch, length) without padding.

    Args:
        stream: type of the residual stream; bfloat16 halves its traffic.
        parts: the pieces of a layer.
    """
    batch, length = tokens.shape
    x = _embedded(model, tokens).to(stream).flatten(0, 1)
    tables = rotary_tables(model.layers[0].self_attn.rot_emb.inv_freq, length)
    cosine, sine = (table.repeat(batch, 1).unsqueeze(1) for table in tables)
    for block in model.layers:
        x = _layer(x, block, model.attention_heads, (cosine, sine), length, parts)
    return _normed(x, _affine(model.emb_layer_norm_after)).view(batch, length, -1)


def logits_at(model: ESM2, features: Tensor, chosen: Tensor) -> Tensor:
    """Logits over the alphabet at the flat positions `chosen`, shape (len(chosen), alphabet)."""
    head = model.lm_head
    picked = features.reshape(-1, features.shape[-1]).index_select(0, chosen)
    dense = functional.gelu(functional.linear(picked, head.dense.weight, head.dense.bias))
    logits: Tensor = functional.linear(_normed(dense, _affine(head.layer_norm)), model.embed_tokens.weight) + head.bias
    return logits


def masked_loss(
    model: ESM2,
    tokens: Tensor,
    chosen: Tensor,
    targets: Tensor,
    stream: torch.dtype = torch.float32,
    parts: Parts = PLAIN,
) -> Tensor:
    """Mean cross-entropy (nats) of `targets` at the flat positions `chosen` of `tokens`."""
    logits = logits_at(model, representations(model, tokens, stream, parts), chosen)
    return functional.cross_entropy(logits.float(), targets)
