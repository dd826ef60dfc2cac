"""Which device and which engine: what was asked for, or the fastest that this machine can run, and why."""

from __future__ import annotations

import ctypes

import torch

from ...errors import ConfigurationError
from ...settings import Settings
from .. import processor
from ..checkpoint import LoadedModel
from . import build, compiled, openvino
from .int8 import Int8Engine
from .packed import PackedEngine
from .protocol import Engine
from .stock import StockEngine


def found_device(asked: str) -> tuple[str, str]:
    """Device for torch, and why.

    Raises:
        ConfigurationError: if there is none of that name.
    """
    if asked != "auto":
        kind, _, number = asked.partition(":")
        count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
        if int(number or 0) >= count.get(kind, 0):
            why = f"torch sees {count.get(kind, 0) or 'none'} of this kind"
            raise ConfigurationError(f"no device {asked!r}", why=why, remedy="--device auto", setting="device")
        return asked, "as asked"
    if torch.cuda.is_available():
        return "cuda", "a GPU is there"
    return "cpu", "no GPU is there"


def chosen_engine(loaded: LoadedModel, layer: int, settings: Settings) -> tuple[Engine, str]:
    """The engine that the settings ask for, and in some words why it is this one.

    Raises:
        ConfigurationError: if engine or device do not exist here.
    """
    device, why = found_device(settings.device)
    kind = settings.engine
    if kind == "auto":
        kind, reason = _best(loaded, device, settings)
        why = "; ".join(filter(None, (why, reason)))
    return opened_engine(kind, loaded, layer, device, settings), why


def _best(loaded: LoadedModel, device: str, settings: Settings) -> tuple[str, str]:
    """The fastest engine that this machine can run, and why. With AMX it is OpenVINO: the kernel knows vectors only."""
    if device != "cpu":
        return "packed", "bfloat16 is in the hardware" if device.startswith("cuda") else ""
    half = processor.has_bfloat16()
    reason = "bfloat16 is in the hardware" if half else "no bfloat16 in the hardware"
    if half and not processor.has_tiles():
        library = _kernel(loaded, device, settings)
        if not isinstance(library, build.Unavailable):
            return "compiled", reason
        reason += f", but {library.why}"
    return "openvino" if openvino.available() else "packed", reason


def opened_engine(kind: str, loaded: LoadedModel, layer: int, device: str, settings: Settings) -> Engine:
    """The engine of that kind: bfloat16 where the device computes in it, else float32.

    Raises:
        ConfigurationError: if this machine, device or model cannot run it.
    """
    half = device.startswith("cuda") or (device == "cpu" and processor.has_bfloat16())
    if kind == "stock":
        return StockEngine(loaded.model, layer, device)
    if kind == "packed":
        return PackedEngine(loaded.model, layer, device, torch.bfloat16 if half else torch.float32)
    if kind == "openvino":
        if device != "cpu" or not openvino.available():
            why = f"the device is {device}" if device != "cpu" else "it is not installed"
            raise ConfigurationError("OpenVINO cannot be used", why=why, remedy="--engine packed", setting="engine")
        return openvino.OpenVinoEngine(loaded.model, layer, half=half)
    library = _kernel(loaded, device, settings, *([build.INT8] if kind == "int8" else []))
    if isinstance(library, build.Unavailable):
        what = f"the {kind} kernel cannot be used"
        raise ConfigurationError(what, why=library.why, remedy="--engine auto", setting="engine")
    if kind == "compiled":
        return compiled.CompiledEngine(loaded.model, layer, library)
    return Int8Engine(loaded.model, layer, library)


def _kernel(
    loaded: LoadedModel, device: str, settings: Settings, *which: build.Kernel
) -> ctypes.CDLL | build.Unavailable:
    if device != "cpu":
        return build.Unavailable(f"the device is {device}")
    if not compiled.fits(loaded.model):
        return build.Unavailable("the model's width is no multiple of 32")
    return build.open_library(settings.cache_dir, *which)
