"""All layers in one compiled function, `kernel.c`: bfloat16 products, float32 sums, no padding, nothing between them.

Measured beside the other engines by `nesannot bench embed`.
The weights lie in the order in which the kernel reads them, in one piece of memory: an engine that was made once can be
sent to worker processes, which then need neither torch nor the file of weights.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..tokens import TOKEN_DROPOUT, encoded
from .image import Image, aligned, placed

if TYPE_CHECKING:
    from esm.model.esm2 import ESM2
    from esm.modules import TransformerLayer

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
        from .layout import norm

        image, blocks = Image(), model.layers[:layer]
        self._width, self._heads = int(model.embed_dim), int(model.attention_heads)
        self._offsets = bytes((self.layout * layer)(*(self._laid_out(block, image) for block in blocks)))
        self._last = image.add(norm(model.emb_layer_norm_after)) if layer == len(model.layers) else None
        dropout = TOKEN_DROPOUT if model.token_dropout else 1.0
        self._embedding: NDArray[np.float32] = (model.embed_tokens.weight.detach().float() * dropout).numpy()
        self._inverse: NDArray[np.float32] = model.layers[0].self_attn.rot_emb.inv_freq.float().numpy()
        self._image = image.whole()
        self._open(library)

    def _open(self, library: ctypes.CDLL) -> None:
        """All that holds in this process only: addresses, tables, the function."""
        self._library, self._forward = library._name, getattr(library, self.function)
        of_all = self.layout * (len(self._offsets) // ctypes.sizeof(self.layout))
        base = self._image.ctypes.data
        self._layers = of_all(*(placed(one, base) for one in of_all.from_buffer_copy(self._offsets)))
        self._final = None if self._last is None else base + self._last
        self._tables = self._rotary(1024)

    @property
    def portable(self) -> bool:
        """Whether it can be sent to another process: the library must be there."""
        return Path(self._library).is_file()

    def __getstate__(self) -> dict[str, Any]:
        """What is the same in every process."""
        here = ("_forward", "_layers", "_final", "_tables")
        return {name: value for name, value in vars(self).items() if name not in here}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin in the process that it was sent to."""
        vars(self).update(state)
        self._image = aligned(len(state["_image"]))
        self._image[:] = state["_image"]
        self._open(ctypes.CDLL(self._library))

    def _laid_out(self, block: TransformerLayer, image: Image) -> ctypes.Structure:
        from .layout import linears, norm, panels

        four = linears(block)
        return self.layout(
            image.add(norm(block.self_attn_layer_norm)), image.add(norm(block.final_layer_norm)),
            *(image.add(panels(weight)) for weight, _ in four), *(image.add(bias.float()) for _, bias in four),
        )  # fmt: skip

    def _rotary(self, length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosine and sine, shape (length, head width / 2)."""
        angles = np.outer(np.arange(length, dtype=np.float32), self._inverse)
        return np.cos(angles), np.sin(angles)

    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension).

        Raises:
            MemoryError: if the kernel gets no memory for its intermediate values.
        """
        tokens = [encoded(residues) for residues in sequences]
        lengths = [len(t) for t in tokens]
        if max(lengths) > len(self._tables[0]):
            self._tables = self._rotary(2 * max(lengths))
        x = aligned(sum(lengths) * self._width * 4).view(np.float32).reshape(-1, self._width)
        np.take(self._embedding, np.concatenate(tokens), axis=0, out=x, mode="clip")
        whole, pointer = ctypes.c_long, ctypes.c_void_p
        failed = self._forward(
            pointer(x.ctypes.data), whole(len(x)), whole(self._width), whole(self._heads),
            (whole * len(lengths))(*lengths), whole(len(lengths)), self._layers, whole(len(self._layers)),
            pointer(self._final), *(pointer(table.ctypes.data) for table in self._tables),
        )  # fmt: skip
        if failed:
            raise MemoryError(f"{len(x):,} tokens do not fit")
        return [vectors[1:-1] for vectors in np.split(x, np.cumsum(lengths)[:-1])]
