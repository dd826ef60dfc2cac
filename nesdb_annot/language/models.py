"""Where the file of a model is: the bundled one, a fetched official one, or a path. No torch here."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import ConfigurationError, UsageError
from ..files.receipt import RECEIPT_SUFFIX
from ..settings import Settings
from . import prott5_files
from .catalog import BUNDLED, OFFICIAL_MODELS, OfficialModel

BUNDLED_FILE = Path(__file__).parent / "bundled" / "model.safetensors"


def weights_folder(settings: Settings) -> Path:
    """Where fetched weights are kept."""
    return settings.data_dir / "weights"


def model_path(settings: Settings) -> Path:
    """File of weights of ``settings.model``: ``bundled``, an official name, a ProtT5, or a path.

    Raises:
        ConfigurationError: if the name is unknown or its file is absent; the remedy says how to get it.
    """
    if settings.model == BUNDLED:
        return BUNDLED_FILE
    if official := OFFICIAL_MODELS.get(settings.model):
        path = weights_folder(settings) / official.file_name
        if not path.is_file():
            what = f"the weights of {official.name} are not here"
            raise ConfigurationError(what, where=str(path), remedy=f"nesannot models fetch {official.name}")
        return path
    if folder := prott5_files.model_folder(settings):
        return prott5_files.weights_of(folder)
    path = Path(settings.model).expanduser()
    if not path.is_file():
        what = f"{settings.model!r} is neither a model nor a file"
        names = ", ".join([BUNDLED, *OFFICIAL_MODELS, prott5_files.SHORT_NAME])
        raise ConfigurationError(what, why=f"the models are {names}", remedy="nesannot models list", setting="model")
    return path


def official(name: str) -> OfficialModel:
    """The official model of that name.

    Raises:
        UsageError: if there is none; names are those of fair-esm.
    """
    if name not in OFFICIAL_MODELS:
        why = f"the official models are {', '.join(OFFICIAL_MODELS)}"
        raise UsageError(f"no model {name!r} to fetch", why=why, remedy="nesannot models list")
    return OFFICIAL_MODELS[name]


def describe(settings: Settings) -> list[tuple[str, str]]:
    """Names and values of what is known about ``settings.model`` without loading its tensors.

    Raises:
        ConfigurationError: as `model_path`; or if what stands beside it is damaged.
    """
    path = model_path(settings)
    facts: dict[str, object] = {"file": path, "bytes": f"{path.stat().st_size:,}"}
    if known := OFFICIAL_MODELS.get(path.stem):
        facts |= {"layers": known.layers, "width": known.width, "heads": known.heads, "licence": known.licence}
    if folder := prott5_files.model_folder(settings):
        config = prott5_files.read_config(folder)
        facts |= {"layers": config.get("num_layers"), "width": config.get("d_model"), "heads": config.get("num_heads")}
    for beside in (path.with_suffix(".json"), path.with_name(path.name + RECEIPT_SUFFIX)):
        if beside.is_file():
            facts |= _flat(_read(beside))
    return [(name, str(value)) for name, value in facts.items()]


def _read(card: Path) -> dict[str, object]:
    try:
        read = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{card} is damaged", why=str(error), remedy="nesannot models list") from error
    if not isinstance(read, dict):
        raise ConfigurationError(f"{card} is damaged", why="it is no object", remedy="nesannot models list")
    return read


def _flat(card: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Nested objects as dotted names."""
    flat: dict[str, object] = {}
    for name, value in card.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
