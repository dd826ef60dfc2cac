"""What is measured: fair-esm as its users run it, in two ways, and every engine as `nesannot score` runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from esm.data import FastaBatchedDataset
from esm.model.esm2 import ESM2
from numpy.typing import NDArray

from ...errors import ConfigurationError
from ...records import LanguageModelIdentity
from ...settings import Settings
from ..checkpoint import LoadedModel
from ..engines.choice import opened_engine
from ..engines.protocol import Engine
from ..engines.stock import StockEngine
from ..model_embedder import ModelEmbedder
from ..tokens import PAD, encoded
from ..windows import WHOLE
from .clock import Clock
from .wanted import OURS

STOCK_BATCHED, STOCK_ALONE = "fair-esm, batched", "fair-esm, one at a time"

TOKENS_PER_BATCH = 4096
"""Default of fair-esm's extract.py."""

Run = Callable[[Sequence[str]], list[NDArray[np.float32]]]


def stock_batches(proteins: Sequence[str]) -> list[list[str]]:
    """Batches as extract.py makes them, with fair-esm's own function: sorted by length, 4,096 tokens with padding."""
    labels = [str(n) for n in range(len(proteins))]
    batches = FastaBatchedDataset(labels, list(proteins)).get_batch_indices(TOKENS_PER_BATCH, extra_toks_per_seq=1)
    return [[proteins[n] for n in batch] for batch in batches]


class PaddedStock:
    """fair-esm on one padded batch, as extract.py calls it, without cutting proteins.

    Tokens are made by this package's faster function, which favours fair-esm.
    """

    def __init__(self, model: ESM2, layer: int, device: str) -> None:
        self._model, self._layer, self._device = model.to(device), layer, device

    @torch.no_grad()
    def run(self, proteins: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each protein, shape (L, dimension), of batches of `TOKENS_PER_BATCH`."""
        return [vectors for batch in stock_batches(proteins) for vectors in self._one(batch)]

    def _one(self, batch: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        tokens = torch.full((len(batch), max(map(len, batch)) + 2), PAD)
        for row, residues in zip(tokens, batch, strict=True):
            row[: len(residues) + 2] = torch.from_numpy(encoded(residues))
        answer = self._model(tokens.to(self._device), repr_layers=[self._layer], return_contacts=False)
        vectors = answer["representations"][self._layer].cpu()
        for residues, row in zip(batch, vectors, strict=True):
            yield row[1 : len(residues) + 1].clone().numpy()


def _embedding(engine: Engine) -> Run:
    """The engine behind the package's own embedder: its batches, its rule for memory."""
    embedder = ModelEmbedder(LanguageModelIdentity("measured", 0, 0, "0" * 64, WHOLE.name), engine, WHOLE, "")
    return lambda proteins: list(embedder.embed(proteins))


def contenders(
    loaded: LoadedModel, engines: Sequence[str], settings: Settings, clock: Clock
) -> dict[str, tuple[Run, int]]:
    """Everything that is measured, by name, with the bytes of its weights on a GPU; stock comes first.

    Args:
        clock: of the device.
        engines: those that must run; if none is named, all that can.

    Raises:
        ConfigurationError: if an engine that was named cannot run here.
    """
    layer, device = int(loaded.model.num_layers), clock.device
    runs: dict[str, tuple[Run, int]] = {}
    for kind in engines or OURS:
        held = clock.held()
        try:
            engine = opened_engine(kind, loaded, layer, device, settings)
        except ConfigurationError:
            if engines:
                raise
            continue
        runs[engine.name] = _embedding(engine), clock.held() - held
    held = clock.held()
    batched, alone = PaddedStock(loaded.model, layer, device).run, StockEngine(loaded.model, layer, device).run
    weights = clock.held() - held
    return {STOCK_BATCHED: (batched, weights), STOCK_ALONE: (alone, weights), **runs}
