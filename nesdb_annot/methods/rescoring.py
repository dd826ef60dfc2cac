"""Scores stored segments anew: everything but the tagger, whose scores need each residue's embedding and are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..records import MethodScore
from ..residues import ResidueSpan
from . import similarity, tagger
from .headset import HeadSet
from .protocol import ProteinContext, RawScore
from .scoring import build_methods

STORED_SCORE = np.float32
"""How raw scores are stored; a score that is kept is rounded so wherever it comes from."""


@dataclass(frozen=True, slots=True)
class StoredSegments:
    """The segments of one sequence as the database has them.

    Attributes:
        digest: of the sequence.
        residues: cleaned, length L.
        spans: n of them.
        pooled: mean embeddings, rounded to float16, shape (n, dimension).
        tagged: raw scores and evidence of the tagger, n of them.
    """

    digest: str
    residues: str
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32]
    tagged: Sequence[RawScore]


class Rescorer:
    """Applies a head set to stored segments, one protein at a time."""

    def __init__(self, head_set: HeadSet) -> None:
        self.methods = build_methods(head_set)

    def __call__(self, stored: StoredSegments) -> list[tuple[MethodScore, ...]]:
        """All scores of each segment, the combination last; its rivals are the stored segments, not all candidates."""
        if not stored.spans:
            return []
        none = np.empty((0, stored.pooled.shape[1]), dtype=np.float32)
        whole = ProteinContext(stored.digest, stored.residues, none, stored.spans, stored.pooled)
        # Each vector as the embedding of one residue: its mean is itself, whichever way the similarity pools.
        single = [ResidueSpan(i, i) for i in range(1, len(stored.spans) + 1)]
        vectors = replace(whole, embedding=stored.pooled, spans=single)
        kept = [RawScore(float(STORED_SCORE(one.raw)), one.evidence) for one in stored.tagged]
        by_method = [
            kept
            if method.identity.name == tagger.NAME
            else method.score(vectors if method.identity.name == similarity.NAME else whole)
            for method in self.methods.methods
        ]
        return self.methods.together(by_method, whole)
