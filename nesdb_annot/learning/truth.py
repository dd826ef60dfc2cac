"""What is known of a protein's motifs, and which candidate hits which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..residues import HIT_RESIDUES, ResidueSpan, bounds


class Verdict(IntEnum):
    """What a candidate is, given what is known of its protein."""

    ERROR = 0
    HIT = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one protein.

    Attributes:
        motifs: annotated, in their order along the chain.
        unknown: spans of which nothing may be concluded (doubtful or too long).
        refuted: spans that were tested and are no motifs; none of them shares a residue with a motif.
    """

    motifs: tuple[ResidueSpan, ...] = ()
    unknown: tuple[ResidueSpan, ...] = ()
    refuted: tuple[ResidueSpan, ...] = ()


def overlaps(spans: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shared residues of every pair, shape (n, m), from bounds of shapes (n, 2) and (m, 2)."""
    last = np.minimum(spans[:, None, 1], others[None, :, 1])
    first = np.maximum(spans[:, None, 0], others[None, :, 0])
    outcome: NDArray[np.int64] = np.maximum(0, last - first + 1)
    return outcome


def hits(spans: Sequence[ResidueSpan], motifs: Sequence[ResidueSpan]) -> NDArray[np.bool_]:
    """Whether each span hits each motif, shape (n, m): `HIT_RESIDUES` shared, or all of a shorter motif."""
    targets = bounds(motifs)
    needed = np.minimum(HIT_RESIDUES, targets[:, 1] - targets[:, 0] + 1)
    outcome: NDArray[np.bool_] = overlaps(bounds(spans), targets) >= needed
    return outcome


def verdicts(spans: Sequence[ResidueSpan], truth: Truth) -> NDArray[np.int64]:
    """`Verdict` of each span, shape (n,). A hit outweighs an overlap with an unknown stretch.

    Example:
        >>> known = Truth((ResidueSpan(10, 20),), (ResidueSpan(40, 99),))
        >>> verdicts([ResidueSpan(1, 8), ResidueSpan(15, 25), ResidueSpan(50, 60)], known).tolist()
        [0, 1, 2]
    """
    outcome = np.full(len(spans), Verdict.ERROR, dtype=np.int64)
    outcome[hits(spans, truth.unknown).any(axis=1)] = Verdict.UNKNOWN
    outcome[hits(spans, truth.motifs).any(axis=1)] = Verdict.HIT
    return outcome
