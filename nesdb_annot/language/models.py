"""Where the file of a model is: the bundled one, a fetched official one, or a path. No torch here."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigurationError
from ..settings import Settings
from .catalog import BUNDLED, OFFICIAL_MODELS

BUNDLED_FILE = Path(__file__).parent / "bundled" / "model.safetensors"


def weights_folder(settings: Settings) -> Path:
    """Where fetched weights are kept."""
    return settings.data_dir / "weights"


def model_path(settings: Settings) -> Path:
    """File of ``settings.model``: ``bundled``, an official name, or a path.

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
    path = Path(settings.model).expanduser()
    if not path.is_file():
        what = f"{settings.model!r} is neither a model nor a file"
        names = ", ".join([BUNDLED, *OFFICIAL_MODELS])
        raise ConfigurationError(what, why=f"the models are {names}", remedy="nesannot models list")
    return path
