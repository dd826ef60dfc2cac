"""Figures of merit for candidates that are ranked over many proteins.

A motif is found at the score of the best candidate that hits it; further candidates on it are neither counted again
nor errors; candidates on unknown stretches are left out; every other candidate is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan
from .truth import Truth, Verdict, hits, verdicts

RECALLS = (0.2, 0.5, 0.68, 0.8)
"""Recalls at which precision is quoted."""


@dataclass(frozen=True, slots=True)
class RankedProtein:
    """Candidates of one protein that are left after overlap resolution, with one score each, shape (n,).

    Attributes:
        spans: as the segmentation gave them, or refined.
        kept: which of the protein's candidates they are; needed only where more is to be known of them.
    """

    digest: str
    length: int
    spans: tuple[ResidueSpan, ...]
    scores: NDArray[np.float64]
    kept: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Events:
    """Everything that is found or goes wrong while a threshold falls.

    Attributes:
        score: at which the event happens; -inf for a motif that no candidate hits. Shape (n,).
        found: whether a motif is found (else an error is made). Shape (n,).
        protein: index of the protein. Shape (n,).
    """

    score: NDArray[np.float64]
    found: NDArray[np.bool_]
    protein: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall at each distinct score, from the highest down; shapes (k,)."""

    threshold: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def events(proteins: Sequence[RankedProtein], truths: Sequence[Truth]) -> Events:
    """Events of `proteins`, whose truths stand in the same order."""
    score: list[NDArray[np.float64]] = []
    found: list[NDArray[np.bool_]] = []
    owner: list[NDArray[np.int64]] = []
    for index, (protein, truth) in enumerate(zip(proteins, truths, strict=True)):
        on_motif = hits(protein.spans, truth.motifs)
        best = np.where(on_motif, protein.scores[:, None], -np.inf).max(axis=0, initial=-np.inf)
        wrong = protein.scores[verdicts(protein.spans, truth) == Verdict.ERROR]
        score += [best, wrong]
        found += [np.ones(len(best), dtype=bool), np.zeros(len(wrong), dtype=bool)]
        owner.append(np.full(len(best) + len(wrong), index, dtype=np.int64))
    if not score:
        return Events(np.empty(0), np.empty(0, dtype=bool), np.empty(0, dtype=np.int64))
    return Events(np.concatenate(score), np.concatenate(found), np.concatenate(owner))


def precision_recall(happened: Events, weight: NDArray[np.float64] | None = None) -> Curve:
    """The curve; `weight` counts each protein that many times (a bootstrap sample), shape (proteins,)."""
    share = np.ones(len(happened.score)) if weight is None else weight[happened.protein]
    order = np.argsort(-happened.score, kind="stable")
    score, found = happened.score[order], happened.found[order] * share[order]
    wrong = ~happened.found[order] * share[order]
    last = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1) if len(score) else np.empty(0, np.intp)
    last = last[np.isfinite(score[last])]
    true, false, total = np.cumsum(found)[last], np.cumsum(wrong)[last], max(found.sum(), 1e-12)
    return Curve(score[last], true / np.maximum(true + false, 1e-12), true / total)


def average_precision(curve: Curve) -> float:
    """Sum of precision times the recall gained at each score; 0 without candidates."""
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * curve.precision))


def highest_f1(curve: Curve) -> int | None:
    """Place on the curve of the highest F1, the harmonic mean of precision and recall; None without any hit."""
    if not curve.recall.any():
        return None
    f1 = 2 * curve.precision * curve.recall / np.maximum(curve.precision + curve.recall, 1e-12)
    return int(f1.argmax())


def precision_at(curve: Curve, recall: float) -> float | None:
    """Precision at the highest score whose recall reaches `recall`; None where none does."""
    reached = np.flatnonzero(curve.recall >= recall - 1e-12)
    return float(curve.precision[reached[0]]) if len(reached) else None


def top_hits(proteins: Sequence[RankedProtein], truths: Sequence[Truth], k: int) -> NDArray[np.float64]:
    """For each protein with a motif, whether its `k` best candidates hit one (0 or 1)."""
    found = []
    for protein, truth in zip(proteins, truths, strict=True):
        if truth.motifs:
            verdict = verdicts(protein.spans, truth)
            known = np.flatnonzero(verdict != Verdict.UNKNOWN)
            best = known[np.argsort(-protein.scores[known], kind="stable")[:k]]
            found.append(float((verdict[best] == Verdict.HIT).any()))
    return np.array(found)


