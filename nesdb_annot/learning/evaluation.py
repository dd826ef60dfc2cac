"""How methods and baselines do on families that they have not seen: one row of figures each, on the same candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..methods.ranking import NAME as COMBINED
from ..methods.scoring import METHODS
from . import metrics
from .baselines import BASELINES
from .metrics import RankedProtein, average_precision, events, precision_at, precision_recall
from .stacking import Resolve, ranked_candidates
from .training import HeldOutProtein
from .truth import Truth, Verdict, verdicts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one method on held-out proteins, after overlap resolution by its own scores.

    Attributes:
        method: or baseline.
        proteins: with at least one motif or unknown stretch, that were ranked.
        motifs: to be found.
        candidates: that are left and are hits or errors.
        base_rate: share of hits among these.
        auroc: over these; None where there is only one kind.
        average_precision: of the ranking of all proteins together; a motif counts once.
        interval: its 95 % bootstrap interval over proteins.
        precision: recall -> precision where that recall is first reached; None where it is not.
        top: k -> share of proteins with a motif among their k best candidates.
        at_threshold: precision, recall, f1, mcc, accuracy and false positives per 1,000 residues at the threshold of
            highest F1 on the other folds.
        brier: mean squared error of the probabilities; None for a baseline.
        calibration_error: expected calibration error over ten bins; None for a baseline.
    """

    method: str
    proteins: int
    motifs: int
    candidates: int
    base_rate: float
    auroc: float | None
    average_precision: float
    interval: tuple[float, float]
    precision: Mapping[float, float | None]
    top: Mapping[int, float]
    at_threshold: Mapping[str, float]
    brier: float | None
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Resolved candidates of all proteins by one method, with truths and folds in the same order."""

    proteins: Sequence[RankedProtein]
    truths: Sequence[Truth]
    folds: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> _Ranked:
        kept = np.flatnonzero(chosen).tolist()
        return _Ranked([self.proteins[i] for i in kept], [self.truths[i] for i in kept], self.folds[kept])

    def outcomes(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Scores of all candidates that are hits or errors, and whether they are hits."""
        verdict = [verdicts(protein.spans, truth) for protein, truth in zip(self.proteins, self.truths, strict=True)]
        scores = np.concatenate([p.scores[v != Verdict.UNKNOWN] for p, v in zip(self.proteins, verdict, strict=True)])
        return scores, np.concatenate([v[v != Verdict.UNKNOWN] for v in verdict]) == Verdict.HIT


def _best_threshold(ranked: _Ranked) -> float:
    curve = precision_recall(events(ranked.proteins, ranked.truths))
    if not len(curve.threshold):
        return np.inf
    f1 = 2 * curve.precision * curve.recall / np.maximum(curve.precision + curve.recall, 1e-12)
    return float(curve.threshold[int(f1.argmax())])


def _at_threshold(ranked: _Ranked) -> dict[str, float]:
    """Counts over folds, each at the threshold that is best on the other folds."""
    found = errors = motifs = 0
    decided, actual = [], []
    for fold in np.unique(ranked.folds):
        threshold = _best_threshold(ranked.where(ranked.folds != fold))
        own = ranked.where(ranked.folds == fold)
        happened = events(own.proteins, own.truths)
        above = happened.score >= threshold
        found += int((above & happened.found).sum())
        errors += int((above & ~happened.found).sum())
        motifs += int(happened.found.sum())
        scores, hit = own.outcomes()
        decided.append(scores >= threshold)
        actual.append(hit)
    called, true = np.concatenate(decided), np.concatenate(actual)
    precision, recall = found / max(found + errors, 1), found / max(motifs, 1)
    residues = sum(protein.length for protein in ranked.proteins)
    cells = [int(cell.sum()) for cell in (called & true, called & ~true, ~called & true, ~called & ~true)]
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "mcc": metrics.matthews(cells[0], cells[1], cells[2], cells[3]),
        "accuracy": float((called == true).mean()),
        "errors_per_1000_residues": 1000 * errors / max(residues, 1),
    }


def _figures(method: str, ranked: _Ranked, probabilities: bool) -> Figures:
    happened = events(ranked.proteins, ranked.truths)
    curve = precision_recall(happened)
    scores, hit = ranked.outcomes()

    def drawn(weight: Floats) -> float:
        return average_precision(precision_recall(happened, weight))

    return Figures(
        method=method,
        proteins=len(ranked.proteins),
        motifs=int(happened.found.sum()),
        candidates=len(scores),
        base_rate=float(hit.mean()),
        auroc=metrics.auroc(scores, hit),
        average_precision=average_precision(curve),
        interval=metrics.bootstrap(drawn, len(ranked.proteins)),
        precision={recall: precision_at(curve, recall) for recall in metrics.RECALLS},
        top={k: float(metrics.top_hits(ranked.proteins, ranked.truths, k).mean()) for k in (1, 3, 5)},
        at_threshold=_at_threshold(ranked),
        brier=metrics.brier(scores, hit) if probabilities else None,
        calibration_error=metrics.expected_calibration_error(scores, hit) if probabilities else None,
    )


def evaluate(
    held_out: Sequence[HeldOutProtein], resolve: Resolve, truths: Mapping[str, Truth] | None = None
) -> list[Figures]:
    """Figures of every method, of the combination, then of the baselines, on the cargoes among `held_out`.

    Args:
        held_out: from `training.train_head_set` or `training.cross_fitted`.
        resolve: overlap resolution, the one that scoring uses.
        truths: sequence digest -> truth to evaluate on; the truth that was trained on where it is None. Proteins
            without an entry are left out.
    """
    cargoes = [own for own in held_out if own.protein.cargo and (truths is None or own.protein.digest in truths)]
    known = [own.protein.truth if truths is None else truths[own.protein.digest] for own in cargoes]
    folds = np.array([own.fold for own in cargoes], dtype=np.int64)
    rows = [
        _figures(name, _Ranked([own.ranked(i, resolve) for own in cargoes], known, folds), probabilities=True)
        for i, name in enumerate((*METHODS, COMBINED))
    ]
    for name, score in BASELINES.items():
        left = [ranked_candidates(own.protein, score(own.protein), resolve) for own in cargoes]
        rows.append(_figures(name, _Ranked(left, known, folds), probabilities=False))
    return rows
