"""Scores proteins by heads that have not seen their family: one fit for each fold, and one for each two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..methods.scoring import raw_scores
from .examples import TrainingProtein
from .heads import TrainingSettings, fit_heads
from .stacking import ScoredProtein

Told = Callable[[str], None]


def held_out_scores(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    settings: TrainingSettings,
    seed: int,
    *,
    workers: int = 1,
    told: Told = lambda _: None,
) -> list[ScoredProtein]:
    """Return every protein with the raw scores of heads that did not see its fold.

    The proteins keep their order. `ScoredProtein.without` holds the scores of heads that did not see one more fold.
    With two folds `without` is empty, because there is no third fold to fit to.
    """
    numbers = sorted(set(folds))
    others = {fold: [n for n in numbers if n != fold] if len(numbers) > 2 else [] for fold in numbers}
    tasks: list[tuple[int, ...]] = [(fold,) for fold in numbers]
    tasks += sorted({_pair(fold, n) for fold in numbers for n in others[fold]})

    def fit_and_score(out: tuple[int, ...]) -> dict[int, NDArray[np.float64]]:
        inside = [i for i, fold in enumerate(folds) if fold not in out]
        fitted = fit_heads([proteins[i] for i in inside], [folds[i] for i in inside], settings, seed)
        methods = fitted.methods()
        names = " and ".join(str(fold + 1) for fold in out)
        told(f"without fold {names}: fitted to {len(inside)} proteins, {fitted.chosen}")
        held = [i for i, fold in enumerate(folds) if fold in out]
        return {i: raw_scores(methods, proteins[i].context(fitted.pooling)) for i in held}

    with OneThreadEach(), ThreadPoolExecutor(workers) as pool:
        scores = dict(zip(tasks, pool.map(fit_and_score, tasks), strict=True))
    return [
        ScoredProtein(proteins[i], scores[fold,][i], {n: scores[_pair(fold, n)][i] for n in others[fold]})
        for i, fold in enumerate(folds)
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