def auroc(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> float | None:
    """Chance that a positive scores above a negative, ties counting half; None without both kinds.

    Args:
        scores: shape (n,).
        positive: shape (n,).
        weight: how often each one counts, shape (n,).

    Example:
        >>> auroc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
        0.875
    """
    share = np.ones(len(scores)) if weight is None else weight
    _, place = np.unique(scores, return_inverse=True)
    above = np.bincount(place, share * positive, minlength=1)
    below = np.bincount(place, share * ~positive, minlength=1)
    pairs = above.sum() * below.sum()
    return float(above @ (np.cumsum(below) - below / 2) / pairs) if pairs else None


def auprc(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> float:
    """Area under the precision-recall curve of candidates, by steps; each hit counts, also a second one on a motif."""
    rows = Events(scores, positive, np.arange(len(scores)))
    return average_precision(precision_recall(rows, weight))


def matthews(true_positive: float, false_positive: float, false_negative: float, true_negative: float) -> float:
    """Matthews' correlation coefficient, -1 to 1; 0 where a margin is empty.

    Example:
        >>> matthews(5, 0, 0, 5)
        1.0
    """
    tp, fp, fn, tn = true_positive, false_positive, false_negative, true_negative
    below = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return float((tp * tn - fp * fn) / below) if below else 0.0


def brier(
    probability: NDArray[np.float64], positive: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> float:
    """Mean squared difference between probability and outcome (Brier 1950); 0 without any."""
    share = np.ones(len(probability)) if weight is None else weight
    return float(share @ (probability - positive) ** 2 / max(share.sum(), 1e-12))


@dataclass(frozen=True, slots=True)
class Reliability:
    """Stated and observed frequency in bins of equal width; NaN where a bin is empty. Shapes (bins,)."""

    count: NDArray[np.float64]
    stated: NDArray[np.float64]
    observed: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean gap between stated and observed, weighted by counts."""
        filled = self.count > 0
        gaps = np.abs(self.stated - self.observed)[filled] * self.count[filled]
        return float(gaps.sum() / max(self.count.sum(), 1))


def reliability(
    probability: NDArray[np.float64],
    positive: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
    bins: int = 10,
) -> Reliability:
    """How often what is called probable happens; arrays of shape (n,)."""
    share = np.ones(len(probability)) if weight is None else weight
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, share, minlength=bins).astype(np.float64)
    filled = np.where(count > 0, count, np.nan)
    stated = np.bincount(place, probability * share, minlength=bins) / filled
    return Reliability(count, stated, np.bincount(place, positive * share, minlength=bins) / filled)


def bootstrap(
    figures: Callable[[NDArray[np.float64]], Sequence[float]], proteins: int, *, draws: int = 200, seed: int = 17
) -> NDArray[np.float64]:
    """The 95 % intervals of some figures over resampled proteins, shape (figures, 2): low, high.

    Args:
        figures: the figures from how often each protein is drawn, shape (proteins,); NaN where one is not defined.
        proteins: to draw from.
        draws: samples.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    sampled = random.multinomial(proteins, np.full(proteins, 1 / proteins), size=draws).astype(np.float64)
    drawn = np.array([figures(weight) for weight in sampled])
    ends: NDArray[np.float64] = np.full((drawn.shape[1], 2), np.nan)
    defined = np.isfinite(drawn).any(axis=0)
    ends[defined] = np.nanpercentile(drawn[:, defined], (2.5, 97.5), axis=0).T
    return ends


def rate_per_10000(
    errors: NDArray[np.float64], residues: NDArray[np.float64]
) -> tuple[float | None, tuple[float, float] | None]:
    """Errors per 10,000 residues with their 95 % interval over proteins, from both for each protein, shape (n,).

    The threshold that makes them errors is taken as it is. Where there is none the interval is that of a Poisson number
    (Garwood 1936, Biometrika 28:437): samples of proteins without errors have none, either. Nothing without residues.
    """
    if not residues.sum():
        return None, None

    def drawn(weight: NDArray[np.float64]) -> list[float]:
        total = float(weight @ residues)
        return [10_000 * float(weight @ errors) / total if total else np.nan]

    if not errors.any():
        return 0.0, (0.0, 10_000 * float(-np.log(0.025) / residues.sum()))
    ((low, high),) = bootstrap(drawn, len(residues))
    return drawn(np.ones(len(residues)))[0], (float(low), float(high))
