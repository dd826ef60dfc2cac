"""Fetch the weights of a model: ESM-2 from its official address, ProtT5 from the hub, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..errors import ConfigurationError
from ..settings import Settings
from .progress import Progress


class Megabytes:
    """Notes how much of a file has come, once per 10 percent, or per 100 MB where the size is unknown."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note, self._step = note, -1

    def __call__(self, have: int, total: int) -> None:
        """So many bytes are here, of so many in all; 0 if the server does not say."""
        step = 10 * have // total if total else have // 10**8
        if step != self._step:
            self._step = step
            self._note(f"{have / 1e6:,.0f} of {total / 1e6:,.0f} MB" if total else f"{have / 1e6:,.0f} MB")


def fetch_missing(settings: Settings, progress: Progress) -> None:
    """Fetch the weights of ``settings.model`` if that is an official ESM-2 model that is not here.

    What is trained on the references or measured on them begins so (scoring does not: it has heads first). Offline
    nothing is fetched, and who opens the model says so.

    Raises:
        ConfigurationError: if the address does not exist.
        TryLaterError: if the server or the connection fails; what came is kept.
        InputError: if what came has another size than the server said.
        CannotWriteError: if the disk is full or may not be written.
    """
    from ..language.catalog import OFFICIAL_MODELS
    from ..language.models import weights_folder

    model = OFFICIAL_MODELS.get(settings.model)
    if model is None or settings.offline or (weights_folder(settings) / model.file_name).is_file():
        return
    progress.note(f"fetching the weights of {model.name}, which are not here (nesannot models fetch {model.name})")
    fetch_model(settings, model.name, None, None, Megabytes(progress.note))


def fetch_model(
    settings: Settings, name: str, to: Path | None, sha256: str | None, told: Callable[[int, int], None]
) -> Path:
    """File of weights of `name`, fetched unless it is there; an interrupted fetch goes on where it stopped.

    Args:
        name: of an official ESM-2 model, ``prott5``, or a ProtT5's on the hub.
        to: directory; below the data directory by default.
        sha256: digest that the file of weights must have, if it is known.
        told: called with the bytes that are here and those in all.

    Raises:
        ConfigurationError: if there is no such model, or offline is set.
        TryLaterError: if the server or the connection fails; what came is kept.
        InputError: if what came has another digest.
        CannotWriteError: if the disk is full or may not be written.
    """
    from ..language import prott5_files
    from ..language.models import official, weights_folder
    from ..sources.weights import WeightsSource

    if hub := prott5_files.hub_name(name):
        folder = to or prott5_files.fetched_folder(settings, hub)
        return _fetch_prott5(settings, hub, folder, sha256, told)
    return WeightsSource(settings, told=told).fetch(
        official(name).file_name, to or weights_folder(settings), sha256=sha256
    )


def _fetch_prott5(
    settings: Settings, hub: str, folder: Path, sha256: str | None, told: Callable[[int, int], None]
) -> Path:
    """All files of a model of the hub; ``HF_ENDPOINT`` names a mirror, as it does for the hub's own programs."""
    from ..language.prott5_files import HUB_URL, SMALL_FILES, WEIGHT_FILES
    from ..sources.weights import WeightsSource

    base = os.environ.get("HF_ENDPOINT", HUB_URL).rstrip("/")
    source = WeightsSource(replace(settings, weights_url=f"{base}/{hub}/resolve/main"), told=told)
    preferred, other = WEIGHT_FILES
    try:
        weights = source.fetch(preferred, folder, sha256=sha256)
    except ConfigurationError:
        if settings.offline:
            raise
        weights = source.fetch(other, folder, sha256=sha256)
    for small in reversed(SMALL_FILES):  # config.json last: it says that the model is whole
        source.fetch(small, folder)
    return weights
