"""Where the files of ProtT5 are (Elnaggar et al. 2022, IEEE Trans. Pattern Anal. Mach. Intell. 44:7112). No torch here.

A model is a folder in the layout of the hub: ``config.json``, ``spiece.model`` and one file of weights.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..errors import ConfigurationError
from ..settings import Settings

SHORT_NAME = "prott5"
HUB_NAME = "Rostlab/prot_t5_xl_half_uniref50-enc"
"""What `SHORT_NAME` stands for: the encoder alone, float16, 24 layers, 1,024 wide; Academic Free License 3.0."""

LAYERS, WIDTH, PARAMETERS, LICENCE = 24, 1024, 1_208_000_000, "AFL-3.0"
HUB_URL = "https://huggingface.co"
SMALL_FILES = ("config.json", "spiece.model")
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
"""Names of the weights, the one that is preferred first."""

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def hub_name(model: str) -> str:
    """Name on the hub of ``settings.model``; empty if it is no such name.

    Example:
        >>> hub_name("prott5"), hub_name("bundled"), hub_name("Rostlab/prot_t5_xl_uniref50")
        ('Rostlab/prot_t5_xl_half_uniref50-enc', '', 'Rostlab/prot_t5_xl_uniref50')
    """
    if model == SHORT_NAME:
        return HUB_NAME
    return model if _HUB.fullmatch(model) and not Path(model).exists() else ""


def fetched_folder(settings: Settings, hub: str) -> Path:
    """Where `nesannot models fetch` puts a model of the hub."""
    return settings.data_dir / "weights" / hub.replace("/", "--")


def model_folder(settings: Settings) -> Path | None:
    """Folder of ``settings.model`` if that is a ProtT5: its short name, a name on the hub, or a path; else None.

    Nothing is ever downloaded here.

    Raises:
        ConfigurationError: if a model of the hub was not fetched.
    """
    if hub := hub_name(settings.model):
        folder = fetched_folder(settings, hub)
        if not (folder / SMALL_FILES[0]).is_file():
            remedy = f"nesannot models fetch {settings.model}"
            raise ConfigurationError(f"{hub} is not here", where=str(folder), remedy=remedy)
        return folder
    folder = Path(settings.model).expanduser()
    return folder if (folder / SMALL_FILES[0]).is_file() else None


def read_config(folder: Path) -> dict[str, object]:
    """The model's ``config.json``.

    Raises:
        ConfigurationError: if it is damaged or that of another architecture.
    """
    path = folder / SMALL_FILES[0]
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read", why=str(error)) from error
    if not isinstance(config, dict) or config.get("model_type") != "t5":
        kind = config.get("model_type") if isinstance(config, dict) else None
        raise ConfigurationError(f"{folder} is no ProtT5", why=f"its config.json names {kind!r}, not 't5'")
    return config


def weights_of(folder: Path) -> Path:
    """The file of weights in a model's folder.

    Raises:
        ConfigurationError: if there is none.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(f"{folder} holds no weights", why=f"neither {' nor '.join(WEIGHT_FILES)} is there")
