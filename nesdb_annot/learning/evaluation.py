"""How methods and baselines do on families that they have not seen, on the same candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..figures import EvaluatedCandidate, EvaluationFigure
from ..methods.ranking import NAME as COMBINED
from ..methods.scoring import METHODS
from . import metrics
from .baselines import BASELINES, COUNTING
from .examples import TrainingProtein
from .figures import Inner, Measured, Ranked, figures_of
from .metrics import RankedProtein, precision_at, precision_recall
from .scored import Refine, Resolve, ranked_candidates
from .training import HeldOutProtein
from .truth import Truth, Verdict, verdicts

Floats = NDArray[np.float64]

HONEST = "honest"
IN_PROTEOME = "combined_in_proteome"
"""The combination as if it were not known that the proteins are cargoes."""

PROBABILITIES = (*METHODS, COMBINED)
"""Methods whose scores are probabilities, the combination last; baselines have scores of any scale."""


@dataclass(frozen=True)
class Rankings:
    """The candidates of cargoes as each method and each baseline ranks and resolves them.

    Attributes:
        held_out: the cargoes.
        by_method: method or baseline -> resolved candidates of each, in the same order.
        inner: method -> fold -> number of a cargo -> its candidates as that fold may see them; none of baselines.
    """

    held_out: Sequence[HeldOutProtein]
    by_method: Mapping[str, Sequence[RankedProtein]]
    inner: Mapping[str, Inner] = field(default_factory=dict)

    def on(self, truths: Mapping[str, Truth], method: str) -> Ranked:
        """Candidates of one method against `truths` by digest; proteins that these say nothing of are left out."""
        kept = [i for i, own in enumerate(self.held_out) if own.protein.digest in truths]
        inner = {
            fold: {place: seen[i] for place, i in enumerate(kept) if i in seen}
            for fold, seen in self.inner.get(method, {}).items()
        }
        return Ranked(
            [self.by_method[method][i] for i in kept],
            [truths[self.held_out[i].protein.digest] for i in kept],
            np.array([self.held_out[i].fold for i in kept], dtype=np.int64),
            inner,
        )


def rankings(held_out: Sequence[HeldOutProtein], resolve: Resolve, refine: Refine | None = None) -> Rankings:
    """Rank the cargoes among `held_out` by every method, by the combination, and by every baseline.

    Args:
        held_out: from `training.train_head_set` or `training.cross_fitted`.
        resolve: overlap resolution, the one that scoring uses.
        refine: where the candidates of the methods and of the combination begin and end, as scoring stores them; those
            of baselines, whose scores are no probabilities, stay as they are.
    """
    cargoes = [own for own in held_out if own.protein.cargo]
    proteins, folds = [own.protein for own in cargoes], [own.fold for own in cargoes]
    by_method, inner = dict[str, Sequence[RankedProtein]](), dict[str, Inner]()
    for i, name in enumerate((*PROBABILITIES, IN_PROTEOME)):
        by_method[name] = [_ranked(own.protein, own.columns, i, resolve, refine) for own in cargoes]
        inner[name] = _inner(cargoes, i, resolve, refine)
    for name, baseline in BASELINES.items():
        scores = baseline(proteins, folds)
        by_method[name] = [ranked_candidates(p, s, resolve) for p, s in zip(proteins, scores, strict=True)]
    return Rankings(cargoes, by_method, inner)


def _inner(cargoes: Sequence[HeldOutProtein], column: int, resolve: Resolve, refine: Refine | None) -> Inner:
    """Cargoes of the other folds as each fold may see them, ranked by one column."""
    found: dict[int, dict[int, RankedProtein]] = {}
    for i, own in enumerate(cargoes):
        for fold, columns in own.seen.items():
            found.setdefault(fold, {})[i] = _ranked(own.protein, columns, column, resolve, refine)
    return found


def _ranked(
    protein: TrainingProtein, columns: Floats, column: int, resolve: Resolve, refine: Refine | None
) -> RankedProtein:
    """Candidates ranked by one column: the combination's as the selector keeps them, a method's as it would alone."""
    selection = columns[:, -1] if column >= len(METHODS) else None
    return ranked_candidates(protein, columns[:, column], resolve, refine, selection)


def evaluate(ranked: Rankings, truths: Mapping[str, Truth], population: str) -> list[EvaluationFigure]:
    """Figures of every method, of the combination, then of the baselines, then of the two side by side.

    Args:
        ranked: from `rankings`.
        truths: digest -> what is known of the protein.
        population: name under which the figures are kept.
    """
    rows = []
    for method in ranked.by_method:
        measured = figures_of(ranked.on(truths, method), probabilities=method in PROBABILITIES)
        rows += recorded(measured, population, method)
    for method in BASELINES:
        rows += recorded(_beside(ranked, truths, method), population, method)
    return rows


def recorded(
    measured: Mapping[str, Measured], population: str, method: str, condition: str = ""
) -> list[EvaluationFigure]:
    """Figures of one method as they are stored."""
    return [
        EvaluationFigure(HONEST, population, method, name, value, interval, condition)
        for name, (value, interval) in measured.items()
    ]


def _beside(ranked: Rankings, truths: Mapping[str, Truth], baseline: str) -> dict[str, Measured]:
    """Recall that a baseline reaches, its precision there, and the combination's at the same recall.

    A baseline that matches or does not reaches what it matches; one with a graded score is taken at its highest F1.
    """
    curve = precision_recall(ranked.on(truths, baseline).happened)
    matching = np.flatnonzero(curve.threshold > 0)
    place = (int(matching[-1]) if len(matching) else None) if baseline in COUNTING else metrics.highest_f1(curve)
    if place is None:
        return {}
    recall = float(curve.recall[place])
    combined = precision_recall(ranked.on(truths, COMBINED).happened)
    return {
        "recall_reached": (recall, None),
        "precision_reached": (float(curve.precision[place]), None),
        "precision_of_combined_there": (precision_at(combined, recall), None),
    }


def candidates(
    ranked: Rankings, truths: Mapping[str, Truth], truths_b: Mapping[str, Truth]
) -> Iterator[EvaluatedCandidate]:
    """Every candidate of every method with its score and its verdicts on truths A and B, as they are stored."""
    for method, proteins in ranked.by_method.items():
        for own, protein in zip(ranked.held_out, proteins, strict=True):
            digest = protein.digest
            on_a = _named(protein, truths.get(digest, Truth()))
            on_b = _named(protein, truths_b[digest]) if digest in truths_b else [None] * len(on_a)
            for span, score, a, b in zip(protein.spans, protein.scores.tolist(), on_a, on_b, strict=True):
                yield EvaluatedCandidate(HONEST, method, digest, span, str(own.fold + 1), score, a or "", b)


def _named(protein: RankedProtein, truth: Truth) -> Sequence[str | None]:
    return [Verdict(verdict).name.lower() for verdict in verdicts(protein.spans, truth)]
