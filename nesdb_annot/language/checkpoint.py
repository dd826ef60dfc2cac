"""The one loader of weights.

Two kinds of file are read: an official fair-esm checkpoint (a zip archive with a pickle, read with
``weights_only=True`` and one allowed global, ``argparse.Namespace``) and our own safetensors file with its JSON card.
No other pickle is read.
"""

from __future__ import annotations

import argparse
import dataclasses
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
from ..records import RECEIPT_SUFFIX, FileReceipt
from .windows import WHOLE, LongRule

LARGEST_SHAPE = {"encoder_layers": 96, "encoder_embed_dim": 16_384, "encoder_attention_heads": 256}
"""What a checkpoint may claim; more than the largest ESM-2 by far, less than what fills a machine's memory."""

CHECKPOINT = "give a fair-esm ESM-2 checkpoint (NAME.pt) or the name of a model: nesannot models list"
"""What to type instead of a file that is none."""

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
    found, expected = file_sha256(path), _receipt(path)
    if expected and (expected.size, expected.sha256) != (path.stat().st_size, found):
        came = f"{expected.size} bytes, sha256 {expected.sha256[:12]}"
        why = f"{path.stat().st_size} bytes, sha256 {found[:12]}; it came with {came}"
        remedy = "delete it and fetch it again"
        raise ConfigurationError(f"{path} has changed since it was fetched", why=why, remedy=remedy)
    return found


def _receipt(path: Path) -> FileReceipt | None:
    """What was noted when the file was fetched, if it was."""
    beside = path.with_name(path.name + RECEIPT_SUFFIX)
    if not beside.is_file():
        return None
    try:
        receipt = FileReceipt(**json.loads(beside.read_text(encoding="utf-8")))
        return dataclasses.replace(receipt, size=int(receipt.size), sha256=str(receipt.sha256))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{beside} is damaged", why=str(error), remedy=f"delete it and {path}") from None


def _unpickled(path: Path) -> Mapping[str, object]:
    """The contents of an official checkpoint; nothing but tensors, containers and Namespace is ever built."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that are refused anyway
            contents = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError as error:
        raise _refused(path, str(error)) from None
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise ConfigurationError(f"{path} cannot be read as a checkpoint", why=why, remedy=CHECKPOINT) from None
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        why = "it is damaged, cut off, or something else"
        raise ConfigurationError(f"{path} is no readable checkpoint", why=why, remedy=CHECKPOINT) from None
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
            raise ConfigurationError(f"{path} is no readable safetensors file", why=str(error)) from None
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
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConfigurationError(f"{path} has no readable card {card_path.name}", why=why, remedy=CHECKPOINT) from None
    if not isinstance(card, dict) or not {"name", "layers", "width", "heads", "sha256"} <= card.keys():
        raise ConfigurationError(
            f"{card_path} is no card of a model", why="name, layers, width, heads, sha256 are needed"
        )
    for name, largest in zip(("layers", "width", "heads"), LARGEST_SHAPE.values(), strict=True):
        if type(card[name]) is not int or not 0 < card[name] <= largest:
            raise ConfigurationError(f"{card_path} is no card of a model", why=f"{name} is {card[name]!r}")
    if card["width"] % (2 * card["heads"]):
        why = f"{card['heads']} heads do not divide a width of {card['width']}"
        raise ConfigurationError(f"{card_path} is no card of a model", why=why)
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
    try:
        model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        why = str(error).splitlines()[-1].strip()
        raise ConfigurationError(f"{path} does not hold the tensors of its card", why=why) from None
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
