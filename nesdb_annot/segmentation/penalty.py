"""The penalty of `bounded`: chosen by how well the segments fit signals that are known.

Without a penalty everything is cut to the minimum, with a large one to the maximum. It is in multiples of the mean cost
of a residue, so that one scale serves all language models. In an evaluation it is chosen anew for each fold on the
other folds (with the bundled model they choose 1 to 2); the default of `bounded.Bounded` lies between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan
from .bounded import Bounded, Cost
from .evaluation import ProteinSegments, evaluate_segments

PENALTIES: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
"""What is tried."""


@dataclass(frozen=True, slots=True)
class KnownProtein:
    """A protein whose signals are known: residues of length L, embedding of shape (L, dimension)."""

    residues: str
    embedding: NDArray[np.float32]
    truths: Sequence[ResidueSpan]


def cut_with_penalties(
    proteins: Sequence[KnownProtein], cost: Cost = "squared", penalties: Sequence[float] = PENALTIES
) -> dict[float, list[ProteinSegments]]:
    """Segments of `bounded` under each penalty, proteins in the order given."""
    return {p: [_cut(protein, Bounded(penalty=p, cost=cost)) for protein in proteins] for p in penalties}


def best_penalty(cut: dict[float, list[ProteinSegments]], chosen: Sequence[int]) -> float:
    """The penalty of highest mean best IoU on the proteins numbered `chosen`; of equals the smallest.

    Raises:
        ValueError: if no truth is known in these proteins.
    """
    fits = {
        penalty: evaluate_segments(segments[i] for i in chosen).mean_best_iou for penalty, segments in cut.items()
    }
    return max(fits, key=lambda penalty: (fits[penalty], -penalty))


def held_out_segments(
    cut: dict[float, list[ProteinSegments]], folds: Sequence[int]
) -> tuple[list[ProteinSegments], list[float]]:
    """Segments of each protein under the penalty that the other folds chose, and the penalty of each fold.

    Args:
        cut: from `cut_with_penalties`.
        folds: of each protein, at least two different ones.
    """
    names = sorted(set(folds))
    chosen = {name: best_penalty(cut, [i for i, fold in enumerate(folds) if fold != name]) for name in names}
    return [cut[chosen[fold]][i] for i, fold in enumerate(folds)], [chosen[name] for name in names]


def _cut(protein: KnownProtein, segmenter: Bounded) -> ProteinSegments:
    spans = segmenter.spans(protein.residues, protein.embedding)
    return ProteinSegments(len(protein.residues), spans, protein.truths)
