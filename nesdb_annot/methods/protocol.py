"""What every scoring method takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ..deferred_json import Deferred
from ..records import Json, MethodIdentity
from ..residues import ResidueSpan
from .pooling import MEAN
from .topology import StatedStretches


@dataclass(frozen=True, slots=True)
class ProteinContext:
    """One protein with its candidate segments, as the methods see it.

    Attributes:
        digest: identity of the sequence.
        residues: cleaned residues, length L.
        embedding: per-residue embedding, shape (L, dimension).
        spans: the candidate segments, n of them.
        pooled: one vector for each segment by `pooling`, shape (n, dimension), float32; methods ask for `vectors`.
        left_out: digests of reference sequences that may not be used (the protein itself and its homologues, in
            training and evaluation; empty in production).
        stated: membrane helices, signal peptides and coiled coils that UniProt states; none where it was not asked.
        pooling: how `pooled` was made, one of `pooling.POOLINGS`.
    """

    digest: str
    residues: str
    embedding: NDArray[np.float32]
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32]
    left_out: frozenset[str] = frozenset()
    stated: StatedStretches = ()
    pooling: str = MEAN

    def __post_init__(self) -> None:
        """Refuse vectors that are not those of the segments: they would give every segment another one's scores."""
        if len(self.pooled) != len(self.spans):
            raise ValueError(f"{len(self.spans)} segments need as many pooled vectors, not {len(self.pooled)}")

    def vectors(self, pooling: str) -> NDArray[np.float32]:
        """The pooled vectors for a method that reads those of `pooling`.

        Raises:
            ValueError: if they were pooled otherwise: they would be scored as what they are not.
        """
        if pooling != self.pooling:
            raise ValueError(f"the vectors were pooled by {self.pooling!r}, the method reads {pooling!r}")
        return self.pooled


Row = TypeVar("Row")


class OnDemand(Sequence[Row]):
    """A sequence whose elements are made when they are asked for, each time anew; equal to a list of the same."""

    def __init__(self, count: int, make: Callable[[int], Row]) -> None:
        self._places, self._make = range(count), make

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self._make(i) for i in self._places[place]]
        return self._make(self._places[place])

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class RawScore:
    """A score on the method's own scale, higher is more NES-like, with what it rests on."""

    raw: float
    evidence: Mapping[str, Json] = field(default_factory=dict)


class RawScores(OnDemand[RawScore]):
    """The scores of a protein's candidates as one column: most candidates are dropped before anyone reads more.

    Args:
        raw: of each candidate.
        evidence: of the candidate of that index.
    """

    def __init__(self, raw: list[float], evidence: Callable[[int], dict[str, Json]]) -> None:
        super().__init__(len(raw), lambda i: RawScore(raw[i], Deferred(partial(evidence, i))))
        self.raw = raw


def raw_column(scores: Sequence[RawScore]) -> list[float]:
    """The raw score of each candidate."""
    return scores.raw if isinstance(scores, RawScores) else [score.raw for score in scores]


class Method(Protocol):
    """Scores the segments of one protein, independently of all other proteins."""

    @property
    def identity(self) -> MethodIdentity:
        """Name, version, parameters and training set."""
        ...

    def score(self, context: ProteinContext) -> Sequence[RawScore]:
        """One score for each segment of `context`, in its order."""
        ...
