"""What each ingredient contributes: the combination without it, and with fewer families to learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..figures import EvaluationFigure
from ..methods.ranking import NAME as COMBINED
from ..methods.scoring import METHODS
from .combinations import COMBINATIONS
from .evaluation import recorded
from .examples import TrainingProtein
from .figures import Inner, Ranked, figures_of
from .folds import FoldMember, families
from .heads import TrainingSettings, fit_heads
from .held_out import scored_protein
from .metrics import RankedProtein
from .scored import Refine, Resolve, ScoredProtein, ranked_candidates
from .stacking import STACK, Combination, fit_combination
from .training import HeldOutProtein
from .truth import Truth

Floats = NDArray[np.float64]

FIGURES = ("average_precision", "precision_at_0.5", "precision_at_0.68", "top_1", "recall_further", "auroc")
"""What is compared."""

SHARES = (0.25, 0.5, 0.75)
"""Of the families that a fold's heads are otherwise fitted to."""


def ablations(
    held_out: Sequence[HeldOutProtein],
    folds: Sequence[int],
    resolve: Resolve,
    truths: Mapping[str, Truth],
    refine: Refine | None = None,
) -> Iterator[EvaluationFigure]:
    """Each way of combining by itself, and the combination refitted without its second stage and each method in turn.

    A method is taken away by putting a constant in the place of its scores. The scores are those of heads that had not
    seen the family, as ever; calibrations and weights are fitted again to the other folds, by the way of combining
    that these chose.
    """
    ways = {own.name: own for own in COMBINATIONS}
    chosen = {own.fold: ways.get(own.choice, STACK) for own in held_out}
    scored = [own.scored for own in held_out]
    for way in COMBINATIONS:
        ranked = _refitted(scored, folds, resolve, dict.fromkeys(chosen, way), refine)
        yield from _figures(scored, folds, ranked, truths, f"always {way.name}")
    alone = {fold: replace(way, elsewhere=None) for fold, way in chosen.items()}
    yield from _figures(scored, folds, _refitted(scored, folds, resolve, alone, refine), truths, "without rivals")
    for column, name in enumerate(METHODS):
        silent = [own.changed(partial(_constant, column=column)) for own in scored]
        ranked = _refitted(silent, folds, resolve, chosen, refine)
        yield from _figures(scored, folds, ranked, truths, f"without {name}")


def _constant(raw: Floats, column: int) -> Floats:
    changed = raw.copy()
    changed[:, column] = 0.0
    return changed


def _refitted(
    scored: Sequence[ScoredProtein],
    folds: Sequence[int],
    resolve: Resolve,
    ways: Mapping[int, Combination],
    refine: Refine | None,
) -> tuple[list[RankedProtein], dict[int, dict[int, RankedProtein]]]:
    """Candidates by a combination that was fitted, fold by fold, to the other folds, and what it says of these."""
    outcome: dict[int, RankedProtein] = {}
    inner: dict[int, dict[int, RankedProtein]] = {}
    for fold, way in ways.items():
        others = {i: own.unseen(fold) for i, own in enumerate(scored) if folds[i] != fold}
        fitted = fit_combination(list(others.values()), resolve, way)
        own = {i: one for i, one in enumerate(scored) if folds[i] == fold}
        found = {
            i: ranked_candidates(one.protein, fitted.probability(one), resolve, refine, fitted.selection(one))
            for i, one in (others | own).items()
            if one.protein.cargo or i in own
        }
        outcome |= {i: found[i] for i in own}
        inner[fold] = {i: found[i] for i in others if i in found}
    return [outcome[i] for i in range(len(scored))], inner


def _figures(
    scored: Sequence[ScoredProtein],
    folds: Sequence[int],
    refitted: tuple[Sequence[RankedProtein], Inner],
    truths: Mapping[str, Truth],
    condition: str,
) -> list[EvaluationFigure]:
    """`FIGURES` of the combination on truth A, kept under `condition`."""
    ranked, seen = refitted
    kept = [i for i, own in enumerate(scored) if own.protein.cargo and own.protein.digest in truths]
    known = [truths[scored[i].protein.digest] for i in kept]
    inner = {fold: {n: own[i] for n, i in enumerate(kept) if i in own} for fold, own in seen.items()}
    measured = figures_of(Ranked([ranked[i] for i in kept], known, np.array([folds[i] for i in kept]), inner), True)
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
    refine: Refine | None = None,
) -> Iterator[EvaluationFigure]:
    """The combination with heads fitted to shares of the families, each share within the next larger one.

    Every fold is scored by heads fitted to the drawn families of the other folds; all of its proteins are counted. The
    stack is fitted to all proteins of the other folds each time, by scores of heads that may have seen the fold: it is
    not nested.
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
                    scored[i] = scored_protein(proteins[i], fitted, methods, refine)
            told(f"{share:.0%} of the families, fold {fold + 1}: fitted to {len(inside)} proteins")
        rows = [scored[i] for i in range(len(proteins))]
        ranked = _refitted(rows, folds, resolve, dict.fromkeys(sorted(set(folds)), STACK), refine)
        yield from _figures(rows, folds, ranked, truths, f"{share:.0%} of the families")
