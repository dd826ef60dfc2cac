"""The card beside a model of ours, and digests of files of weights. No torch here: what a model is, its card tells."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from ..files.digests import file_sha256
from ..files.receipt import RECEIPT_SUFFIX, FileReceipt
from .windows import LongRule

LARGEST_SHAPE = {"encoder_layers": 96, "encoder_embed_dim": 16_384, "encoder_attention_heads": 256}
"""What a checkpoint may claim; more than the largest ESM-2 by far, less than what fills a machine's memory."""

CHECKPOINT = "give a fair-esm ESM-2 checkpoint (NAME.pt) or the name of a model: nesannot models list"
"""What to type instead of a file that is none."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the JSON card beside a safetensors file says, besides facts of training.

    Attributes:
        rule: for long proteins; a model that was trained on short crops states its own.
        layer: that is read where none is asked for; -1 is the last.
    """

    name: str
    layers: int
    width: int
    heads: int
    rule: LongRule
    layer: int


def read_card(path: Path, digest: str) -> Card:
    """The card beside the safetensors file `path`.

    Args:
        digest: of the file, which must be that of the card.

    Raises:
        ConfigurationError: if it is absent, no card, or that of another file.
    """
    card = _stated(path)
    if card["sha256"] != digest:
        raise ConfigurationError(
            f"{path} is not the file of its card", why=f"sha256 {digest[:12]}, not {str(card['sha256'])[:12]}"
        )
    shape = card["layers"], card["width"], card["heads"]
    return Card(str(card["name"]), *shape, _rule(path, card), _layer(path, card))


def _stated(path: Path) -> dict[str, Any]:
    """What the card says, as far as any model can be made of it."""
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConfigurationError(f"{path} has no readable card {card_path.name}", why=why, remedy=CHECKPOINT) from error
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


def _layer(path: Path, card: Mapping[str, Any]) -> int:
    layer, layers = card.get("layer", -1), card["layers"]
    if not isinstance(layer, int) or not (layer == -1 or 0 <= layer <= layers):
        raise ConfigurationError(f"the card of {path} names no layer of it", why=f"{layer!r} is not 0 to {layers}")
    return layer


def _rule(path: Path, card: Mapping[str, Any]) -> LongRule:
    stated = card.get("long_rule", {})
    try:
        return LongRule(**stated)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the card of {path} states no rule for long proteins", why=str(error)) from error


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
        raise ConfigurationError(f"{beside} is damaged", why=str(error), remedy=f"delete it and {path}") from error
