"""Opens the embedder that the settings ask for: file, layer, device, engine; and says what was chosen and why."""

from __future__ import annotations

from ..records import LanguageModelIdentity
from ..settings import Settings
from . import gate, self_check
from .checkpoint import load_model
from .engines.choice import chosen_engine
from .engines.stock import StockEngine
from .model_embedder import ModelEmbedder, asked_layer
from .models import model_path
from .prott5_files import model_folder


def open_embedder(settings: Settings, *, checked: bool = True) -> ModelEmbedder:
    """The embedder that `settings` ask for by model, layer, device and engine.

    Args:
        checked: embed a reference protein first, and compare; not needed where nothing will be embedded.

    Raises:
        ConfigurationError: if the weights are absent, damaged or hostile; if layer, device or engine do not exist; if
            the reference protein is not embedded as it should be; if the engine is not exact enough for the model.
    """
    if folder := model_folder(settings):
        from .prott5 import open_prott5

        return open_prott5(folder, settings)
    path = model_path(settings)
    loaded = load_model(path)
    layer = asked_layer(loaded.name, int(loaded.model.num_layers), settings.layer, loaded.layer)
    engine, why = chosen_engine(loaded, layer, settings)
    if checked and not isinstance(engine, StockEngine):
        self_check.check(engine, self_check.known_vectors(path, loaded, layer), f"{loaded.name} with {engine.name}")
    if checked and gate.needed(engine):
        gate.check(engine, loaded, layer)
    identity = LanguageModelIdentity(loaded.name, layer, int(loaded.model.embed_dim), loaded.sha256, loaded.rule.name)
    return ModelEmbedder(identity, engine, loaded.rule, f"{loaded.name}, layer {layer}, {engine.name} ({why})")
