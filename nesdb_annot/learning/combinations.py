"""Which way of combining the methods is the default: the one that wins on folds that are not reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .metrics import RankedProtein, average_precision, events, precision_recall
from .operating_points import population_weights
from .stacking import (
    STACK,
    Combination,
    FittedRanking,
    Resolve,
    ScoredProtein,
    fit_combination,
    ranked_candidates,
)

COMBINATIONS = (
    Combination("weighted sum", fitted=False),
    STACK,
    Combination("adaptive", ridge=0.01),
    Combination("adaptive, stiff", ridge=0.1),
)
"""The paper's weighted sum (a), the stack with its second stage (b), weights that adapt to the context (c)."""


def fit_ranking(scored: Sequence[ScoredProtein], folds: Sequence[int], resolve: Resolve) -> FittedRanking:
    """The best of `COMBINATIONS`, fitted to all of `scored`.

    Each is fitted to all folds but one and ranks that one, in turn; see `merit` for what is best. With fewer than
    three folds there is nothing to choose by, and the stack is taken.

    Args:
        scored: proteins with raw scores of heads that have not seen them.
        folds: of each protein.
        resolve: overlap resolution, the one that scoring uses.
    """
    if len(set(folds)) < 3:
        return fit_combination(scored, resolve)
    compared = {own.name: merit(scored, folds, resolve, own) for own in COMBINATIONS}
    best = max(COMBINATIONS, key=lambda own: compared[own.name])
    return replace(fit_combination(scored, resolve, best), compared=compared)


def merit(
    scored: Sequence[ScoredProtein], folds: Sequence[int], resolve: Resolve, combination: Combination
) -> float:
    """Mean of two average precisions on held-out folds: among cargoes, and among all proteins.

    In the second one errors on motif-free proteins count as often as `operating_points.population_weights` says, so
    that a combination that finds a signal in every protein does not win.
    """
    ranked: dict[int, RankedProtein] = {}
    for fold in sorted(set(folds)):
        others = [own for own, f in zip(scored, folds, strict=True) if f != fold]
        if not any(own.protein.truth.motifs for own in others):
            continue
        fitted = fit_combination(others, resolve, combination)
        ranked |= {
            i: ranked_candidates(own.protein, fitted.probability(own), resolve)
            for i, own in enumerate(scored)
            if folds[i] == fold
        }
    happened = events([ranked[i] for i in ranked], [scored[i].protein.truth for i in ranked])
    cargo = np.array([scored[i].protein.cargo for i in ranked])
    among_cargoes = average_precision(precision_recall(happened, cargo.astype(np.float64)))
    return (among_cargoes + average_precision(precision_recall(happened, population_weights(cargo)))) / 2
