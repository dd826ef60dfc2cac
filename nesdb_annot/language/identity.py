"""What an embedding by the settings' model depends on, found out without loading the model where that is possible."""

from __future__ import annotations

from ..records import LanguageModelIdentity
from ..settings import Settings
from .card import checked_sha256, read_card
from .catalog import OFFICIAL_MODELS
from .model_embedder import asked_layer
from .models import model_path
from .prott5_files import model_folder
from .windows import WHOLE


def model_identity(settings: Settings) -> LanguageModelIdentity:
    """The identity that `embedder.open_embedder` gives: by card, or by name; only other checkpoints are opened for it.

    Raises:
        ConfigurationError: if the weights are absent, damaged or hostile, or have no such layer.
    """
    if model_folder(settings) is None:
        path = model_path(settings)
        if path.suffix == ".safetensors":
            digest = checked_sha256(path)
            card = read_card(path, digest)
            layer = asked_layer(card.name, card.layers, settings.layer, card.layer)
            return LanguageModelIdentity(card.name, layer, card.width, digest, card.rule.name)
        if official := OFFICIAL_MODELS.get(settings.model):
            layer = asked_layer(path.stem, official.layers, settings.layer)
            return LanguageModelIdentity(path.stem, layer, official.width, checked_sha256(path), WHOLE.name)
    from .embedder import open_embedder

    return open_embedder(settings, checked=False).identity
