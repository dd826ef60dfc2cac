"""What each ingredient contributes: the combination without it, and with fewer families to learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..methods.ranking import NAME as COMBINED
from ..methods.scoring import METHODS, raw_scores
from ..records import EvaluationFigure
from .evaluation import PROBABILITIES, recorded
from .examples import TrainingProtein
from .figures import Ranked, figures_of
from .folds import FoldMember, families
from .heads import TrainingSettings, fit_heads
from .stacking import Resolve, ScoredProtein
from .training import HeldOutProtein, cross_fitted
from .truth import Truth

FIGURES = ("average_precision", "precision_at_0.5", "precision_at_0.68", "top_1", "recall_further", "auroc")
"""What is compared."""

SHARES = (0.25, 0.5, 0.75)
"""Of the families that a fold's heads are otherwise fitted to."""


def ablations(
    held_out: Sequence[HeldOutProtein], folds: Sequence[int], resolve: Resolve, truths: Mapping[str, Truth]
) -> Iterator[EvaluationFigure]:
    """The combination refitted without each method in turn: its scores are replaced by a constant.

    The methods' own scores are those of heads that had not seen the family, as ever; calibrations and weights are
    fitted again to the other folds.
    """
    scored = [ScoredProtein(own.protein, own.raw) for own in held_out]
    for column, name in enumerate(METHODS):
        silent = [ScoredProtein(own.protein, _constant(own.raw, column)) for own in scored]
        yield from combined_figures(cross_fitted(silent, folds, resolve), resolve, truths, f"without {name}")


def _constant(raw: NDArray[np.float64], column: int) -> NDArray[np.float64]:
    changed = raw.copy()
    changed[:, column] = 0.0
    return changed


def combined_figures(
    held_out: Sequence[HeldOutProtein], resolve: Resolve, truths: Mapping[str, Truth], condition: str
) -> list[EvaluationFigure]:
    """`FIGURES` of the combination on truth A, kept under `condition`."""
    cargoes = [own for own in held_out if own.protein.digest in truths and own.protein.cargo]
    ranked = Ranked(
        [own.ranked(PROBABILITIES.index(COMBINED), resolve) for own in cargoes],
        [truths[own.protein.digest] for own in cargoes],
        np.array([own.fold for own in cargoes], dtype=np.int64),
    )
    measured = figures_of(ranked, probabilities=True)
    return recorded({name: measured[name] for name in FIGURES}, "A", COMBINED, condition)


def learning_curve(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    resolve: Resolve,
    truths: Mapping[str, Truth],
    settings: TrainingSettings,
    *,
    seed: int,
    told: Callable[[str], None],
) -> Iterator[EvaluationFigure]:
    """The combination with heads fitted to shares of the families, each share within the next larger one.

    Every fold is scored by heads fitted to the drawn families of the other folds; all of its proteins are counted.
    """
    family = families([FoldMember(p.digest, p.residues) for p in proteins])
    drawn = np.random.default_rng(seed).permutation(int(family.max()) + 1)
    for share in SHARES:
        taught = np.isin(family, drawn[: round(share * len(drawn))])
        scored: dict[int, ScoredProtein] = {}
        for fold in sorted(set(folds)):
            inside = [i for i, own in enumerate(folds) if own != fold and taught[i]]
            fitted = fit_heads([proteins[i] for i in inside], [folds[i] for i in inside], settings, seed)
            methods = fitted.methods()
            for i, own in enumerate(folds):
                if own == fold:
                    scored[i] = ScoredProtein(proteins[i], raw_scores(methods, proteins[i].context()))
            told(f"{share:.0%} of the families, fold {fold + 1}: fitted to {len(inside)} proteins")
        held_out = cross_fitted([scored[i] for i in range(len(proteins))], folds, resolve)
        yield from combined_figures(held_out, resolve, truths, f"{share:.0%} of the families")
