"""Fits calibrations and the first stage of `methods.ranking` on scores of proteins that were held out of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import Calibration, logit
from ..methods.cargo import NOTHING_KNOWN, CargoOdds, protein_features
from ..methods.ranking import NAME as COMBINED
from ..methods.ranking import Ranking
from ..methods.scoring import METHODS
from ..residues import ResidueSpan
from .calibration import fit_platt
from .cargo_odds import fit_cargo_odds
from .examples import TrainingProtein
from .logistic import fit_logistic, fit_nonnegative
from .metrics import RankedProtein
from .truth import Verdict

Floats = NDArray[np.float64]

Resolve = Callable[[Sequence[ResidueSpan], Sequence[float], int], list[int]]
"""Spans, scores and length of a protein -> indices of the candidates that are left after overlap resolution."""

Refine = Callable[[str, Sequence[ResidueSpan], Sequence[float], Sequence[int]], list[ResidueSpan]]
"""Residues, spans and probabilities of a protein, and the indices that are left -> the spans that are stored."""

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
        spared: rivals of a candidate that do not count in the second stage, the strongest.
    """

    name: str
    fitted: bool = True
    ridge: float | None = None
    elsewhere: float | None = ELSEWHERE
    silent: tuple[str, ...] = ()
    spared: int = 0


STACK = Combination("stack")


@dataclass(frozen=True, slots=True)
class ScoredProtein:
    """A protein with the raw scores of its candidates.

    Attributes:
        protein: with its candidates.
        raw: by heads that did not see the protein's fold, shape (n, methods).
        without: fold -> raw scores by heads that did not see that fold either, shape (n, methods).
    """

    protein: TrainingProtein
    raw: Floats
    without: Mapping[int, Floats] = field(default_factory=dict)

    def unseen(self, fold: int) -> ScoredProtein:
        """Return the protein with the scores of heads that did not see `fold` either, if such scores exist."""
        return ScoredProtein(self.protein, self.without.get(fold, self.raw))

    def changed(self, change: Callable[[Floats], Floats]) -> ScoredProtein:
        """The protein with all its raw scores, of whatever heads, changed in the same way."""
        inner = {fold: change(raw) for fold, raw in self.without.items()}
        return ScoredProtein(self.protein, change(self.raw), inner)


def ranked_candidates(
    protein: TrainingProtein, scores: Floats, resolve: Resolve, refine: Refine | None = None
) -> RankedProtein:
    """The candidates of `protein` that overlap resolution leaves, with their `scores`, which have shape (n,).

    Their spans are as the segmentation gave them, or refined as they would be stored: `scores` are then probabilities.
    """
    spans, length = protein.spans, len(protein.residues)
    kept = resolve(spans, scores.tolist(), length)
    left = refine(protein.residues, spans, scores.tolist(), kept) if refine else [spans[i] for i in kept]
    return RankedProtein(protein.digest, length, tuple(left), scores[kept], tuple(kept))


@dataclass(frozen=True, slots=True)
class FittedRanking:
    """Calibrations by method and of the combination, its weights, and the odds of cargoes.

    Attributes:
        prior: share of motifs among the resolved candidates of cargoes, which the calibrations refer to.
        cargo: how likely a protein is a cargo.
        compared: name of each combination that was tried -> its merit on inner folds.
    """

    calibrations: Mapping[str, Calibration]
    ranking: Ranking
    prior: float
    cargo: CargoOdds = NOTHING_KNOWN
    compared: Mapping[str, float] = field(default_factory=dict)

    @property
    def choice(self) -> str:
        """Name of the combination."""
        return self.ranking.combination

    def calibrated(self, raw: Floats) -> Floats:
        """Probability of each segment by each method, shape (n, methods)."""
        columns = [self.calibrations[name].apply(raw[:, i]) for i, name in enumerate(METHODS)]
        return np.stack(columns, axis=1)

    def first(self, scored: ScoredProtein) -> Floats:
        """Log-odds of each segment after the first stage, shape (n,)."""
        return self.ranking.first(logit(self.calibrated(scored.raw)), scored.protein.segment_context)

    def combined(self, scored: ScoredProtein) -> Floats:
        """Combined log-odds of each segment, shape (n,)."""
        return self.ranking.second(self.first(scored), scored.protein.spans)

    def probability(self, scored: ScoredProtein) -> Floats:
        """Probability of each segment to be a motif if its protein is a cargo, shape (n,)."""
        return self.calibrations[COMBINED].apply(self.combined(scored))

    def in_proteome(self, scored: ScoredProtein) -> Floats:
        """Probability of each segment where `methods.cargo.CARGO_SHARE` of the proteins are cargoes, shape (n,)."""
        spans = scored.protein.spans
        if not len(spans):
            return np.empty(0)
        return self.probability(scored) * self.cargo.probability(self.first(scored), spans)


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


