"""Scores stored segments anew under a derived head set: what reads pooled vectors and differs from the root.

All other raw scores are kept: they would be the same, and the tagger's need each residue's embedding. Calibrations and
the combination are applied to all of them. How likely the protein is a cargo is kept too: the root saw all of its
candidates, of which the stored ones are a few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import MethodScore
from ..residues import ResidueSpan
from .derived import replaced_methods
from .headset import HeadSet
from .protocol import ProteinContext, RawScore
from .scoring import METHODS, build_methods, pooling_of
from .topology import StatedStretches

STORED_SCORE = np.float32
"""How raw scores are stored; a score that is kept is rounded so wherever it comes from."""


@dataclass(frozen=True, slots=True)
class StoredSegments:
    """The segments of one sequence as the database has them.

    Attributes:
        digest: of the sequence.
        residues: cleaned, length L.
        spans: n of them.
        pooled: vectors by the pooling of the head set, rounded to float16, shape (n, dimension).
        raw: by method, n raw scores with their evidence; methods that are scored anew may be missing.
        of_cargo: probability that the protein is a cargo, from all the candidates that the root saw.
        stated: see `ProteinContext`.
    """

    digest: str
    residues: str
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32]
    raw: Mapping[str, Sequence[RawScore]]
    of_cargo: float
    stated: StatedStretches = ()


class Rescorer:
    """Applies a derived head set to stored segments, one protein at a time.

    Attributes:
        kept: methods whose stored raw scores are needed.
    """

    def __init__(self, head_set: HeadSet) -> None:
        self.methods = build_methods(head_set)
        self.pooling = pooling_of(head_set.parameters)
        self.kept = tuple(name for name in METHODS if name not in replaced_methods(head_set))

    def __call__(self, stored: StoredSegments) -> Sequence[tuple[MethodScore, ...]]:
        """All scores of each segment, the combination last; its rivals are the stored segments, not all candidates."""
        if not stored.spans:
            return []
        none = np.empty((0, stored.pooled.shape[1]), dtype=np.float32)
        whole = ProteinContext(
            stored.digest,
            stored.residues,
            none,
            stored.spans,
            stored.pooled,
            stated=stored.stated,
            pooling=self.pooling,
        )
        by_method: list[Sequence[RawScore]] = []
        for name, method in zip(METHODS, self.methods.methods, strict=True):
            if name in self.kept:
                by_method.append([RawScore(float(STORED_SCORE(s.raw)), s.evidence) for s in stored.raw[name]])
            else:
                by_method.append(method.score(whole))
        return self.methods.together(by_method, whole, stored.of_cargo)
