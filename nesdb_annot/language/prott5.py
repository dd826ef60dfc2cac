"""ProtT5 behind the Protocol `Embedder`: the encoder of a T5 that reads proteins, through transformers.

As its authors use it: U, Z, O and B are read as X, one token a residue, and the vector of the closing </s> is dropped.
Weights are read as safetensors or with ``weights_only=True``; transformers is never asked to find anything itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..installation import install_command
from ..records import LanguageModelIdentity
from ..settings import Settings
from .card import checked_sha256
from .checkpoint import load_tensors
from .engines.choice import found_device
from .model_embedder import ModelEmbedder, asked_layer
from .prott5_files import SMALL_FILES, hub_name, read_config, weights_of
from .windows import LongRule

RULE = LongRule(window=2046, overlap=512)
"""T5's attention holds all pairs of residues in float32, several times: 2,046 residues take about 2 GB in the XL."""

RARE = str.maketrans("UZOB", "XXXX")
_TIED = "encoder.embed_tokens.weight"


class Pieces:
    """Tokens of residues, from the ``spiece.model`` that belongs to the weights.

    Args:
        path: of the sentencepiece model; each letter is one piece, preceded by a blank.
    """

    def __init__(self, path: Path) -> None:
        processor = importlib.import_module("sentencepiece").SentencePieceProcessor()
        try:
            processor.Load(str(path))
        except (OSError, RuntimeError, TypeError) as error:
            raise ConfigurationError(f"{path} is no sentencepiece model", why=str(error).splitlines()[0]) from error
        unknown, self._end = processor.unk_id(), processor.eos_id()
        self._token = np.array([processor.PieceToId(f"\u2581{chr(code)}") for code in range(128)], dtype=np.int64)
        if self._token[ord("X")] == unknown or self._end < 0:
            raise ConfigurationError(f"{path} does not belong to ProtT5", why="it has no piece for X, or no </s>")

    def encoded(self, residues: str) -> NDArray[np.int64]:
        """The residues and </s>: shape (L + 1,)."""
        letters = np.frombuffer(residues.translate(RARE).encode("ascii"), dtype=np.uint8)
        return np.append(self._token[letters], self._end)


class T5Engine:
    """One sequence at a time: float32 on a CPU, float16 on a GPU, as the authors advise.

    Args:
        model: ``T5EncoderModel``.
        pieces: of the same model.
        layer: 0 (token embedding) to the number of layers (after the last norm).
        device: of torch.
    """

    batch_residues = 1

    def __init__(self, model: Any, pieces: Pieces, layer: int, device: str) -> None:  # noqa: ANN401 - it has no types
        half = device.startswith("cuda")
        self._model = (model.half() if half else model.float()).to(device)
        self._pieces, self._layer, self._device = pieces, layer, device
        self.name = f"transformers {'float16' if half else 'float32'} on {device}"

    def run(self, sequences: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each sequence, shape (L, dimension), without that of </s>."""
        return [self._one(residues) for residues in sequences]

    @torch.inference_mode()
    def _one(self, residues: str) -> NDArray[np.float32]:
        tokens = torch.from_numpy(self._pieces.encoded(residues)).unsqueeze(0).to(self._device)
        states = self._model(input_ids=tokens, output_hidden_states=True).hidden_states
        vectors: NDArray[np.float32] = states[self._layer][0, :-1].float().cpu().numpy()
        return vectors


def available() -> bool:
    """Whether the extra ``prott5`` is installed."""
    return all(importlib.util.find_spec(name) for name in ("transformers", "sentencepiece"))


def _transformers() -> Any:  # noqa: ANN401 - a module without types
    """transformers, told to open no socket whatever it is asked for: files are found and fetched by us."""
    if not available():
        raise ConfigurationError(
            "ProtT5 needs two more packages", why="transformers or sentencepiece is not installed",
            remedy=install_command("transformers", "sentencepiece"),
        )  # fmt: skip
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module("transformers")


def _filled(model: Any, tensors: Mapping[str, torch.Tensor], path: Path) -> None:  # noqa: ANN401
    """Put the encoder's weights into `model`; those of a decoder are left aside."""
    encoder = {k: v for k, v in tensors.items() if k == "shared.weight" or k.startswith("encoder.")}
    if _TIED not in encoder and "shared.weight" in encoder:
        encoder[_TIED] = encoder["shared.weight"]
    elif "shared.weight" not in encoder and _TIED in encoder:
        encoder["shared.weight"] = encoder[_TIED]
    try:
        absent, foreign = model.load_state_dict({k: v.float() for k, v in encoder.items()}, strict=False)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise ConfigurationError(f"{path} does not fit its config.json", why=str(error).splitlines()[-1]) from error
    if absent or foreign:
        why = ", ".join([*absent, *foreign][:3])
        raise ConfigurationError(f"{path} does not hold the encoder of its config.json", why=why)


def open_prott5(folder: Path, settings: Settings) -> ModelEmbedder:
    """The embedder of a folder.

    Raises:
        ConfigurationError: if the extra is not installed, files are absent, damaged or hostile, or the engine is one
            of ESM-2's.
    """
    if settings.engine not in ("auto", "stock"):
        raise ConfigurationError(f"no engine {settings.engine!r} for ProtT5", remedy="--engine auto", setting="engine")
    transformers = _transformers()
    config, weights = read_config(folder), weights_of(folder)
    digest = checked_sha256(weights)
    try:
        model = transformers.T5EncoderModel(transformers.T5Config.from_dict(config)).eval()
    except (ValueError, TypeError, RuntimeError) as error:
        what = f"{folder / SMALL_FILES[0]} describes no T5"
        raise ConfigurationError(what, why=str(error).splitlines()[0]) from error
    _filled(model, load_tensors(weights), weights)
    device, why = found_device(settings.device)
    name = hub_name(settings.model).rpartition("/")[2] or folder.resolve().name
    layer = asked_layer(name, int(model.config.num_layers), settings.layer)
    engine = T5Engine(model.requires_grad_(requires_grad=False), Pieces(folder / SMALL_FILES[1]), layer, device)
    identity = LanguageModelIdentity(name, layer, int(model.config.d_model), digest, RULE.name)
    return ModelEmbedder(identity, engine, RULE, f"{name}, layer {layer}, {engine.name} ({why})")
