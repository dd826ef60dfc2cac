"""Scores proteins by heads that have not seen their family: one fit for each fold, and one for each two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..methods.scoring import raw_scores
from .examples import TrainingProtein
from .heads import TrainingSettings, fit_heads
from .stacking import ScoredProtein

Told = Callable[[str], None]

NOTHING_CUT: Mapping[int, Sequence[TrainingProtein]] = {}
"""No segmentation was chosen: every fold sees the same candidates."""


def held_out_scores(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    settings: TrainingSettings,
    seed: int,
    *,
    cut: Mapping[int, Sequence[TrainingProtein]] = NOTHING_CUT,
    workers: int = 1,
    told: Told = lambda _: None,
) -> list[ScoredProtein]:
    """Raw scores of every protein by methods fitted to the other folds, and to all but one more of them.

    In the order of `proteins`; see `stacking.ScoredProtein.without`. With two folds there is no third to fit to, and
    `without` stays empty. For `cut` see `training.train_head_set`.
    """
    numbers = sorted(set(folds))
    as_seen = {fold: cut.get(fold, proteins) for fold in numbers}
    # Folds for which all is cut alike share the heads without both.
    kind = {fold: next(n for n in numbers if as_seen[n] is as_seen[fold]) for fold in numbers}
    others = {fold: [n for n in numbers if n != fold] if len(numbers) > 2 else [] for fold in numbers}
    wanted: list[tuple[int, tuple[int, ...]]] = [(kind[fold], (fold,)) for fold in numbers]
    wanted += sorted({(kind[fold], _pair(fold, n)) for fold in numbers for n in others[fold]})

    def fit_and_score(task: tuple[int, tuple[int, ...]]) -> dict[int, ScoredProtein]:
        seen, out = as_seen[task[0]], task[1]
        inside = [i for i, own in enumerate(folds) if own not in out]
        fitted = fit_heads([seen[i] for i in inside], [folds[i] for i in inside], settings, seed)
        methods = fitted.methods()
        left_out = " and ".join(str(fold + 1) for fold in out)
        told(f"without fold {left_out}: fitted to {len(inside)} proteins, {fitted.chosen}")
        held = [i for i, own in enumerate(folds) if own in out]
        return {i: ScoredProtein(seen[i], raw_scores(methods, seen[i].context(fitted.pooling))) for i in held}

    with OneThreadEach(), ThreadPoolExecutor(workers) as pool:
        scores = dict(zip(wanted, pool.map(fit_and_score, wanted), strict=True))
    return [
        replace(scores[kind[own], (own,)][i], without={n: scores[kind[n], _pair(own, n)][i] for n in others[own]})
        for i, own in enumerate(folds)
    ]


def _pair(one: int, other: int) -> tuple[int, ...]:
    return min(one, other), max(one, other)


class OneThreadEach:
    """While it lasts, an operation uses one thread: several fits run side by side, and outcomes repeat."""

    def __enter__(self) -> None:
        import torch
        from threadpoolctl import threadpool_limits

        self.limits = threadpool_limits(1)
        self.before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        import torch

        torch.set_num_threads(self.before)
        self.limits.restore_original_limits()
