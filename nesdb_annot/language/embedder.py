"""Opens the embedder that the settings ask for: file, layer, device, engine; and says what was chosen and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import LanguageModelIdentity
from ..residues import ResidueSpan
from ..settings import Settings
from . import self_check
from .checkpoint import load_model
from .engines.choice import chosen_engine
from .engines.protocol import Engine
from .engines.stock import StockEngine
from .models import model_path
from .prott5_files import model_folder
from .windows import LongRule


class ModelEmbedder:
    """A model, a layer and an engine behind the Protocol `Embedder`.

    Attributes:
        identity: what the embedding depends on.
        chosen: one line: model, layer, engine, and why.
    """

    def __init__(self, identity: LanguageModelIdentity, engine: Engine, rule: LongRule, chosen: str) -> None:
        self.identity, self.chosen = identity, chosen
        self._engine, self._rule, self._budget = engine, rule, engine.batch_residues

    def embed(self, sequences: Iterable[str]) -> Iterator[NDArray[np.float32]]:
        """Per-residue embeddings, shape (L, dimension) each, in the order of `sequences`.

        Args:
            sequences: cleaned residues, consumed a batch at a time.
        """
        batch: list[str] = []
        held = 0
        for residues in sequences:
            batch.append(residues)
            held += len(residues)
            if held >= self._budget:
                yield from self._embedded(batch)
                batch, held = [], 0
        yield from self._embedded(batch)

    def _embedded(self, batch: list[str]) -> Iterator[NDArray[np.float32]]:
        """Embed a batch; a protein longer than one pass goes alone, window by window."""
        vectors = iter(self._run([residues for residues in batch if len(residues) <= self._rule.window]))
        for residues in batch:
            yield next(vectors) if len(residues) <= self._rule.window else self._long(residues)

    def _run(self, batch: list[str]) -> list[NDArray[np.float32]]:
        """One pass; where memory does not suffice, two of half the size, and no larger one from then on.

        Raises:
            ConfigurationError: if a single sequence does not fit.
        """
        if not batch:
            return []
        try:
            return self._engine.run(batch)
        except (torch.OutOfMemoryError, MemoryError) as error:
            if len(batch) == 1:
                what = f"a protein of {len(batch[0]):,} residues does not fit the memory of the device"
                why = (str(error) or "out of memory").splitlines()[0]
                raise ConfigurationError(what, why=why, remedy="--device cpu") from None
        self._budget = max(1, sum(map(len, batch)) // 2)
        half = len(batch) // 2
        return self._run(batch[:half]) + self._run(batch[half:])

    def _long(self, residues: str) -> NDArray[np.float32]:
        def pieces() -> Iterator[tuple[ResidueSpan, NDArray[np.float32]]]:
            for span in self._rule.spans(len(residues)):
                yield span, self._run([span.of(residues)])[0]

        return self._rule.blended(len(residues), pieces())


def asked_layer(name: str, layers: int, asked: int) -> int:
    """Layer 0 to `layers` that `asked` means; a negative one counts from the end.

    Raises:
        ConfigurationError: if the model has none of that number.

    Example:
        >>> asked_layer("esm2_t6_8M_UR50D", 6, -1)
        6
    """
    if not -layers - 1 <= asked <= layers:
        why = f"its layers are 0 to {layers}"
        raise ConfigurationError(f"{name} has no layer {asked}", why=why, remedy="--layer -1")
    return asked if asked >= 0 else layers + 1 + asked


def open_embedder(settings: Settings, *, checked: bool = True) -> ModelEmbedder:
    """The embedder that `settings` ask for by model, layer, device and engine.

    Args:
        checked: embed a reference protein first, and compare; not needed where nothing will be embedded.

    Raises:
        ConfigurationError: if the weights are absent, damaged or hostile; if layer, device or engine do not exist; if
            the reference protein is not embedded as it should be.
    """
    if folder := model_folder(settings):
        from .prott5 import open_prott5

        return open_prott5(folder, settings)
    path = model_path(settings)
    loaded = load_model(path)
    layer, rule = asked_layer(loaded.name, int(loaded.model.num_layers), settings.layer), loaded.rule
    engine, why = chosen_engine(loaded, layer, settings)
    if checked and not isinstance(engine, StockEngine):
        self_check.check(engine, self_check.known_vectors(path, loaded, layer), f"{loaded.name} with {engine.name}")
    identity = LanguageModelIdentity(loaded.name, layer, int(loaded.model.embed_dim), loaded.sha256, rule.name)
    return ModelEmbedder(identity, engine, rule, f"{loaded.name}, layer {layer}, {engine.name} ({why})")
