"""The one loader of weights.

Two kinds of file are read: an official fair-esm checkpoint (a zip archive with a pickle, read with
``weights_only=True`` and one allowed global, ``argparse.Namespace``) and our own safetensors file with its JSON card.
No other pickle is read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
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
from ..records import RECEIPT_SUFFIX
from .windows import WHOLE, LongRule

LARGEST_SHAPE = {"encoder_layers": 96, "encoder_embed_dim": 16_384, "encoder_attention_heads": 256}
"""What a checkpoint may claim; more than the largest ESM-2 by far, less than what fills a machine's memory."""

_FORBIDDEN = re.compile(r"(?:GLOBAL|class|global)\s+([\w.]+)")


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


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checked_sha256(path: Path) -> str:
    """Digest of the file, after comparing size and digest with the receipt beside it, if there is one.

    Raises:
        ConfigurationError: if the file is absent, or not what it was when it came.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path} is not there", remedy="nesannot models list")
    found = file_sha256(path)
    receipt = path.with_name(path.name + RECEIPT_SUFFIX)
    if receipt.is_file():
        expected = json.loads(receipt.read_text(encoding="utf-8"))
        if (expected["size"], expected["sha256"]) != (path.stat().st_size, found):
            came = f"{expected['size']:,} bytes, sha256 {expected['sha256'][:12]}"
            why = f"{path.stat().st_size:,} bytes, sha256 {found[:12]}; it came with {came}"
            remedy = "delete it and fetch it again"
            raise ConfigurationError(f"{path} has changed since it was fetched", why=why, remedy=remedy)
    return found


def _unpickled(path: Path) -> Mapping[str, object]:
    """The contents of an official checkpoint; nothing but tensors, containers and Namespace is ever built."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            contents = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError as error:
        named = _FORBIDDEN.search(str(error))
        why = f"it asks for {named[1]}" if named else str(error).splitlines()[0]
        what = f"{path} is not a checkpoint that may be loaded"
        raise ConfigurationError(what, why=f"{why}; only tensors and argparse.Namespace are allowed") from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ConfigurationError(
            f"{path} is no readable checkpoint", why=str(error).splitlines()[0] if str(error) else type(error).__name__
        ) from None
    if not isinstance(contents, dict):
        raise _no_esm2(path, "its contents are no dictionary")
    return contents


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Tensors by name, of a safetensors file or of a pickle that holds nothing else.

    Raises:
        ConfigurationError: if it is damaged, hostile, or holds anything but named tensors.
    """
    if path.suffix == ".safetensors":
        try:
            tensors: dict[str, torch.Tensor] = load_file(path)
        except (SafetensorError, OSError) as error:
            raise ConfigurationError(f"{path} is no readable safetensors file", why=str(error)) from None
        return tensors
    named = {str(name): held for name, held in _unpickled(path).items() if isinstance(held, torch.Tensor)}
    if not named:
        raise ConfigurationError(f"{path} holds no tensors by name")
    return named


def _no_esm2(path: Path, why: str) -> ConfigurationError:
    remedy = "give a fair-esm ESM-2 checkpoint (NAME.pt) or the name of a model: nesannot models list"
    return ConfigurationError(f"{path} is no ESM-2 checkpoint", why=why, remedy=remedy)


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
        raise _no_esm2(path, str(error).splitlines()[0]) from None
    return LoadedModel(path.stem, digest, model, alphabet)


def read_card(path: Path) -> dict[str, object]:
    """The JSON card beside a safetensors file: name, layers, width, heads, sha256, training facts.

    Raises:
        ConfigurationError: if it is absent or not JSON.
    """
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} has no readable card {card_path.name}", why=str(error)) from None
    if not isinstance(card, dict) or not {"name", "layers", "width", "heads", "sha256"} <= card.keys():
        raise ConfigurationError(
            f"{card_path} is no card of a model", why="name, layers, width, heads, sha256 are needed"
        )
    return card


def _own(path: Path, digest: str) -> LoadedModel:
    card = read_card(path)
    if card["sha256"] != digest:
        raise ConfigurationError(
            f"{path} is not the file of its card", why=f"sha256 {digest[:12]}, not {str(card['sha256'])[:12]}"
        )
    alphabet = Alphabet.from_architecture("ESM-1b")
    model = ESM2(int(str(card["layers"])), int(str(card["width"])), int(str(card["heads"])), alphabet)
    tensors = {name: tensor.float() for name, tensor in load_tensors(path).items()}
    tensors["lm_head.weight"] = tensors.get("embed_tokens.weight", torch.empty(0))
    derived = {k for k in model.state_dict() if k.startswith("contact_head") or k.endswith("inv_freq")}
    absent, foreign = set(model.state_dict()) - derived - tensors.keys(), tensors.keys() - model.state_dict().keys()
    if absent or foreign:
        raise ConfigurationError(
            f"{path} does not hold the tensors of its card", why=", ".join(sorted(absent | foreign)[:3])
        )
    model.load_state_dict(tensors, strict=False)
    return LoadedModel(str(card["name"]), digest, model, alphabet, _rule(path, card), _layer(path, card))


def _layer(path: Path, card: Mapping[str, object]) -> int:
    layer, layers = card.get("layer", -1), int(str(card["layers"]))
    if not isinstance(layer, int) or not (layer == -1 or 0 <= layer <= layers):
        raise ConfigurationError(f"the card of {path} names no layer of it", why=f"{layer!r} is not 0 to {layers}")
    return layer


def _rule(path: Path, card: Mapping[str, object]) -> LongRule:
    stated = card.get("long_rule", {})
    try:
        return LongRule(**stated)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the card of {path} states no rule for long proteins", why=str(error)) from None


def load_model(path: Path) -> LoadedModel:
    """Read a checkpoint: ``.safetensors`` with its card, or an official ``.pt``.

    Raises:
        ConfigurationError: if the file is absent, changed since it was fetched, damaged, hostile or no ESM-2.
    """
    digest = checked_sha256(path)
    loaded = _own(path, digest) if path.suffix == ".safetensors" else _official(path, digest)
    loaded.model.float().eval().requires_grad_(requires_grad=False)
    return loaded
