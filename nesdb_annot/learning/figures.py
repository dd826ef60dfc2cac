"""All figures of merit of one ranking of held-out proteins, with their bootstrap intervals over proteins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .metrics import Events, RankedProtein, average_precision, events, precision_at, precision_recall
from .truth import Truth, Verdict, hits, verdicts

Floats = NDArray[np.float64]
Measured: TypeAlias = tuple[float | None, tuple[float, float] | None]
"""A figure (None where it is not defined or not reached) and its 95 % interval (None where it has none)."""

TOP = (1, 3, 5)
"""Numbers of best candidates of a protein among which a hit is looked for."""

BINS = 10
"""Bins of equal width of the reliability table."""


@dataclass(frozen=True)
class Ranked:
    """Resolved candidates of proteins by one method.

    Attributes:
        proteins: with scores, n of them.
        truths: what is known of each.
        folds: that each was held out with, shape (n,).
    """

    proteins: Sequence[RankedProtein]
    truths: Sequence[Truth]
    folds: NDArray[np.int64]

    @cached_property
    def happened(self) -> Events:
        """Motifs found and errors made while a threshold falls."""
        return events(self.proteins, self.truths)

    @cached_property
    def candidates(self) -> Events:
        """Candidates that are hits or errors; `found` says which."""
        score, hit, owner = [], [], []
        for index, (protein, truth) in enumerate(zip(self.proteins, self.truths, strict=True)):
            verdict = verdicts(protein.spans, truth)
            known = verdict != Verdict.UNKNOWN
            score.append(protein.scores[known])
            hit.append(verdict[known] == Verdict.HIT)
            owner.append(np.full(int(known.sum()), index, dtype=np.int64))
        return Events(np.concatenate(score), np.concatenate(hit), np.concatenate(owner))

    @cached_property
    def thresholds(self) -> Floats:
        """For each protein the score of highest F1 on the proteins of the other folds, shape (n,)."""
        chosen = np.full(len(self.proteins), np.inf)
        for fold in np.unique(self.folds):
            curve = precision_recall(self.happened, (self.folds != fold).astype(np.float64))
            best = metrics.highest_f1(curve)
            if best is not None:
                chosen[self.folds == fold] = curve.threshold[best]
        return chosen

    def above(self, rows: Events) -> NDArray[np.bool_]:
        """Which of `rows` reach the threshold of their protein."""
        outcome: NDArray[np.bool_] = rows.score >= self.thresholds[rows.protein]
        return outcome


def figures_of(ranked: Ranked, probabilities: bool) -> dict[str, Measured]:
    """Every figure by name; those of calibration only if the scores are `probabilities`."""
    plain = {**_counts(ranked), **_at_threshold(ranked), **_by_order(ranked)}
    figures: dict[str, Measured] = {name: (value, None) for name, value in plain.items()}
    figures.update(_with_intervals(ranked, probabilities))
    if probabilities:
        table = metrics.reliability(ranked.candidates.score, ranked.candidates.found, bins=BINS)
        for place in range(BINS):
            for name, values in (("count", table.count), ("stated", table.stated), ("observed", table.observed)):
                value = float(values[place])
                figures[f"reliability_{name}_{place + 1}"] = (value if np.isfinite(value) else None, None)
    return figures


def _counts(ranked: Ranked) -> dict[str, float | None]:
    return {
        "proteins": len(ranked.proteins),
        "motifs": int(ranked.happened.found.sum()),
        "candidates": len(ranked.candidates.score),
        "base_rate": float(ranked.candidates.found.mean()) if len(ranked.candidates.score) else None,
    }


def _with_intervals(ranked: Ranked, probabilities: bool) -> dict[str, Measured]:
    """Figures that are drawn again for each bootstrap sample of proteins."""
    rows, owners, top = ranked.candidates, _with_motif(ranked.truths), _top_table(ranked)

    def drawn(weight: Floats) -> list[float]:
        curve, share = precision_recall(ranked.happened, weight), weight[rows.protein]
        values = [average_precision(curve), *(precision_at(curve, recall) for recall in metrics.RECALLS)]
        values += [metrics.auroc(rows.score, rows.found, share), metrics.auprc(rows.score, rows.found, share)]
        values += (weight[owners] @ top / max(weight[owners].sum(), 1e-12)).tolist()
        if probabilities:
            values += [metrics.reliability(rows.score, rows.found, share, BINS).error]
            values += [metrics.brier(rows.score, rows.found, share)]
        return [np.nan if value is None else value for value in values]

    names = ["average_precision", *(f"precision_at_{recall:g}" for recall in metrics.RECALLS), "auroc", "auprc"]
    names += [f"top_{k}" for k in TOP] + (["calibration_error", "brier"] if probabilities else [])
    values = drawn(np.ones(len(ranked.proteins)))
    ends = metrics.bootstrap(drawn, len(ranked.proteins))
    return {
        name: (None, None) if np.isnan(value) else (value, (float(low), float(high)))
        for name, value, (low, high) in zip(names, values, ends, strict=True)
    }


def _with_motif(truths: Sequence[Truth]) -> NDArray[np.int64]:
    return np.array([i for i, truth in enumerate(truths) if truth.motifs], dtype=np.int64)


def _top_table(ranked: Ranked) -> Floats:
    """Whether the k best candidates of each protein with a motif hit one, shape (proteins with a motif, k)."""
    return np.column_stack([metrics.top_hits(ranked.proteins, ranked.truths, k) for k in TOP])


def _at_threshold(ranked: Ranked) -> dict[str, float | None]:
    """Figures at the threshold of highest F1 on the other folds."""
    above, called = ranked.above(ranked.happened), ranked.above(ranked.candidates)
    found, true = ranked.happened.found, ranked.candidates.found
    right, wrong = int((above & found).sum()), int((above & ~found).sum())
    precision, recall = right / max(right + wrong, 1), right / max(int(found.sum()), 1)
    cells = [int(cell.sum()) for cell in (called & true, called & ~true, ~called & true, ~called & ~true)]
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "mcc": metrics.matthews(cells[0], cells[1], cells[2], cells[3]),
        "accuracy": (cells[0] + cells[3]) / max(sum(cells), 1),
        "errors_per_1000_residues": 1000 * wrong / max(sum(protein.length for protein in ranked.proteins), 1),
        "iou": _mean_iou(ranked),
    }


def _mean_iou(ranked: Ranked) -> float | None:
    """Intersection over union of each motif found at the threshold with the best ranked candidate that hits it."""
    found = []
    for protein, truth, threshold in zip(ranked.proteins, ranked.truths, ranked.thresholds, strict=True):
        on_motif = hits(protein.spans, truth.motifs)
        for place, motif in enumerate(truth.motifs):
            own = np.flatnonzero(on_motif[:, place] & (protein.scores >= threshold))
            if len(own):
                found.append(protein.spans[own[protein.scores[own].argmax()]].iou(motif))
    return float(np.mean(found)) if found else None


def _by_order(ranked: Ranked) -> Mapping[str, float | None]:
    """Share found at the threshold of the motifs of proteins that have one, and of first and further ones in others.

    The first motif of a protein with several is the one that scores best, whatever its place in the chain.
    """
    rows = ranked.happened
    above = ranked.above(rows)
    kinds: dict[str, list[bool]] = {"sole": [], "first": [], "further": []}
    for index in np.unique(rows.protein[rows.found]):
        own = np.flatnonzero((rows.protein == index) & rows.found)
        own = own[np.argsort(-rows.score[own], kind="stable")]
        for place, row in enumerate(own):
            kind = "sole" if len(own) == 1 else "first" if place == 0 else "further"
            kinds[kind].append(bool(above[row]))
    shares = {f"recall_{kind}": float(np.mean(found)) if found else None for kind, found in kinds.items()}
    return {**shares, **{f"motifs_{kind}": len(found) for kind, found in kinds.items()}}
