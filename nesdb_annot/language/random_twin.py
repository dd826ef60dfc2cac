"""A model of the same shape with random weights: what an architecture gives without having learned anything."""

from __future__ import annotations

import torch
from esm.model.esm2 import ESM2

from ..errors import ConfigurationError
from ..records import LanguageModelIdentity
from ..settings import Settings
from . import gate
from .checkpoint import LoadedModel, load_model
from .engines.choice import chosen_engine
from .model_embedder import ModelEmbedder, asked_layer
from .models import model_path
from .prott5_files import model_folder


def random_twin(settings: Settings, seed: int = 17) -> ModelEmbedder:
    """Embedder of an ESM-2 of the shape, layer and rule of ``settings.model``, with the weights fair-esm begins with.

    Raises:
        ConfigurationError: if the model is absent, or no ESM-2; if the engine is not exact enough.
    """
    if model_folder(settings):
        raise ConfigurationError("a twin with random weights is made of an ESM-2 only", why=settings.model)
    learned = load_model(model_path(settings))
    shape = int(learned.model.num_layers), int(learned.model.embed_dim), int(learned.model.attention_heads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ESM2(*shape, learned.alphabet).eval().requires_grad_(requires_grad=False)
    name = f"random weights of the shape of {learned.name}"
    twin = LoadedModel(name, f"random {seed}", model, learned.alphabet, learned.rule)
    layer = asked_layer(name, shape[0], settings.layer, learned.layer)
    engine, why = chosen_engine(twin, layer, settings)
    if gate.needed(engine):
        gate.check(engine, twin, layer)
    identity = LanguageModelIdentity(name, layer, shape[1], twin.sha256, twin.rule.name)
    return ModelEmbedder(identity, engine, twin.rule, f"{name}, layer {layer}, {engine.name} ({why})")
