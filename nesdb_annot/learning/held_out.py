"""Scores proteins by heads that have not seen their family: one fit for each fold, and one for each two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..methods.pooling import pool
from ..methods.protocol import Method, ProteinContext
from ..methods.scoring import METHODS, POOLED, raw_scores
from .examples import TrainingProtein
from .heads import FittedHeads, TrainingSettings, fit_heads
from .scored import Refine, ScoredProtein, StoredRaw

Told = Callable[[str], None]


def held_out_scores(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    settings: TrainingSettings,
    seed: int,
    *,
    refine: Refine | None = None,
    workers: int = 1,
    told: Told = lambda _: None,
) -> list[ScoredProtein]:
    """Return every protein with the raw scores of heads that did not see its fold.

    The proteins keep their order. `ScoredProtein.without` holds the scores of heads that did not see one more fold.
    With two folds `without` is empty, because there is no third fold to fit to. For `refine` see
    `training.train_head_set`.
    """
    numbers = sorted(set(folds))
    others = {fold: [n for n in numbers if n != fold] if len(numbers) > 2 else [] for fold in numbers}
    tasks: list[tuple[int, ...]] = [(fold,) for fold in numbers]
    tasks += sorted({_pair(fold, n) for fold in numbers for n in others[fold]})

    def fit_and_score(out: tuple[int, ...]) -> dict[int, ScoredProtein]:
        inside = [i for i, fold in enumerate(folds) if fold not in out]
        fitted = fit_heads([proteins[i] for i in inside], [folds[i] for i in inside], settings, seed)
        methods = fitted.methods()
        names = " and ".join(str(fold + 1) for fold in out)
        told(f"without fold {names}: fitted to {len(inside)} proteins, {fitted.chosen}")
        held = [i for i, fold in enumerate(folds) if fold in out]
        return {i: scored_protein(proteins[i], fitted, methods, refine) for i in held}

    with OneThreadEach(), ThreadPoolExecutor(workers) as pool:
        scores = dict(zip(tasks, pool.map(fit_and_score, tasks), strict=True))
    scored = []
    for i, fold in enumerate(folds):
        inner = {n: scores[_pair(fold, n)][i] for n in others[fold]}
        stored: dict[int | None, StoredRaw] = {n: own.stored[None] for n, own in inner.items()}
        stored |= scores[fold,][i].stored
        scored.append(replace(scores[fold,][i], without={n: own.raw for n, own in inner.items()}, stored=stored))
    return scored


def scored_protein(
    protein: TrainingProtein, heads: FittedHeads, methods: Sequence[Method], refine: Refine | None = None
) -> ScoredProtein:
    """`protein` with the raw scores of all its candidates by `methods`, those of `heads`."""
    pooled = [methods[METHODS.index(name)] for name in POOLED]

    def stored(probabilities: NDArray[np.float64], kept: Sequence[int]) -> NDArray[np.float64]:
        return stored_scores(protein, pooled, heads.pooling, refine, probabilities, kept)

    return ScoredProtein(protein, raw_scores(methods, protein.context(heads.pooling)), stored={None: stored})


def stored_scores(
    protein: TrainingProtein,
    methods: Sequence[Method],
    pooling: str,
    refine: Refine | None,
    probabilities: NDArray[np.float64],
    kept: Sequence[int],
) -> NDArray[np.float64]:
    """Raw scores of kept candidates by methods that read their vectors as stored, shape (kept, methods).

    Args:
        protein: with its embedding and all its candidates.
        methods: that read vectors of `pooling`.
        pooling: one of `methods.pooling.POOLINGS`.
        refine: gives the spans that are stored; those of the segmentation by default.
        probabilities: of all candidates, shape (n,).
        kept: indices of those that are kept.
    """
    given = (protein.residues, protein.spans, probabilities.tolist(), kept)
    spans = refine(*given) if refine else [protein.spans[i] for i in kept]
    vectors = pool(protein.embedding, spans, pooling).astype(np.float16).astype(np.float32)
    context = ProteinContext(protein.digest, protein.residues, protein.embedding, spans, vectors, pooling=pooling)
    return raw_scores(methods, context)


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
