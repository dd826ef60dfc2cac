"""Self-check: before a long run a reference protein is embedded and compared with vectors that are known to be right.

They are stored beside a model of ours (``model.reference.safetensors``, float16), made by fair-esm in float32 when the
model was published; for any other model fair-esm in float32 makes them on the spot, on the CPU. What is looked for is a
broken kernel, driver or library; how exact an engine is, is for the tests.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import ConfigurationError
from .checkpoint import LoadedModel, load_model
from .engines.protocol import Engine
from .engines.stock import StockEngine
from .model_embedder import asked_layer
from .reference_proteins import PKI_ALPHA

REFERENCE = PKI_ALPHA

LEAST_COSINE = 0.995
"""Of each residue's vector with the known one. Engines in bfloat16 reach 0.999, what is broken does not come near."""

LARGEST_STRETCH = 1.05
"""How many times longer or shorter than the known one a vector may be: a cosine does not see that."""

Floats = NDArray[np.float32]


def reference_file(weights: Path) -> Path:
    """Where the known vectors of a model of ours stand.

    Example:
        >>> reference_file(Path("model.safetensors")).name
        'model.reference.safetensors'
    """
    return weights.with_suffix(".reference.safetensors")


def store_reference(weights: Path) -> Path:
    """Write the known vectors of the default layer beside a model of ours; to be called whenever its weights change.

    Returns:
        The file written.
    """
    loaded = load_model(weights)
    layer = asked_layer(loaded.name, int(loaded.model.num_layers), -1, loaded.layer)
    vectors = StockEngine(loaded.model, layer).run([REFERENCE])[0]
    path = reference_file(weights)
    facts = {"weights_sha256": loaded.sha256, "layer": layer, "sequence": REFERENCE}
    save_file({"embedding": torch.from_numpy(vectors).half()}, path, metadata={"facts": json.dumps(facts)})
    path.chmod(0o644)  # safetensors writes for the owner alone
    return path


def known_vectors(weights: Path, loaded: LoadedModel, layer: int) -> Floats:
    """The vectors of `REFERENCE` at `layer`, shape (L, dimension): stored ones, else those of fair-esm in float32.

    Raises:
        ConfigurationError: if vectors are stored that belong to other weights.
    """
    path = reference_file(weights)
    if not path.is_file():
        return StockEngine(loaded.model, layer).run([REFERENCE])[0]
    try:
        with safe_open(path, framework="np") as stored:
            facts = json.loads(stored.metadata()["facts"])
            vectors = stored.get_tensor("embedding").astype(np.float32)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path} holds no reference vectors", why=str(error)) from error
    if (facts["weights_sha256"], facts["sequence"]) != (loaded.sha256, REFERENCE):
        raise ConfigurationError(f"{path} is stale", why=f"it is not of the weights {loaded.sha256[:12]} beside it")
    if facts["layer"] != layer:
        return StockEngine(loaded.model, layer).run([REFERENCE])[0]
    return np.asarray(vectors, dtype=np.float32)


def check(engine: Engine, known: Floats, what: str) -> None:
    """Embed `REFERENCE` and compare.

    Args:
        engine: that the run will use.
        known: shape (L, dimension).
        what: model and engine, for the message.

    Raises:
        ConfigurationError: if it does not give the vectors that are known.
    """
    found = engine.run([REFERENCE])[0]
    why = "" if found.shape == known.shape else f"its embedding has shape {found.shape}, not {known.shape}"
    if not why:
        lengths, own = np.linalg.norm(known, axis=1), np.linalg.norm(found, axis=1)
        with np.errstate(all="ignore"):
            cosine = float(((known * found).sum(axis=1) / (lengths * own)).min())
            stretch = float(np.maximum(own / lengths, lengths / own).max())
        if not (cosine >= LEAST_COSINE and stretch <= LARGEST_STRETCH):  # also where they are no numbers
            why = f"least cosine {cosine:.4f}, largest ratio of lengths {stretch:.3f}"
    if why:
        remedy = "--engine stock, and please report it"
        raise ConfigurationError(f"{what} does not embed the reference protein as it should", why=why, remedy=remedy)
