"""What every scoring method takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from ..residues import ResidueSpan


@dataclass(frozen=True, slots=True)
class ProteinContext:
    """One protein with its candidate segments, as the methods see it.

    Attributes:
        digest: identity of the sequence.
        residues: cleaned residues, length L.
        embedding: per-residue embedding, shape (L, dimension).
        spans: the candidate segments, n of them.
        pooled: mean of the embedding over each segment, shape (n, dimension), float32.
        left_out: digests of reference sequences that may not be used (the protein itself and its homologues, in
            training and evaluation; empty in production).
    """

    digest: str
    residues: str
    embedding: NDArray[np.float32]
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32]
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawScore:
    """A score on the method's own scale, higher is more NES-like, with what it rests on."""

    raw: float
    evidence: Mapping[str, Json] = field(default_factory=dict)


class Method(Protocol):
    """Scores the segments of one protein, independently of all other proteins."""

    @property
    def identity(self) -> MethodIdentity:
        """Name, version, parameters and training set."""
        ...

    def score(self, context: ProteinContext) -> list[RawScore]:
        """One score for each segment of `context`, in its order."""
        ...


def pool(embedding: NDArray[np.float32], spans: Sequence[ResidueSpan]) -> NDArray[np.float32]:
    """Mean embedding of each span, shape (len(spans), dimension), by running sums in float64."""
    sums = np.zeros((embedding.shape[0] + 1, embedding.shape[1]))
    np.cumsum(embedding, axis=0, dtype=np.float64, out=sums[1:])
    begin = np.fromiter((span.first - 1 for span in spans), dtype=np.intp, count=len(spans))
    end = np.fromiter((span.last for span in spans), dtype=np.intp, count=len(spans))
    lengths = (end - begin)[:, None]
    means: NDArray[np.float32] = ((sums[end] - sums[begin]) / lengths).astype(np.float32)
    return means
