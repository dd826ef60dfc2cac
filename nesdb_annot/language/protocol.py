"""What every embedder offers, whatever model and engine stand behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..records import LanguageModelIdentity


class Embedder(Protocol):
    """Turns residues into one vector per residue. The outcome never depends on what else is embedded along."""

    @property
    def identity(self) -> LanguageModelIdentity:
        """Model, layer, weights and rule for long proteins."""
        ...

    def embed(self, sequences: Iterable[str]) -> Iterator[NDArray[np.float32]]:
        """Per-residue embeddings, shape (L, dimension) each, in the order of `sequences`; nothing is truncated.

        Args:
            sequences: cleaned residues. Consumed lazily, a batch at a time.
        """
        ...
