"""Fits calibrations and the first stage of `methods.ranking` on scores of proteins that were held out of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import Calibration, logistic, logit
from ..methods.cargo import protein_features
from ..methods.ranking import NAME as COMBINED
from ..methods.ranking import Ranking
from ..methods.scoring import METHODS, POOLED
from ..methods.selector import NAME as SELECTOR
from .calibration import fit_platt
from .cargo_odds import fit_cargo_odds
from .examples import TrainingProtein
from .logistic import fit_logistic, fit_nonnegative
from .scored import FittedRanking, Resolve, ScoredProtein
from .truth import Verdict

Floats = NDArray[np.float64]

MOTIF_FREE_SHARE = 0.5
"""Weight of all candidates of motif-free proteins together in the first stage, relative to those of the cargoes."""

STACK_RIDGE = 1e-3

ELSEWHERE = 0.25
"""Constant of the second stage. On inner folds of all six, average precision among cargoes is flat from 0.02 to 0.3 and
falls by 0.02 at 1, where second signals gain nothing more."""

PAPER_WEIGHTS = {"consensus": 0.6, "similarity": 0.4, "neural": 0.3}
"""Of the paper's weighted sum; the other methods have none."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A way to combine the methods, to be fitted.

    Attributes:
        name: stored with the weights.
        fitted: whether the methods' weights are fitted, or those of the paper's weighted sum.
        ridge: of the weights that adapt to a segment's context; None where they do not.
        elsewhere: constant of the second stage, see `methods.ranking.Ranking`; None where there is none.
        silent: methods that get no weight, in no context.
        spared: competitors of a candidate that do not count in the second stage, the strongest.
    """

    name: str
    fitted: bool = True
    ridge: float | None = None
    elsewhere: float | None = ELSEWHERE
    silent: tuple[str, ...] = ()
    spared: int = 0


STACK = Combination("stack")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates that are motifs or errors: scores, outcome, and weight."""

    scores: Floats
    positive: NDArray[np.bool_]
    weight: Floats


def _rows(
    proteins: Sequence[TrainingProtein],
    scores: Sequence[Floats],
    kept: Sequence[Sequence[int]],
    motif_free: float = 0.0,
) -> _Rows:
    known = [
        np.array([i for i in own if protein.verdicts[i] != Verdict.UNKNOWN], dtype=np.intp)
        for protein, own in zip(proteins, kept, strict=True)
    ]
    positive = np.concatenate([p.verdicts[k] == Verdict.HIT for p, k in zip(proteins, known, strict=True)])
    cargo = np.repeat([protein.cargo for protein in proteins], [len(k) for k in known])
    weight = np.where(cargo, 1.0, motif_free * cargo.sum() / max((~cargo).sum(), 1))
    return _Rows(np.concatenate([s[k] for s, k in zip(scores, known, strict=True)]), positive, weight)


def _everything(proteins: Sequence[TrainingProtein]) -> list[list[int]]:
    return [list(range(len(protein.spans))) for protein in proteins]


def _resolved(proteins: Sequence[TrainingProtein], scores: Sequence[Floats], resolve: Resolve) -> list[list[int]]:
    return [resolve(p.spans, own.tolist(), len(p.residues)) for p, own in zip(proteins, scores, strict=True)]


def _calibrations(rows: _Rows) -> dict[str, Calibration]:
    """One logistic curve for each method, over rows of raw scores."""
    return {name: fit_platt(rows.scores[:, i], rows.positive) for i, name in enumerate(METHODS)}


def _cargoes(scored: Sequence[ScoredProtein]) -> list[ScoredProtein]:
    return [own for own in scored if own.protein.cargo]


def _first(scored: Sequence[ScoredProtein], fitted: FittedRanking, combination: Combination) -> FittedRanking:
    """First stage on all candidates: overlapping ones tell what a worse placed candidate looks like."""
    if not combination.fitted:
        weighed = np.array([name not in combination.silent for name in METHODS])
        return replace(fitted, ranking=_ranking(_paper_weights(fitted, scored) * weighed, 0.0, combination))
    proteins = [s.protein for s in scored]
    rows = _rows(proteins, [logit(fitted.calibrated(s.raw)) for s in scored], _everything(proteins), MOTIF_FREE_SHARE)
    target = rows.positive.astype(float)
    heard = [i for i, name in enumerate(METHODS) if name not in combination.silent]
    weights = np.zeros(len(METHODS))
    weights[heard], intercept = fit_nonnegative(rows.scores[:, heard], target, rows.weight, STACK_RIDGE)
    plain = replace(fitted, ranking=_ranking(weights, intercept, combination))
    return plain if combination.ridge is None else _adapted(proteins, plain, rows, combination.ridge, heard)


