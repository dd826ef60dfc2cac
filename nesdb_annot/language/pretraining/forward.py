"""The forward pass of fair-esm's ESM-2 as pre-training needs it, with equal outputs.

It reads the parameters of fair-esm's own module, so that what is trained is what fair-esm loads. The differences: no
padding, no transposes, types that torch.compile can fuse, and the language-model head only at the chosen positions.
"""

from __future__ import annotations

import torch
from esm.model.esm2 import ESM2
from esm.multihead_attention import MultiheadAttention
from torch import Tensor
from torch.nn import functional

MASK_RATIO_IN_TRAINING = 0.15 * 0.8
"""Constant of fair-esm's token dropout."""


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


def _normed(x: Tensor, norm: torch.nn.LayerNorm) -> Tensor:
    return functional.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def _attention(x: Tensor, attention: MultiheadAttention, heads: int, cosine: Tensor, sine: Tensor) -> Tensor:
    """Self-attention over x of shape (batch, length, width)."""
    batch, length, width = x.shape
    projections = (attention.q_proj, attention.k_proj, attention.v_proj)
    weight = torch.cat([p.weight for p in projections])
    bias = torch.cat([p.bias for p in projections])
    mixed = functional.linear(x, weight, bias).view(batch, length, 3, heads, width // heads)
    query, key, value = mixed.permute(2, 0, 3, 1, 4)
    cosine, sine = cosine.to(mixed.dtype), sine.to(mixed.dtype)
    scaled = _rotated(query, cosine, sine) * (width // heads) ** -0.5
    weights = torch.softmax(scaled @ _rotated(key, cosine, sine).transpose(-1, -2), dim=-1)
    context = weights.to(value.dtype) @ value
    output: Tensor = functional.linear(
        context.transpose(1, 2).reshape(batch, length, width), attention.out_proj.weight, attention.out_proj.bias
    )
    return output


def _embedded(model: ESM2, tokens: Tensor) -> Tensor:
    """Token embeddings with fair-esm's token dropout; there is no padding."""
    masked = tokens == model.mask_idx
    embedded = functional.embedding(tokens, model.embed_tokens.weight).masked_fill(masked.unsqueeze(-1), 0.0)
    observed = masked.sum(-1) / tokens.shape[-1]
    factor = (1 - MASK_RATIO_IN_TRAINING) / (1 - observed)
    scaled: Tensor = embedded * factor.to(embedded.dtype)[:, None, None]
    return scaled


def representations(model: ESM2, tokens: Tensor, stream: torch.dtype = torch.float32) -> Tensor:
    """Last layer after its norm, shape (batch, length, width), for tokens of shape (batch, length) without padding.

    Args:
        stream: type of the residual stream; bfloat16 halves its traffic.
    """
    x = _embedded(model, tokens).to(stream)
    cosine, sine = rotary_tables(model.layers[0].self_attn.rot_emb.inv_freq, tokens.shape[1])
    for layer in model.layers:
        normed = _normed(x, layer.self_attn_layer_norm)
        x = x + _attention(normed, layer.self_attn, model.attention_heads, cosine, sine)
        inner = functional.gelu(functional.linear(_normed(x, layer.final_layer_norm), layer.fc1.weight, layer.fc1.bias))
        x = x + functional.linear(inner, layer.fc2.weight, layer.fc2.bias)
    return _normed(x, model.emb_layer_norm_after)


def logits_at(model: ESM2, features: Tensor, chosen: Tensor) -> Tensor:
    """Logits over the alphabet at the flat positions `chosen`, shape (len(chosen), alphabet)."""
    head = model.lm_head
    picked = features.reshape(-1, features.shape[-1]).index_select(0, chosen)
    dense = functional.gelu(functional.linear(picked, head.dense.weight, head.dense.bias))
    logits: Tensor = functional.linear(_normed(dense, head.layer_norm), model.embed_tokens.weight) + head.bias
    return logits


def masked_loss(
    model: ESM2, tokens: Tensor, chosen: Tensor, targets: Tensor, stream: torch.dtype = torch.float32
) -> Tensor:
    """Mean cross-entropy (nats) of `targets` at the flat positions `chosen` of `tokens`."""
    logits = logits_at(model, representations(model, tokens, stream), chosen)
    return functional.cross_entropy(logits.float(), targets)
