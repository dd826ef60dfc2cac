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
    """Candidates of one protein that are left after overlap resolution, with one score each, shape (n,)."""

    digest: str
    length: int
    spans: tuple[ResidueSpan, ...]
    scores: NDArray[np.float64]


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


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Chance that a positive scores above a negative, ties counting half; None without both kinds.

    Example:
        >>> auroc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
        0.875
    """
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * m))


def matthews(true_positive: int, false_positive: int, false_negative: int, true_negative: int) -> float:
    """Matthews' correlation coefficient, -1 to 1; 0 where a margin is empty.

    Example:
        >>> matthews(5, 0, 0, 5)
        1.0
    """
    tp, fp, fn, tn = (float(n) for n in (true_positive, false_positive, false_negative, true_negative))
    below = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return float((tp * tn - fp * fn) / below) if below else 0.0


def brier(probability: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((probability - positive) ** 2))


def expected_calibration_error(probability: NDArray[np.float64], positive: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean gap between stated and observed frequency over `bins` bins of equal width, weighted by their counts."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    stated = np.bincount(place, probability, minlength=bins)
    observed = np.bincount(place, positive.astype(np.float64), minlength=bins)
    return float(np.abs(stated - observed).sum() / max(count.sum(), 1))


def bootstrap(
    figure: Callable[[NDArray[np.float64]], float], proteins: int, *, draws: int = 200, seed: int = 17
) -> tuple[float, float]:
    """The 95 % interval of `figure`, a function of how often each protein is drawn, over resampled proteins."""
    random = np.random.default_rng(seed)
    sampled = random.multinomial(proteins, np.full(proteins, 1 / proteins), size=draws)
    low, high = np.percentile([figure(weight.astype(np.float64)) for weight in sampled], (2.5, 97.5))
    return float(low), float(high)
