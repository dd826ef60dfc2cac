"""Do proteins that CRM1 binds score higher than those it does not? On pairs of equal length, strangers to training.

Long proteins have more candidates, and cargoes are longer than non-binders: length alone tells them apart. Each cargo
is therefore compared with a non-binder of nearly its length. Complexes are purified together, so that a cargo need not
carry a signal of its own: no method can reach an AUC of 1.

Ways to make a score of a protein from its candidates were compared on half of the screen's families (`chosen_on`): the
odds of a cargo with other features, the best candidate, means of the 2, 3 or 5 best, the chance that one at least is a
motif. They hardly differ there (0.61 to 0.63), and the odds, which are part of the model, were taken. Figures are those
of the other half, which is not untouched: that first-stage scores tell cargoes from others a little better was seen on
the whole screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .figures import Measured
from .folds import FoldMember, families

Floats = NDArray[np.float64]

LEAST = 1e-6
"""How far probabilities are kept from 0 and 1."""

LENGTH_TOLERANCE = 0.1
"""Largest difference in length within a pair, as a natural logarithm: about 10 %."""


@dataclass(frozen=True, slots=True)
class ProteinScore:
    """A screened protein.

    Attributes:
        length: in residues.
        cargo: whether CRM1 binds it.
        counted: whether it is of the half that nothing was chosen on.
        cargo_odds: log-odds that it is a cargo (`methods.cargo`), by which ``rank --proteins`` lists proteins.
        at_least_one: minus the logarithm of the chance that none of its candidates is a motif, were they independent.
        best: probability of its best candidate.
    """

    length: int
    cargo: bool
    counted: bool
    cargo_odds: float
    at_least_one: float
    best: float

    @classmethod
    def of(
        cls, length: int, cargo: bool, combined: Sequence[float], cargo_odds: float | None, *, counted: bool = True
    ) -> ProteinScore:
        """Score of a protein from the combined score of each of its candidates, and its odds of a cargo.

        Without any candidate, it scores as if it had one in a million.

        Example:
            >>> score = ProteinScore.of(300, True, [0.25, 0.125], 0.0)
            >>> round(score.cargo_odds, 4), round(score.at_least_one, 4)
            (0.0, 0.4212)
        """
        sure = np.clip(combined or [LEAST], LEAST, 1 - LEAST)
        odds = np.log(LEAST) if cargo_odds is None else cargo_odds
        return cls(length, cargo, counted, float(odds), float(-np.log1p(-sure).sum()), float(sure.max()))


def chosen_on(digests: Sequence[str], residues: Sequence[str]) -> NDArray[np.bool_]:
    """Which proteins are of the half of the families that scores of proteins were chosen on, shape (n,).

    Those whose family's least digest is even; no family is divided.
    """
    family = families([FoldMember(*member) for member in zip(digests, residues, strict=True)])
    least: dict[int, str] = {}
    for own, digest in zip(family.tolist(), digests, strict=True):
        least[own] = min(digest, least.get(own, digest))
    return np.array([int(least[own], 16) % 2 == 0 for own in family.tolist()], dtype=bool)


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

    ``auroc`` is that of `ProteinScore.cargo_odds`; ``auroc_at_least_one``, ``auroc_best`` and ``auroc_length`` are
    those of other scores. They are of the half that is counted; ``_pairs`` are those on the pairs of both halves, and
    ``_all`` on all proteins instead of pairs.
    """
    cargo = np.array([protein.cargo for protein in proteins])
    counted = [protein for protein in proteins if protein.counted]
    figures: dict[str, Measured] = {
        "cargoes": (float(cargo.sum()), None),
        "non_binders": (float((~cargo).sum()), None),
        "pairs": (float(len(matched_pairs(counted))), None),
        "pairs_of_both_halves": (float(len(matched_pairs(proteins))), None),
        **{f"{name}_all": (metrics.auroc(own, cargo), None) for name, own in _columns(proteins).items()},
        **{f"{name}_pairs": (value, None) for name, (value, _) in _on_pairs(proteins).items()},
        **_on_pairs(counted),
    }
    return figures


def _columns(proteins: Sequence[ProteinScore]) -> dict[str, Floats]:
    return {
        "auroc": np.array([protein.cargo_odds for protein in proteins]),
        "auroc_at_least_one": np.array([protein.at_least_one for protein in proteins]),
        "auroc_best": np.array([protein.best for protein in proteins]),
        "auroc_length": np.array([float(protein.length) for protein in proteins]),
    }


def _on_pairs(proteins: Sequence[ProteinScore]) -> dict[str, Measured]:
    pairs = np.array(matched_pairs(proteins), dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return {}
    columns = _columns(proteins)
    chosen, first = pairs.T.ravel(), np.repeat([True, False], len(pairs))

    def drawn(weight: Floats) -> list[float]:
        return [metrics.auroc(c[chosen], first, np.tile(weight, 2)) or np.nan for c in columns.values()]

    values, ends = drawn(np.ones(len(pairs))), metrics.bootstrap(drawn, len(pairs))
    return {
        name: (value, (float(low), float(high)))
        for name, value, (low, high) in zip(columns, values, ends, strict=True)
    }
