"""What every scoring method takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from ..residues import ResidueSpan
from .pooling import MEAN
from .topology import StatedStretches

Floats = NDArray[np.float64]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ProteinContext:
    """One protein with its candidate segments, as the methods see it.

    Attributes:
        digest: identity of the sequence.
        residues: cleaned residues, length L.
        embedding: per-residue embedding, shape (L, dimension).
        spans: the candidate segments, n of them.
        pooled: one vector for each segment by `pooling`, shape (n, dimension), float32; methods ask for `vectors`. None
            where no method reads them.
        stated: membrane helices, signal peptides and coiled coils that UniProt states; none where it was not asked.
        pooling: how `pooled` was made, one of `pooling.POOLINGS`.
    """

    digest: str
    residues: str
    embedding: NDArray[np.float32]
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32] | None = None
    stated: StatedStretches = ()
    pooling: str = MEAN
    _computed: dict[int, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse vectors that are not those of the segments: they would give every segment another one's scores."""
        if self.pooled is not None and len(self.pooled) != len(self.spans):
            raise ValueError(f"{len(self.spans)} segments need as many pooled vectors, not {len(self.pooled)}")

    def vectors(self, pooling: str) -> NDArray[np.float32]:
        """The pooled vectors for a method that reads those of `pooling`.

        Raises:
            ValueError: if there are none, or they were pooled otherwise: they would be scored as what they are not.
        """
        if self.pooled is None:
            raise ValueError("the method reads pooled vectors, and this protein has none")
        if pooling != self.pooling:
            raise ValueError(f"the vectors were pooled by {self.pooling!r}, the method reads {pooling!r}")
        return self.pooled

    def once(self, method: object, compute: Callable[[], Value]) -> Value:
        """Return the value that `compute` gives; it runs once for each method, for raw scores and evidence alike."""
        if id(method) not in self._computed:
            self._computed[id(method)] = method, compute()
        value: Value = self._computed[id(method)][1]
        return value


class Method(Protocol):
    """Scores the segments of one protein, independently of all other proteins."""

    @property
    def identity(self) -> MethodIdentity:
        """Name, version, parameters and training set."""
        ...

    def raw(self, context: ProteinContext) -> Floats:
        """Score of each segment on the method's scale, shape (n,); higher is more like a motif."""
        ...

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """Facts that the scores of these segments rest on, in the order of `indices`."""
        ...
