"""All figures of merit of one ranking of held-out proteins, with their bootstrap intervals over proteins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

Inner: TypeAlias = Mapping[int, Mapping[int, RankedProtein]]
"""Fold -> number of a protein -> its resolved candidates, as that fold may see them."""

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
        inner: fold -> number -> proteins of the other folds as they are ranked by what has not seen that fold either.
    """

    proteins: Sequence[RankedProtein]
    truths: Sequence[Truth]
    folds: NDArray[np.int64]
    inner: Inner = field(default_factory=dict)

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
        """For each protein the score of highest F1 on the proteins of the other folds, shape (n,).

        Those of `inner`, where they are there; baselines, which have none, take the scores that are measured.
        """
        chosen = np.full(len(self.proteins), np.inf)
        for fold in np.unique(self.folds).tolist():
            curve = self._curve_without(fold)
            best = metrics.highest_f1(curve)
            if best is not None:
                chosen[self.folds == fold] = curve.threshold[best]
        return chosen

    def _curve_without(self, fold: int) -> metrics.Curve:
        if fold not in self.inner:
            return precision_recall(self.happened, (self.folds != fold).astype(np.float64))
        own = self.inner[fold]
        return precision_recall(events(list(own.values()), [self.truths[i] for i in own]))

    def above(self, rows: Events) -> NDArray[np.bool_]:
        """Which of `rows` reach the threshold of their protein."""
        outcome: NDArray[np.bool_] = rows.score >= self.thresholds[rows.protein]
        return outcome


def figures_of(ranked: Ranked, probabilities: bool) -> dict[str, Measured]:
    """Every figure by name; those of calibration only if the scores are `probabilities`."""
    tallies = _tallies(ranked)
    figures: dict[str, Measured] = {name: (value, None) for name, value in _counts(ranked, tallies).items()}
    figures.update(_with_intervals(ranked, tallies, probabilities))
    if probabilities:
        table = metrics.reliability(ranked.candidates.score, ranked.candidates.found, bins=BINS)
        for place in range(BINS):
            for name, values in (("count", table.count), ("stated", table.stated), ("observed", table.observed)):
                value = float(values[place])
                figures[f"reliability_{name}_{place + 1}"] = (value if np.isfinite(value) else None, None)
    return figures


def _counts(ranked: Ranked, tallies: Mapping[str, Floats]) -> dict[str, float | None]:
    return {
        **{f"motifs_{kind}": int(tallies[kind].sum()) for kind in ORDER},
        "proteins": len(ranked.proteins),
        "motifs": int(ranked.happened.found.sum()),
        "candidates": len(ranked.candidates.score),
        "base_rate": float(ranked.candidates.found.mean()) if len(ranked.candidates.score) else None,
    }


def _with_intervals(ranked: Ranked, tallies: Mapping[str, Floats], probabilities: bool) -> dict[str, Measured]:
    """Figures that are drawn again for each bootstrap sample of proteins; thresholds stay what they are."""
    rows, owners, top = ranked.candidates, _with_motif(ranked.truths), _top_table(ranked)
    counted = np.array(list(tallies.values()))

    def drawn(weight: Floats) -> list[float]:
        curve, share = precision_recall(ranked.happened, weight), weight[rows.protein]
        values = [average_precision(curve), *(precision_at(curve, recall) for recall in metrics.RECALLS)]
        values += [metrics.auroc(rows.score, rows.found, share), metrics.auprc(rows.score, rows.found, share)]
        values += (weight[owners] @ top / max(weight[owners].sum(), 1e-12)).tolist()
        if probabilities:
            values += [metrics.reliability(rows.score, rows.found, share, BINS).error]
            values += [metrics.brier(rows.score, rows.found, share)]
        values += _at_threshold(dict(zip(tallies, (counted @ weight).tolist(), strict=True))).values()
        return [np.nan if value is None else value for value in values]

    names = ["average_precision", *(f"precision_at_{recall:g}" for recall in metrics.RECALLS), "auroc", "auprc"]
    names += [f"top_{k}" for k in TOP] + (["calibration_error", "brier"] if probabilities else [])
    names += _at_threshold(dict.fromkeys(tallies, 1.0))
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


