"""The compiled engine with linear layers in 8 bits, `kernel_int8.c`: about twice the arithmetic, and less exact.

Weights are rounded to -127 to 127 in steps of each output (its largest weight is 127), activations to 0 to 255 in steps
of each token (from its least to its largest value), both for groups of at most `LARGEST_GROUP` inputs; sums are exact.
Attention, its values, the layer after it, norms and residual stream are those of `compiled.py`: these two linear layers
are a sixth of the arithmetic and made about half of the error. No number depends on batch mates.

How exact that is depends on the weights: where a few channels are far larger than all others, as is known of large
trained transformers (Dettmers et al. 2022, arXiv:2208.07339), the others lose. `easing` meets that, but no official
weights were at hand to see how far. So this engine is never chosen by itself, and `gate` looks at every model.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from .compiled import CompiledEngine
from .image import Image

if TYPE_CHECKING:
    from esm.model.esm2 import ESM2
    from esm.modules import TransformerLayer
    from torch import Tensor

    from .layout import Linear

LARGEST = 127

LARGEST_GROUP = 160


class _Linear(ctypes.Structure):
    """`linear8` of `kernel_int8.c`: addresses."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("panels", "ease", "steps", "sums", "bias")),
        *((name, ctypes.c_long) for name in ("group", "outputs")),
    )


class _Layer(ctypes.Structure):
    """`layer8` of `kernel_int8.c`."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("norm_attention", "norm_feed")),
        *((name, ctypes.c_void_p) for name in ("value", "out", "value_bias", "out_bias")),
        *((name, _Linear) for name in ("query_key", "rise", "fall")),
    )


def group_of(inputs: int) -> int:
    """How many of so many inputs, a multiple of 32, share a step: as many as divide them, at most `LARGEST_GROUP`.

    Example:
        >>> group_of(320), group_of(1280), group_of(192)
        (160, 160, 96)
    """
    return max(size for size in range(32, LARGEST_GROUP + 1, 32) if inputs % size == 0)


def rounded(weight: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Weights as whole numbers of steps.

    Args:
        weight: shape (outputs, inputs).
        group: inputs that share a step.

    Returns:
        int8, shape (outputs, groups, group); and the step of each output and group, float32, shape (outputs, groups).
    """
    from torch import int8

    grouped = weight.reshape(len(weight), -1, group)
    steps = (grouped.abs().amax(dim=2) / LARGEST).clamp_min(1e-30)
    return (grouped / steps[..., None]).round().to(int8), steps


class Int8Engine(CompiledEngine):
    """Runs the layers 1 to `layer` on one thread, most of the linear layers in int8.

    Args:
        model: fair-esm's, float32, on the CPU; `compiled.fits` must hold.
        layer: 0 to the number of layers.
        library: of `build.open_library` for `build.INT8`.
    """

    name = "compiled int8 on cpu"
    function = "nesannot_forward_int8"
    layout = _Layer

    def __init__(self, model: ESM2, layer: int, library: ctypes.CDLL) -> None:
        from .easing import largest_inputs

        self._largest = largest_inputs(model, layer)
        super().__init__(model, layer, library)
        del self._largest

    def _laid_out(self, block: TransformerLayer, image: Image) -> ctypes.Structure:
        from .layout import linears, norm, panels

        norms = norm(block.self_attn_layer_norm), norm(block.final_layer_norm)
        (mixing, shift), (out, out_bias), rise, fall = linears(block)
        width = len(out)
        values = panels(mixing[2 * width :]), panels(out), shift[2 * width :].float(), out_bias.float()
        query_key = mixing[: 2 * width], shift[: 2 * width]
        fed = zip((query_key, rise, fall), (block.self_attn.q_proj, block.fc1, block.fc2), strict=True)
        narrow = [self._narrow(linear, self._largest[module], image) for linear, module in fed]
        return self.layout(*map(image.add, (*norms, *values)), *narrow)

    @staticmethod
    def _narrow(linear: Linear, largest: Tensor, image: Image) -> ctypes.Structure:
        from .easing import eased
        from .layout import in_panels

        weight, bias = (tensor.detach().float() for tensor in linear)
        divisor = eased(largest, weight)
        group = group_of(len(divisor))
        whole, steps = rounded(weight * divisor, group)
        sums = steps * whole.sum(dim=2)
        parts = in_panels(whole.flatten(1)), 1 / divisor, steps.T, sums.T, bias
        return _Linear(*map(image.add, parts), group, len(bias))
