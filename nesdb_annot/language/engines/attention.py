"""Attention over packed sequences: one kernel call for all of them on a GPU, one call each elsewhere."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

Attention = Callable[[Tensor, Tensor, Tensor, Sequence[int]], Tensor]
"""Of query, key and value, (tokens, heads, head width) each, and the lengths of the sequences that lie end to end."""

Kernel = Callable[..., Tensor]


def each_alone(query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int]) -> Tensor:
    """One call of torch's fused attention for each sequence; shape (tokens, heads, head width)."""
    contexts = []
    sizes = list(lengths)
    for parts in zip(*(torch.split(x, sizes) for x in (query, key, value)), strict=True):
        q, k, v = (x.transpose(0, 1).unsqueeze(0) for x in parts)
        contexts.append(functional.scaled_dot_product_attention(q, k, v)[0].transpose(0, 1))
    return contexts[0] if len(contexts) == 1 else torch.cat(contexts)


def all_at_once(kernel: Kernel) -> Attention:
    """Attention through a variable-length kernel with the signature of ``torch.nn.attention.varlen.varlen_attn``."""

    def attention(query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int]) -> Tensor:
        ends = torch.tensor([0, *lengths], device=query.device).cumsum(0).to(torch.int32)
        longest = max(lengths)
        return kernel(query.contiguous(), key.contiguous(), value.contiguous(), ends, ends, longest, longest)

    return attention


def attention_for(device: str, dtype: torch.dtype) -> Attention:
    """The best that device and version of torch (2.10 has the variable-length kernel) offer."""
    if device.startswith("cuda") and dtype in (torch.bfloat16, torch.float16):
        try:
            return all_at_once(importlib.import_module("torch.nn.attention.varlen").varlen_attn)
        except (ImportError, AttributeError):
            return each_alone
    return each_alone
