"""Counts how often predictions of each probability were right on held-out families.

A calibrated probability says what to expect; these shares say what was seen. A head set stores them, so that a
prediction can be shown beside the record of similar predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..records import Json
from .metrics import RankedProtein, events
from .truth import Truth

BOUNDS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""Bounds of the bins of probability; the last one is included."""

RESAMPLINGS = 500
"""Bootstrap samples of proteins behind each interval."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ObservedShare:
    """What became of held-out predictions whose probability was in one bin.

    Attributes:
        least: lower bound of the probability, included.
        most: upper bound, excluded but for 1.
        right: share of the candidates that hit a motif; None if there was no candidate.
        interval: 95 % bootstrap interval of `right` over proteins; None with `right`.
        candidates: number of candidates, each NES counted once.
        motifs: share of all motifs whose best candidate is in this bin.
    """

    least: float
    most: float
    right: float | None
    interval: tuple[float, float] | None
    candidates: int
    motifs: float

    def to_json(self) -> dict[str, Json]:
        """The fields by name, shares rounded to three decimals."""
        interval: Json = None if self.interval is None else [round(end, 3) for end in self.interval]
        right = None if self.right is None else round(self.right, 3)
        return {
            "least": self.least, "most": self.most, "right": right, "interval": interval,
            "candidates": self.candidates, "motifs": round(self.motifs, 3),
        }  # fmt: skip


def observed_shares(
    proteins: Sequence[RankedProtein], truths: Sequence[Truth], weight: Floats, seed: int = 17
) -> tuple[ObservedShare, ...]:
    """Return one share for each bin of `BOUNDS`.

    A motif that no candidate hits counts in the lowest bin.

    Args:
        proteins: resolved candidates with probabilities that were given by heads that had not seen the family.
        truths: labels of each protein, in the same order.
        weight: how often each protein counts, shape (proteins,); see `operating_points.population_weights`.
        seed: of the bootstrap.
    """
    happened = events(proteins, truths)
    inner = np.array(BOUNDS[1:-1])
    bins = np.searchsorted(inner, happened.score, side="right")
    draws = _draws(len(proteins), seed)
    total = (weight[happened.protein] * happened.found).sum()
    shares = []
    for number, (least, most) in enumerate(pairwise(BOUNDS)):
        inside = bins == number
        shown = inside & np.isfinite(happened.score)
        right, interval = _right(happened.protein[shown], happened.found[shown], weight, draws)
        found = (weight[happened.protein] * (happened.found & inside)).sum()
        motifs = float(found / total) if total else 0.0
        shares.append(ObservedShare(least, most, right, interval, int(shown.sum()), motifs))
    return tuple(shares)


def _draws(proteins: int, seed: int) -> NDArray[np.int64]:
    """How often each protein is drawn in each resampling, shape (resamplings, proteins)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(proteins, np.full(proteins, 1 / proteins), size=RESAMPLINGS)


def _right(
    owner: NDArray[np.int64], found: NDArray[np.bool_], weight: Floats, draws: NDArray[np.int64]
) -> tuple[float | None, tuple[float, float] | None]:
    """Weighted share of `found`, and its bootstrap interval."""
    if not len(owner):
        return None, None
    each = weight[owner]
    counted = draws[:, owner] * each
    sums = counted.sum(axis=1)
    samples = (counted @ found)[sums > 0] / sums[sums > 0]
    low, high = np.quantile(samples, (0.025, 0.975)) if len(samples) else (0.0, 1.0)
    return float(each @ found / each.sum()), (float(low), float(high))
