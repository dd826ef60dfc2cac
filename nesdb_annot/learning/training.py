"""Trains a head set, and scores every protein by heads that have not seen its family.

Nothing is chosen on what is reported. The methods are fitted to all folds but one and score that one, in turn; early
stopping holds out folds among those fitted to. Calibrations, stack and operating points are fitted to the scores thus
given to held-out proteins; where they are evaluated they are fitted, fold by fold, to the other folds' scores
(cross-fitting). The head set itself is fitted to all proteins; its calibrations and operating points to all held-out
scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..methods import ranking, similarity
from ..methods.headset import HeadSet, OperatingPoint
from ..methods.scoring import METHODS, raw_scores
from ..records import Json, LanguageModelIdentity, SegmentationIdentity
from .examples import TrainingProtein
from .heads import FittedHeads, TrainingSettings, fit_heads
from .metrics import RankedProtein
from .operating_points import choose_operating_points
from .stacking import FittedRanking, Resolve, ScoredProtein, fit_ranking, ranked_candidates
from .truth import Verdict

Floats = NDArray[np.float64]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HeldOutProtein:
    """A protein as heads scored it that had not seen its family.

    Attributes:
        protein: with its candidates and truth.
        fold: it was held out with.
        raw: by method, shape (n, methods).
        calibrated: by method and, last, combined, shape (n, methods + 1); cross-fitted.
        points: operating points chosen on the other folds.
    """

    protein: TrainingProtein
    fold: int
    raw: Floats
    calibrated: Floats
    points: tuple[OperatingPoint, ...]

    def ranked(self, column: int, resolve: Resolve) -> RankedProtein:
        """Candidates left if `column` of `calibrated` ranks them."""
        return ranked_candidates(self.protein, self.calibrated[:, column], resolve)


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """A trained head set, and how its methods did on held-out families.

    Attributes:
        head_set: fitted to all proteins.
        held_out: every protein with the scores of heads that had not seen its family; see `evaluation.evaluate`.
        report: fold sizes and loss curves, as stored with the head set.
    """

    head_set: HeadSet
    held_out: tuple[HeldOutProtein, ...]
    report: Mapping[str, Json]


def held_out_scores(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    settings: TrainingSettings,
    seed: int,
    *,
    workers: int = 1,
    told: Told = lambda _: None,
) -> list[ScoredProtein]:
    """Raw scores of every protein by methods fitted to the other folds; in the order of `proteins`."""

    def one_fold(fold: int) -> dict[int, Floats]:
        inside = [i for i, own in enumerate(folds) if own != fold]
        fitted = fit_heads([proteins[i] for i in inside], [folds[i] for i in inside], settings, seed)
        methods = fitted.methods()
        told(f"fold {fold + 1}: fitted to {len(inside)} proteins")
        return {i: raw_scores(methods, proteins[i].context()) for i, own in enumerate(folds) if own == fold}

    with _OneThreadEach(), ThreadPoolExecutor(workers) as pool:
        scores = {i: own for part in pool.map(one_fold, sorted(set(folds))) for i, own in part.items()}
    return [ScoredProtein(protein, scores[i]) for i, protein in enumerate(proteins)]


class _OneThreadEach:
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


def cross_fitted(scored: Sequence[ScoredProtein], folds: Sequence[int], resolve: Resolve) -> list[HeldOutProtein]:
    """Each protein with calibrations, stack and operating points fitted to the other folds' held-out scores."""
    outcome: dict[int, HeldOutProtein] = {}
    for fold in sorted(set(folds)):
        others = [own for own, f in zip(scored, folds, strict=True) if f != fold]
        fitted = fit_ranking(others, resolve)
        points = operating_points(others, fitted, resolve)
        for i, own in enumerate(scored):
            if folds[i] == fold:
                columns = np.column_stack([fitted.calibrated(own.raw), fitted.probability(own)])
                outcome[i] = HeldOutProtein(own.protein, fold, own.raw, columns, points)
    return [outcome[i] for i in range(len(scored))]


def operating_points(
    scored: Sequence[ScoredProtein], fitted: FittedRanking, resolve: Resolve
) -> tuple[OperatingPoint, ...]:
    """Operating points of a ranking on the cargoes among `scored`."""
    cargoes = [own for own in scored if own.protein.cargo]
    left = [ranked_candidates(own.protein, fitted.probability(own), resolve) for own in cargoes]
    return choose_operating_points(left, [own.protein.truth for own in cargoes])


def train_head_set(
    proteins: Sequence[TrainingProtein],
    *,
    folds: Sequence[int],
    language_model: LanguageModelIdentity,
    segmentation: SegmentationIdentity,
    references_digest: str,
    resolve: Resolve,
    seed: int = 17,
    settings: TrainingSettings | None = None,
    workers: int = 1,
    told: Told = lambda _: None,
) -> TrainingOutcome:
    """Train every method, their calibrations and their combination.

    Args:
        proteins: cargoes with their motifs, and motif-free proteins.
        folds: of each protein, from `folds.grouped_folds`.
        language_model: whose embeddings the proteins carry.
        segmentation: that their candidates come from.
        references_digest: of the references that the motifs come from.
        resolve: overlap resolution, the one that scoring uses.
        seed: of every random choice; the same seed gives the same head set on the same machine.
        settings: of the methods.
        workers: folds fitted at a time, one core each.
        told: called with a line after each fold.

    Raises:
        InputError: if no protein has a motif that a candidate hits.
    """
    chosen = settings or TrainingSettings()
    if not any((protein.verdicts == Verdict.HIT).any() for protein in proteins):
        raise InputError("no candidate of any protein hits a motif", remedy="nesannot ingest nesdb FILE")
    scored = held_out_scores(proteins, folds, chosen, seed, workers=workers, told=told)
    fitted = fit_ranking(scored, resolve)
    with _OneThreadEach():
        heads = fit_heads(proteins, folds, chosen, seed)
    report = _report(proteins, folds, heads)
    head_set = HeadSet(
        language_model=language_model,
        segmentation=segmentation,
        references_digest=references_digest,
        seed=seed,
        training_digests=heads.digests,
        prior=fitted.prior,
        arrays=heads.arrays,
        parameters={**heads.parameters, ranking.NAME: fitted.ranking.to_json()},
        calibrations=fitted.calibrations,
        operating_points=operating_points(scored, fitted, resolve),
        report=report,
    )
    return TrainingOutcome(head_set, tuple(cross_fitted(scored, folds, resolve)), report)


def _report(proteins: Sequence[TrainingProtein], folds: Sequence[int], heads: FittedHeads) -> dict[str, Json]:
    curves: dict[str, Json] = {
        name: [[round(loss, 5) for loss in member] for member in members] for name, members in heads.curves.items()
    }
    references = heads.arrays[f"{similarity.NAME}/is_motif"]
    return {
        "cargoes": sum(protein.cargo for protein in proteins),
        "motif_free_proteins": sum(not protein.cargo for protein in proteins),
        "motifs": sum(len(protein.truth.motifs) for protein in proteins),
        "fold_sizes": np.bincount(np.asarray(folds)).tolist(),
        "reference_motifs": int(references.sum()),
        "reference_others": int(len(references) - references.sum()),
        "methods": list(METHODS),
        "loss_curves": curves,
    }
