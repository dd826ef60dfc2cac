"""Which way of combining the methods is the default: the one that wins on folds that are not reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..methods.calibration import Calibration
from ..methods.ranking import Ranking
from ..methods.scoring import POOLED
from .metrics import RankedProtein, average_precision, events, precision_recall
from .operating_points import population_weights
from .scored import FittedRanking, Resolve, ScoredProtein, ranked_candidates
from .stacking import STACK, Combination, fit_calibrations, fit_combination

COMBINATIONS = (
    Combination("weighted sum", fitted=False, elsewhere=None),
    STACK,
    Combination("stack without vectors", silent=POOLED),
    Combination("stack that spares the strongest rival", spared=1),
    Combination("adaptive", ridge=0.01),
    Combination("adaptive without vectors", ridge=0.01, silent=POOLED),
)
"""The paper's weighted sum (a), a stack (b), a stack whose weights adapt to the context (c); both stacks without the
methods that read stored vectors; and the stack whose second stage does not hold a second signal of a protein down.
Only stacks have a second stage: a weighted sum is no log-odds."""


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
    shares = _shares(scored, folds)
    known = {fold: fit_calibrations(others, resolve) for fold, others in shares.items()}
    compared = {own.name: merit(scored, folds, resolve, own, known) for own in COMBINATIONS}
    best = max(COMBINATIONS, key=lambda own: compared[own.name])
    return replace(fit_combination(scored, resolve, best), compared=compared)


def every_ranking(scored: Sequence[ScoredProtein], resolve: Resolve) -> dict[str, Ranking]:
    """The weights of each of `COMBINATIONS`, by name, fitted to all of `scored`: kept beside those of the best."""
    known = fit_calibrations(scored, resolve)
    return {own.name: fit_combination(scored, resolve, own, known).ranking for own in COMBINATIONS}


def _shares(scored: Sequence[ScoredProtein], folds: Sequence[int]) -> dict[int, list[ScoredProtein]]:
    """Fold -> the proteins of all the others, where these have a motif."""
    shares = {fold: [own for own, f in zip(scored, folds, strict=True) if f != fold] for fold in sorted(set(folds))}
    return {fold: others for fold, others in shares.items() if any(own.protein.truth.motifs for own in others)}


def merit(
    scored: Sequence[ScoredProtein],
    folds: Sequence[int],
    resolve: Resolve,
    combination: Combination,
    known: Mapping[int, Mapping[str, Calibration]] | None = None,
) -> float:
    """Mean of two average precisions on held-out folds: among known cargoes, and among all proteins.

    In the second one probabilities are those of a proteome, and errors on motif-free proteins count as often as
    `operating_points.population_weights` says, so that a combination that finds a signal in every protein does not
    win. `known` are the calibrations of each fold's others, from `fit_calibrations`.
    """
    ranked: dict[int, tuple[RankedProtein, RankedProtein]] = {}
    for fold, others in _shares(scored, folds).items():
        fitted = fit_combination(others, resolve, combination, (known or {}).get(fold))
        for i, own in enumerate(scored):
            if folds[i] == fold:
                ranked[i] = (
                    ranked_candidates(own.protein, fitted.probability(own), resolve, None, fitted.selection(own)),
                    ranked_candidates(own.protein, fitted.in_proteome(own), resolve, None, fitted.selection(own)),
                )
    truths = [scored[i].protein.truth for i in ranked]
    cargo = np.array([scored[i].protein.cargo for i in ranked])
    happened = events([known for known, _ in ranked.values()], truths)
    among_cargoes = average_precision(precision_recall(happened, cargo.astype(np.float64)))
    happened = events([among_all for _, among_all in ranked.values()], truths)
    return (among_cargoes + average_precision(precision_recall(happened, population_weights(cargo)))) / 2