def _adapted(
    proteins: Sequence[TrainingProtein], fitted: FittedRanking, rows: _Rows, ridge: float, heard: Sequence[int]
) -> FittedRanking:
    """The first stage with weights that depend on the segment's context, as far as `ridge` admits.

    `heard` are the columns of the methods that may have a weight.
    """
    surroundings = _rows(proteins, [p.segment_context for p in proteins], _everything(proteins)).scores
    around = fitted.ranking.context(rows.scores, surroundings)
    products = (rows.scores[:, heard, None] * around[:, None, :]).reshape(len(around), -1)
    design, given = np.hstack([around, products]), fitted.ranking.first(rows.scores, surroundings)
    extra, added = fit_logistic(design, rows.positive.astype(float), rows.weight, ridge, offset=given)
    columns = around.shape[1]
    by_method = np.zeros((len(METHODS), columns))
    by_method[heard] = extra[columns:].reshape(-1, columns)
    adaptive = by_method.tolist()
    ranking = replace(
        fitted.ranking,
        intercept=fitted.ranking.intercept + added,
        shift=tuple(extra[:columns].tolist()),
        adaptive=tuple(tuple(row) for row in adaptive),
    )
    return replace(fitted, ranking=ranking)


def _ranking(weights: Floats, intercept: float, combination: Combination) -> Ranking:
    own = (METHODS, tuple(weights.tolist()), intercept, combination.name, combination.elsewhere)
    return Ranking(*own, spared=combination.spared)


def _paper_weights(fitted: FittedRanking, scored: Sequence[ScoredProtein]) -> Floats:
    """The paper's weights of scores that are scaled to their range over `scored`, as weights of logits.

    Calibrations are logistic curves, so that a logit is a straight function of the raw score; a method whose curve is
    flat has no weight.
    """
    raw = np.concatenate([s.raw for s in scored])
    logits = logit(fitted.calibrated(raw))
    spread, given = np.ptp(logits, axis=0), np.array([PAPER_WEIGHTS.get(name, 0.0) for name in METHODS])
    outcome: Floats = np.where(spread > 0, given / np.maximum(spread, 1e-12), 0.0)
    return outcome


def _final(scored: Sequence[ScoredProtein], fitted: FittedRanking, resolve: Resolve) -> FittedRanking:
    """Calibrations of selector and combination, and the prior, over the resolved candidates of cargoes."""
    cargoes = _cargoes(scored)
    proteins, competition = [s.protein for s in cargoes], [fitted.competition(s) for s in cargoes]
    selected = [fitted.selected(s) - own for s, own in zip(cargoes, competition, strict=True)]
    combined = [fitted.first(s) - own for s, own in zip(cargoes, competition, strict=True)]
    kept = _resolved(proteins, selected, resolve)
    rows, rows_of_selector = _rows(proteins, combined, kept), _rows(proteins, selected, kept)
    calibrations = {
        **fitted.calibrations,
        COMBINED: fit_platt(rows.scores, rows.positive),
        SELECTOR: fit_platt(rows_of_selector.scores, rows.positive),
    }
    seen = [own for own in scored if len(own.protein.spans)]
    features = np.array([protein_features(fitted.selected(own), own.protein.spans) for own in seen])
    odds = fit_cargo_odds(features, np.array([own.protein.cargo for own in seen]))
    return FittedRanking(calibrations, fitted.ranking, fitted.selector, float(rows.positive.mean()), odds)


def fit_calibrations(scored: Sequence[ScoredProtein], resolve: Resolve) -> dict[str, Calibration]:
    """One logistic curve for each method: what every combination of the same scores starts from.

    A first pass over all candidates finds out which of them a selector keeps. The calibrations are those of a second
    pass over these, since these are stored and shown: of methods that read stored vectors, over scores of such vectors.
    """
    cargoes, empty = _cargoes(scored), _ranking(np.zeros(len(METHODS)), 0.0, STACK)
    proteins = [s.protein for s in cargoes]
    everything = _calibrations(_rows(proteins, [s.raw for s in cargoes], _everything(proteins)))
    rough = _first(scored, FittedRanking(everything, empty, empty, 0.5), selector_of(STACK))
    first = [rough.first(s) for s in cargoes]
    kept = _resolved(proteins, first, resolve)
    raw = [s.raw.copy() for s in cargoes]
    for own, one, indices, column in zip(cargoes, first, kept, raw, strict=True):
        column[indices] = own.as_stored(logistic(one), indices)
    return _calibrations(_rows(proteins, raw, kept))


def selector_of(combination: Combination) -> Combination:
    """The combination of the selector: the same without the methods that read stored vectors."""
    return replace(combination, silent=tuple(dict.fromkeys((*combination.silent, *POOLED))))


def fit_combination(
    scored: Sequence[ScoredProtein],
    resolve: Resolve,
    combination: Combination = STACK,
    calibrations: Mapping[str, Calibration] | None = None,
) -> FittedRanking:
    """Calibrations and rankings from scores that were given to proteins held out of training.

    Args:
        scored: proteins with these scores.
        resolve: overlap resolution, the one that scoring uses.
        combination: how the methods are combined.
        calibrations: from `fit_calibrations` of the same scores, where they are at hand.
    """
    start = fit_calibrations(scored, resolve) if calibrations is None else calibrations
    empty = _ranking(np.zeros(len(METHODS)), 0.0, combination)
    fitted = _first(scored, FittedRanking(start, empty, empty, 0.5), selector_of(combination))
    fitted = replace(fitted, selector=fitted.ranking)
    if set(POOLED) - set(combination.silent):
        fitted = _first(scored, fitted, combination)
    return _final(scored, fitted, resolve)
