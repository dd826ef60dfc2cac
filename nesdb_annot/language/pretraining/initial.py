"""Initial weights that a short training can use: normal weights, and heads that begin by looking at near neighbours.

A masked residue enters the first layer as a zero vector: without biases its queries are zero and its attention is
uniform, so that position has to be discovered first. Rotary embeddings make another start simple: with a key bias k
and the query bias k turned by o positions, the biases' share of the score of position i for j depends on j - i alone
and is greatest at j - i = o (Su et al. 2021, equation 16). Two heads of a later layer are left free. How much this
start helps was not measured by itself.
"""

from __future__ import annotations

import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from torch import Tensor

NEAR = (-1, 1, -2, 2, -3, 3)
FARTHER = (-3, 3, -4, 4)
"""Offsets in residues; a helix turns in 3.6."""

FREQUENCIES = 6
"""The fastest rotary frequencies tell neighbours apart; the slow ones would only add noise."""

STRENGTH = 3.0


def offset_biases(inverse_frequencies: Tensor, offset: int) -> tuple[Tensor, Tensor]:
    """Query and key bias, shape (head width,) each, of a head that prefers the residue at `offset`."""
    half = len(inverse_frequencies)
    used = (torch.arange(half) < FREQUENCIES).float() * STRENGTH
    angles = inverse_frequencies * offset
    query = torch.cat([used * angles.cos(), used * angles.sin()])
    return query, torch.cat([used, torch.zeros(half)])


def _offsets(layer: int, heads: int) -> tuple[int, ...]:
    if layer == 0:
        return NEAR[:heads]
    return (NEAR[:4] if layer % 2 == 0 else FARTHER)[: max(0, heads - 2)]


def fresh_model(layers: int, width: int, heads: int, seed: int) -> ESM2:
    """fair-esm's ESM2 of that shape with initial weights drawn from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    model = ESM2(layers, width, heads, Alphabet.from_architecture("ESM-1b"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                residual = (2 * layers) ** -0.5 if name.endswith(("out_proj.weight", "fc2.weight")) else 1.0
                parameter.normal_(0.0, 0.6 * residual * parameter.shape[1] ** -0.5, generator=generator)
            elif name.endswith("bias"):
                parameter.zero_()
        model.embed_tokens.weight.normal_(0.0, width**-0.5, generator=generator)
        model.embed_tokens.weight[model.padding_idx].zero_()
        for number, layer in enumerate(model.layers):
            attention = layer.self_attn
            for head, offset in enumerate(_offsets(number, heads)):
                rows = slice(head * width // heads, (head + 1) * width // heads)
                query, key = offset_biases(attention.rot_emb.inv_freq, offset)
                attention.q_proj.bias[rows], attention.k_proj.bias[rows] = query, key
    return model