def _calibrations(scored: Sequence[ScoredProtein], kept: Sequence[Sequence[int]]) -> dict[str, Calibration]:
    """One logistic curve a method, over the candidates of cargoes that are kept."""
    pairs = [(s, k) for s, k in zip(scored, kept, strict=True) if s.protein.cargo]
    rows = _rows([s.protein for s, _ in pairs], [s.raw for s, _ in pairs], [k for _, k in pairs])
    return {name: fit_platt(rows.scores[:, i], rows.positive) for i, name in enumerate(METHODS)}


def _first(scored: Sequence[ScoredProtein], fitted: FittedRanking, combination: Combination) -> FittedRanking:
    """First stage on all candidates: overlapping ones tell what a worse placed candidate looks like."""
    if not combination.fitted:
        return replace(fitted, ranking=_ranking(_paper_weights(fitted, scored), 0.0, combination))
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
    """Calibration of the combination, and the prior, over the resolved candidates of cargoes."""
    cargoes = [s for s in scored if s.protein.cargo]
    proteins, combined = [s.protein for s in cargoes], [fitted.combined(s) for s in cargoes]
    rows = _rows(proteins, combined, _resolved(proteins, combined, resolve))
    calibrations = {**fitted.calibrations, COMBINED: fit_platt(rows.scores, rows.positive)}
    seen = [own for own in scored if len(own.protein.spans)]
    features = np.array([protein_features(fitted.first(own), own.protein.spans) for own in seen])
    odds = fit_cargo_odds(features, np.array([own.protein.cargo for own in seen]))
    return FittedRanking(calibrations, fitted.ranking, float(rows.positive.mean()), odds)


def fit_calibrations(scored: Sequence[ScoredProtein], resolve: Resolve) -> dict[str, Calibration]:
    """One logistic curve a method: what every combination of the same scores starts from.

    A first pass over all candidates finds out which of them overlap resolution leaves; the calibrations are those of a
    second pass over these, since these are what is stored and shown.
    """
    proteins = [s.protein for s in scored]
    empty = _ranking(np.zeros(len(METHODS)), 0.0, STACK)
    rough = _first(scored, FittedRanking(_calibrations(scored, _everything(proteins)), empty, 0.5), STACK)
    return _calibrations(scored, _resolved(proteins, [rough.first(s) for s in scored], resolve))


def fit_combination(
    scored: Sequence[ScoredProtein],
    resolve: Resolve,
    combination: Combination = STACK,
    calibrations: Mapping[str, Calibration] | None = None,
) -> FittedRanking:
    """Calibrations and ranking from scores that were given to proteins held out of training.

    Args:
        scored: proteins with these scores.
        resolve: overlap resolution, the one that scoring uses.
        combination: how the methods are combined.
        calibrations: from `fit_calibrations` of the same scores, where they are known already.
    """
    known = fit_calibrations(scored, resolve) if calibrations is None else calibrations
    empty = _ranking(np.zeros(len(METHODS)), 0.0, combination)
    fitted = _first(scored, FittedRanking(known, empty, 0.5), combination)
    return _final(scored, fitted, resolve)
