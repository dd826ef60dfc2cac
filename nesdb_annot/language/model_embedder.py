"""A model, a layer and an engine as one embedder: batches, long proteins in windows, and what to do without memory."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import LanguageModelIdentity
from ..residues import ResidueSpan
from .engines.protocol import Engine
from .windows import LongRule


def _out_of_memory() -> tuple[type[BaseException], ...]:
    """What engines raise for want of memory; torch has an error of its own, where it is in use."""
    torch = sys.modules.get("torch")
    return (MemoryError, torch.OutOfMemoryError) if torch else (MemoryError,)


class ModelEmbedder:
    """A model, a layer and an engine behind the Protocol `Embedder`.

    Attributes:
        identity: what the embedding depends on.
        chosen: one line: model, layer, engine, and why.
    """

    def __init__(self, identity: LanguageModelIdentity, engine: Engine, rule: LongRule, chosen: str) -> None:
        self.identity, self.chosen = identity, chosen
        self._engine, self._rule, self._budget = engine, rule, engine.batch_residues

    @property
    def engine(self) -> str:
        """Name of the engine, its precision and its device."""
        return self._engine.name

    @property
    def portable(self) -> bool:
        """Whether it can be sent to another process, which then reads no weights and needs no torch."""
        return getattr(self._engine, "portable", False)

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
            MemoryError: if a single sequence does not fit.
        """
        if not batch:
            return []
        try:
            return self._engine.run(batch)
        except _out_of_memory() as error:
            if len(batch) == 1:
                what = f"a protein of {len(batch[0]):,} residues does not fit the memory of the device"
                raise MemoryError(f"{what}: {(str(error) or 'out of memory').splitlines()[0]}") from error
        self._budget = max(1, sum(map(len, batch)) // 2)
        half = len(batch) // 2
        return self._run(batch[:half]) + self._run(batch[half:])

    def _long(self, residues: str) -> NDArray[np.float32]:
        def pieces() -> Iterator[tuple[ResidueSpan, NDArray[np.float32]]]:
            for span in self._rule.spans(len(residues)):
                yield span, self._run([span.of(residues)])[0]

        return self._rule.blended(len(residues), pieces())


def asked_layer(name: str, layers: int, asked: int, own: int = -1) -> int:
    """Layer 0 to `layers` that `asked` means; a negative one counts from the end.

    Args:
        name: of the model.
        layers: that it has.
        asked: -1 stands for `own`.
        own: what the model's card names, else -1, the last.

    Raises:
        ConfigurationError: if the model has none of that number.

    Example:
        >>> asked_layer("esm2_t6_8M_UR50D", 6, -1)
        6
    """
    asked = own if asked == -1 else asked
    if not -layers - 1 <= asked <= layers:
        why = f"its layers are 0 to {layers}"
        raise ConfigurationError(f"{name} has no layer {asked}", why=why, remedy="--layer -1", setting="layer")
    return asked if asked >= 0 else layers + 1 + asked
