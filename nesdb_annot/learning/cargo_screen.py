"""Do proteins that CRM1 binds score higher than those it does not? On pairs of equal length, strangers to training.

Long proteins have more candidates, and cargoes are longer than non-binders: length alone tells them apart. Each cargo
is therefore compared with a non-binder of nearly its length, and the score of a protein is corrected for the number of
its candidates. Complexes are purified together, so that a cargo need not carry a signal of its own: no method can
reach an AUC of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .figures import Measured
from .homology import homologous_pairs

Floats = NDArray[np.float64]

LENGTH_TOLERANCE = 0.1
"""Largest difference in length within a pair, as a natural logarithm: about 10 %."""


@dataclass(frozen=True, slots=True)
class ProteinScore:
    """A screened protein: length in residues, whether CRM1 binds it, and the scores of its candidates' best."""

    length: int
    cargo: bool
    best_log_odds: float
    candidates: int

    @property
    def score(self) -> float:
        """Log-odds of the best candidate, less the logarithm of how many there were to be best."""
        return self.best_log_odds - float(np.log(max(self.candidates, 1)))


def strangers(screened: Sequence[str], trained: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the `screened` residues are no homologues of any `trained` ones, shape (n,)."""
    known = len(trained)
    kept = np.ones(len(screened), dtype=bool)
    for pair in homologous_pairs([*trained, *screened]):
        low, high = sorted((pair.first, pair.second))
        if low < known <= high:
            kept[high - known] = False
    return kept


def matched_pairs(proteins: Sequence[ProteinScore]) -> list[tuple[int, int]]:
    """Positions of cargo and non-binder of nearly equal length, each protein in one pair at most.

    Longest cargoes choose first, since they have the fewest partners; each takes the nearest that is left.
    """
    lengths = np.log([protein.length for protein in proteins])
    free = [i for i, protein in enumerate(proteins) if not protein.cargo]
    pairs = []
    for i in sorted((i for i, p in enumerate(proteins) if p.cargo), key=lambda i: (-lengths[i], i)):
        gaps = np.abs(lengths[free] - lengths[i])
        if free and gaps.min() <= LENGTH_TOLERANCE:
            pairs.append((i, free.pop(int(gaps.argmin()))))
    return pairs


def screen_figures(proteins: Sequence[ProteinScore]) -> dict[str, Measured]:
    """AUC of cargoes against non-binders on matched pairs, with its interval over pairs, and what to compare it with.

    ``auroc_length`` is what length alone reaches on the pairs, ``auroc_all_length`` on all proteins, and ``auroc_all``
    what the score reaches on all proteins.
    """
    pairs = np.array(matched_pairs(proteins), dtype=np.int64).reshape(-1, 2)
    cargo = np.array([protein.cargo for protein in proteins])
    score = np.array([protein.score for protein in proteins])
    length = np.array([float(protein.length) for protein in proteins])
    counts: dict[str, Measured] = {
        "cargoes": (float(cargo.sum()), None),
        "non_binders": (float((~cargo).sum()), None),
        "pairs": (float(len(pairs)), None),
        "auroc_all": (metrics.auroc(score, cargo), None),
        "auroc_all_length": (metrics.auroc(length, cargo), None),
    }
    if not len(pairs):
        return counts
    chosen, first = pairs.T.ravel(), np.repeat([True, False], len(pairs))

    def drawn(weight: Floats) -> list[float]:
        return [metrics.auroc(score[chosen], first, np.tile(weight, 2)) or np.nan]

    value, ends = drawn(np.ones(len(pairs)))[0], metrics.bootstrap(drawn, len(pairs))[0]
    counts["auroc"] = (value, (float(ends[0]), float(ends[1])))
    counts["auroc_length"] = (metrics.auroc(length[chosen], first), None)
    return counts
