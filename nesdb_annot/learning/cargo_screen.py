"""Do proteins that CRM1 binds score higher than those it does not? On pairs of equal length, strangers to training.

Long proteins have more candidates, and cargoes are longer than non-binders: length alone tells them apart. Each cargo
is therefore compared with a non-binder of nearly its length. Complexes are purified together, so that a cargo need not
carry a signal of its own: no method can reach an AUC of 1.
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
    """A screened protein.

    Attributes:
        length: in residues.
        cargo: whether CRM1 binds it.
        at_least_one: minus the logarithm of the chance that none of its candidates is a motif, were they independent.
        best: probability of its best candidate.
    """

    length: int
    cargo: bool
    at_least_one: float
    best: float

    @classmethod
    def of(cls, length: int, cargo: bool, probabilities: Sequence[float]) -> ProteinScore:
        """From the probabilities of the protein's candidates.

        Example:
            >>> round(ProteinScore.of(300, True, [0.5, 0.5]).at_least_one, 4)
            1.3863
        """
        sure = np.clip(np.array(probabilities, dtype=np.float64), 0, 1 - 1e-9)
        return cls(length, cargo, float(-np.log1p(-sure).sum()), float(sure.max(initial=0.0)))


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

    ``auroc`` is that of `ProteinScore.at_least_one` and ``auroc_best`` that of the best candidate alone; ``_length`` is
    what length alone reaches, ``_all`` what is reached on all proteins instead of pairs.
    """
    pairs = np.array(matched_pairs(proteins), dtype=np.int64).reshape(-1, 2)
    cargo = np.array([protein.cargo for protein in proteins])
    columns = {
        "auroc": np.array([protein.at_least_one for protein in proteins]),
        "auroc_best": np.array([protein.best for protein in proteins]),
        "auroc_length": np.array([float(protein.length) for protein in proteins]),
    }
    figures: dict[str, Measured] = {
        "cargoes": (float(cargo.sum()), None),
        "non_binders": (float((~cargo).sum()), None),
        "pairs": (float(len(pairs)), None),
        **{f"{name}_all": (metrics.auroc(column, cargo), None) for name, column in columns.items()},
    }
    if not len(pairs):
        return figures
    chosen, first = pairs.T.ravel(), np.repeat([True, False], len(pairs))

    def drawn(weight: Floats) -> list[float]:
        return [metrics.auroc(c[chosen], first, np.tile(weight, 2)) or np.nan for c in columns.values()]

    values, ends = drawn(np.ones(len(pairs))), metrics.bootstrap(drawn, len(pairs))
    for name, value, (low, high) in zip(columns, values, ends, strict=True):
        figures[name] = (value, (float(low), float(high)))
    return figures