def _tallies(ranked: Ranked) -> dict[str, Floats]:
    """What happens in each protein at the threshold of highest F1 on the other folds, shape (proteins,) each."""
    happened, candidates = ranked.happened, ranked.candidates
    above, called = ranked.above(happened), ranked.above(candidates)

    def per_protein(rows: Events, chosen: NDArray[np.bool_]) -> Floats:
        return np.bincount(rows.protein[chosen], minlength=len(ranked.proteins)).astype(np.float64)

    true = candidates.found
    matches = [_matches(*own) for own in zip(ranked.proteins, ranked.truths, ranked.thresholds, strict=True)]
    return {
        "motif": per_protein(happened, happened.found),
        "right": per_protein(happened, above & happened.found),
        "wrong": per_protein(happened, above & ~happened.found),
        "true_positive": per_protein(candidates, called & true),
        "false_positive": per_protein(candidates, called & ~true),
        "false_negative": per_protein(candidates, ~called & true),
        "true_negative": per_protein(candidates, ~called & ~true),
        "residue": np.array([protein.length for protein in ranked.proteins], dtype=np.float64),
        "matched": np.array([len(own) for own in matches], dtype=np.float64),
        "iou": np.array([sum(own) for own in matches], dtype=np.float64),
        **_by_order(happened, above, len(ranked.proteins)),
    }


def _at_threshold(total: Mapping[str, float]) -> dict[str, float | None]:
    """Figures from the sums of `_tallies` over proteins; None where there is nothing to divide by."""
    right, wrong = total["right"], total["wrong"]
    precision, recall = right / max(right + wrong, 1), right / max(total["motif"], 1)
    cells = [total[name] for name in ("true_positive", "false_positive", "false_negative", "true_negative")]
    shares = {f"recall_{kind}": total[f"{kind}_found"] / total[kind] if total[kind] else None for kind in ORDER}
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "mcc": metrics.matthews(cells[0], cells[1], cells[2], cells[3]),
        "accuracy": (cells[0] + cells[3]) / max(sum(cells), 1),
        "errors_per_1000_residues": 1000 * wrong / max(total["residue"], 1),
        "iou": total["iou"] / total["matched"] if total["matched"] else None,
        **shares,
    }


def _matches(protein: RankedProtein, truth: Truth, threshold: float) -> list[float]:
    """Intersection over union of each motif found at the threshold with the best ranked candidate that hits it."""
    found, on_motif = [], hits(protein.spans, truth.motifs)
    for place, motif in enumerate(truth.motifs):
        own = np.flatnonzero(on_motif[:, place] & (protein.scores >= threshold))
        if len(own):
            found.append(protein.spans[own[protein.scores[own].argmax()]].iou(motif))
    return found


ORDER = ("sole", "first", "further", "leading", "following")
"""Motifs that are the only one of their protein; of several the one that scores best, and the others, of which less is
found by their definition alone; and of several the first in the chain, and the others, which no score tells apart."""


def _by_order(rows: Events, above: NDArray[np.bool_], proteins: int) -> dict[str, Floats]:
    """Motifs of each kind of `ORDER`, and those found; those of a protein are listed along the chain in `rows`."""
    tally = {name: np.zeros(proteins) for kind in ORDER for name in (kind, f"{kind}_found")}
    for index in np.unique(rows.protein[rows.found]):
        own = np.flatnonzero((rows.protein == index) & rows.found)
        best = own[np.argmax(rows.score[own])]
        for row in own:
            kinds = ("first" if row == best else "further", "leading" if row == own[0] else "following")
            for kind in kinds if len(own) > 1 else ("sole",):
                tally[kind][index] += 1
                tally[f"{kind}_found"][index] += above[row]
    return tally
