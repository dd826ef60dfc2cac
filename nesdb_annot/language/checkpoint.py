"""The one loader of weights.

Two kinds of file are read: an official fair-esm checkpoint (a zip archive with a pickle, read with
``weights_only=True`` and one allowed global, ``argparse.Namespace``) and our own safetensors file with its JSON card.
No other pickle is read.
"""

from __future__ import annotations

import argparse
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError  # what torch raises; nothing is unpickled here

import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from esm.pretrained import load_model_and_alphabet_core
from safetensors import SafetensorError
from safetensors.torch import load_file

from ..errors import ConfigurationError
from .card import CHECKPOINT, LARGEST_SHAPE, checked_sha256, read_card
from .windows import WHOLE, LongRule

_FORBIDDEN = re.compile(r"(?:GLOBAL|class|global)\s+([\w.]+)")
_INSTRUCTION = re.compile(r"Unsupported operand (\d+)")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """fair-esm's model in float32 and evaluation mode.

    Attributes:
        name: of the file or of its card.
        sha256: of the file.
        rule: for long proteins; a model that was trained on short crops states its own in its card.
        layer: that is read where none is asked for: the last (-1), or the one that the card of a model of ours names.
    """

    name: str
    sha256: str
    model: ESM2
    alphabet: Alphabet
    rule: LongRule = WHOLE
    layer: int = -1


def _unpickled(path: Path) -> Mapping[str, object]:
    """The contents of an official checkpoint; nothing but tensors, containers and Namespace is ever built."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that are refused anyway
            contents = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError as error:
        raise _refused(path, str(error)) from error
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise ConfigurationError(f"{path} cannot be read as a checkpoint", why=why, remedy=CHECKPOINT) from error
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        why = "it is damaged, cut off, or something else"
        raise ConfigurationError(f"{path} is no readable checkpoint", why=why, remedy=CHECKPOINT) from error
    if not isinstance(contents, dict):
        raise _no_esm2(path, "its contents are no dictionary")
    return contents


def _refused(path: Path, said: str) -> ConfigurationError:
    """Without what torch advises here, which is to load the file all the same."""
    why = "its pickle holds what none of a checkpoint does"
    if named := _FORBIDDEN.search(said):
        why = f"it asks for {named[1]}"
    elif instruction := _INSTRUCTION.search(said):
        why = f"its pickle has the instruction {instruction[1]}"
    what = f"{path} is not a checkpoint that may be loaded"
    return ConfigurationError(
        what, why=f"{why}; only tensors and argparse.Namespace are allowed", remedy="take it from its makers again"
    )


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors by name, of a safetensors file or of a pickle that holds nothing else.

    Raises:
        ConfigurationError: if it is damaged, hostile, or holds anything but named tensors.
    """
    if path.suffix == ".safetensors":
        try:
            tensors: dict[str, torch.Tensor] = load_file(path)
        except (SafetensorError, OSError) as error:
            raise ConfigurationError(f"{path} is no readable safetensors file", why=str(error)) from error
        return tensors
    named = {str(name): held for name, held in _unpickled(path).items() if isinstance(held, torch.Tensor)}
    if not named:
        raise ConfigurationError(f"{path} holds no tensors by name")
    return named


def _no_esm2(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"{path} is no ESM-2 checkpoint", why=why, remedy=CHECKPOINT)


def _check_shape(path: Path, contents: Mapping[str, object]) -> None:
    """Refuse what fair-esm would stumble over, or what would fill the memory, before any module is made."""
    cfg, state = contents.get("cfg"), contents.get("model")
    shape = cfg.get("model") if isinstance(cfg, dict) else None
    if not isinstance(shape, argparse.Namespace) or not isinstance(state, dict):
        raise _no_esm2(path, "it lacks cfg.model or model")
    for key, largest in LARGEST_SHAPE.items():
        value = getattr(shape, key, None)
        if not isinstance(value, int) or not 0 < value <= largest:
            raise _no_esm2(path, f"{key} is {value!r}")
    if shape.encoder_embed_dim % (2 * shape.encoder_attention_heads):
        raise _no_esm2(
            path, f"{shape.encoder_attention_heads} heads do not divide a width of {shape.encoder_embed_dim}"
        )
    embedded = [v for k, v in state.items() if str(k).endswith("embed_tokens.weight")]
    if not embedded or tuple(getattr(embedded[0], "shape", ())) != (33, shape.encoder_embed_dim):
        raise _no_esm2(path, "its token embedding has another shape than cfg.model says")


def _official(path: Path, digest: str) -> LoadedModel:
    contents = _unpickled(path)
    _check_shape(path, contents)
    name = path.stem if path.stem.startswith("esm2") else f"esm2_{path.stem}"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Regression weights not found")
            model, alphabet = load_model_and_alphabet_core(name, contents, None)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise _no_esm2(path, str(error).splitlines()[0]) from error
    return LoadedModel(path.stem, digest, model, alphabet)


def _own(path: Path, digest: str) -> LoadedModel:
    card = read_card(path, digest)
    alphabet = Alphabet.from_architecture("ESM-1b")
    model = ESM2(card.layers, card.width, card.heads, alphabet)
    tensors = {name: tensor.float() for name, tensor in load_tensors(path).items()}
    tensors["lm_head.weight"] = tensors.get("embed_tokens.weight", torch.empty(0))
    derived = {k for k in model.state_dict() if k.startswith("contact_head") or k.endswith("inv_freq")}
    absent, foreign = set(model.state_dict()) - derived - tensors.keys(), tensors.keys() - model.state_dict().keys()
    if absent or foreign:
        raise ConfigurationError(
            f"{path} does not hold the tensors of its card", why=", ".join(sorted(absent | foreign)[:3])
        )
    try:
        model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        why = str(error).splitlines()[-1].strip()
        raise ConfigurationError(f"{path} does not hold the tensors of its card", why=why) from error
    return LoadedModel(card.name, digest, model, alphabet, card.rule, card.layer)


def load_model(path: Path) -> LoadedModel:
    """Read a checkpoint: ``.safetensors`` with its card, or an official ``.pt``.

    Raises:
        ConfigurationError: if the file is absent, changed since it was fetched, damaged, hostile or no ESM-2.
    """
    digest = checked_sha256(path)
    loaded = _own(path, digest) if path.suffix == ".safetensors" else _official(path, digest)
    loaded.model.float().eval().requires_grad_(requires_grad=False)
    return loaded
