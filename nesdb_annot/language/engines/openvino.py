"""OpenVINO on a CPU: a twin of fair-esm's model for one sequence, bfloat16 where the processor computes in it.

The twin has explicit rotary tables as inputs: a trace of fair-esm's own modules would hold that of the traced length.
Importing OpenVINO opens a telemetry connection and writes to the home directory; `_openvino` blocks that beforehand.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch
from esm.model.esm2 import ESM2
from esm.multihead_attention import MultiheadAttention
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..tokens import TOKEN_DROPOUT, encoded


def available() -> bool:
    """Whether OpenVINO is installed; it is not imported for the answer."""
    return importlib.util.find_spec("openvino") is not None


def _openvino() -> ModuleType:
    """Import OpenVINO without its telemetry: a module that cannot be imported is replaced by OpenVINO's own stub."""
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    return importlib.import_module("openvino")


class _Twin(nn.Module):
    """fair-esm's layers 1 to `layer` for one sequence: tokens (T,), cosine and signed sine (T, 1, head width)."""

    def __init__(self, model: ESM2, layer: int) -> None:
        super().__init__()
        self.blocks: Any = nn.ModuleList(model.layers[:layer])
        self.final = model.emb_layer_norm_after if layer == len(model.layers) else nn.Identity()
        dropout = TOKEN_DROPOUT if model.token_dropout else 1.0
        self.embedding = nn.Parameter(model.embed_tokens.weight.detach() * dropout, requires_grad=False)
        self.heads, self.width = model.attention_heads, model.embed_dim

    def _headed(self, x: Tensor) -> Tensor:
        return x.view(-1, self.heads, self.width // self.heads)

    def _context(self, x: Tensor, attention: MultiheadAttention, cosine: Tensor, sine: Tensor) -> Tensor:
        query = _rotated(self._headed(attention.q_proj(x)), cosine, sine)
        key = _rotated(self._headed(attention.k_proj(x)), cosine, sine)
        parts = (query, key, self._headed(attention.v_proj(x)))
        query, key, value = (part.transpose(0, 1).unsqueeze(0) for part in parts)
        context = functional.scaled_dot_product_attention(query, key, value)
        projected: Tensor = attention.out_proj(context[0].transpose(0, 1).reshape(-1, self.width))
        return projected

    def forward(self, tokens: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Vectors of all tokens, shape (T, width)."""
        x = functional.embedding(tokens, self.embedding)
        for block in self.blocks:
            x = x + self._context(block.self_attn_layer_norm(x), block.self_attn, cosine, sine)
            x = x + block.fc2(functional.gelu(block.fc1(block.final_layer_norm(x))))
        vectors: Tensor = self.final(x)
        return vectors


def _rotated(x: Tensor, cosine: Tensor, signed_sine: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([second, first], dim=-1) * signed_sine


class OpenVinoEngine:
    """One sequence at a time on one thread.

    Args:
        model: fair-esm's, float32, on the CPU.
        layer: 0 to the number of layers.
        half: bfloat16; else float32.
    """

    batch_residues = 1

    def __init__(self, model: ESM2, layer: int, *, half: bool) -> None:
        openvino = _openvino()
        self._inverse = model.layers[0].self_attn.rot_emb.inv_freq.numpy()
        self._tables = self._rotary(1024)
        example = (torch.arange(4, 24), *(torch.from_numpy(t[:20]) for t in self._tables))
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=DeprecationWarning)  # OpenVINO still asks for a trace
            traced = torch.jit.trace(_Twin(model, layer).eval(), example, check_trace=False)  # type: ignore[no-untyped-call]
        graph = openvino.convert_model(traced, example_input=example)
        half_head = self._tables[0].shape[-1]
        graph.reshape(dict(zip(graph.inputs, ([-1], [-1, 1, half_head], [-1, 1, half_head]), strict=True)))
        precision = "bf16" if half else "f32"
        options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
        self._request = openvino.Core().compile_model(graph, "CPU", options).create_infer_request()
        self.name = f"openvino {precision} on cpu"

    def _rotary(self, length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        angles = np.outer(np.arange(length, dtype=np.float32), self._inverse)
        cosine, sine = np.cos(angles), np.sin(angles)
        tables = np.concatenate([cosine, cosine], axis=1), np.concatenate([-sine, sine], axis=1)
        return tables[0][:, None], tables[1][:, None]

    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension)."""
        return [self._one(residues) for residues in sequences]

    def _one(self, residues: str) -> NDArray[np.float32]:
        tokens = encoded(residues)
        if len(tokens) > len(self._tables[0]):
            self._tables = self._rotary(2 * len(tokens))
        cosine, sine = self._tables
        self._request.infer((tokens, cosine[: len(tokens)], sine[: len(tokens)]))
        vectors: NDArray[np.float32] = self._request.get_output_tensor(0).data[1:-1].copy()
        return vectors
