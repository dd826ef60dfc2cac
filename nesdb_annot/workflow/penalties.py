"""The penalty of `bounded` where heads are trained: for each fold one that was chosen without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..residues import ResidueSpan

if TYPE_CHECKING:
    from ..learning.examples import TrainingProtein
    from ..segmentation.bounded import Bounded, Cost
    from ..segmentation.evaluation import ProteinSegments


@dataclass(frozen=True, slots=True)
class Cut:
    """Training proteins with the segments of `bounded` under the penalties that fit known ranges best.

    Attributes:
        segmenter: with the penalty that all known ranges chose: heads that are kept read its segments.
        proteins: with these segments.
        by_fold: fold -> the proteins with segments under the penalty that the other folds chose, where it is another.
        told: which penalties these are, for people.
    """

    segmenter: Bounded
    proteins: list[TrainingProtein]
    by_fold: Mapping[int, Sequence[TrainingProtein]]
    told: str


def cut_by_known_ranges(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    known: Mapping[str, Sequence[ResidueSpan]],
    cost: Cost = "squared",
) -> Cut:
    """Choose the penalty on all of `known`, and for each fold on the known ranges of the others.

    The head set keeps the first with the identity of its segmentation, and scoring takes it from there. What is
    measured on a fold rests on the candidates of its own alone. A fold without which nothing is known has the default.

    Args:
        proteins: with embeddings; their candidates are replaced.
        folds: of each protein.
        known: digest -> functional ranges of some of the proteins.
        cost: that the segments are optimal in; it is not chosen.
    """
    from ..segmentation.penalty import KnownProtein, cut_with_penalties

    places = [i for i, protein in enumerate(proteins) if known.get(protein.digest)]
    taught = [proteins[i] for i in places]
    tried = cut_with_penalties([KnownProtein(p.residues, p.embedding, known[p.digest]) for p in taught], cost)
    segmenter = _best(tried, range(len(places)), cost)
    others = {fold: [n for n, i in enumerate(places) if folds[i] != fold] for fold in sorted(set(folds))}
    own = {fold: _best(tried, chosen, cost) for fold, chosen in others.items()}
    cuts = {each: _cut(proteins, each) for each in {segmenter, *own.values()}}
    by_fold = {fold: cuts[each] for fold, each in own.items() if each != segmenter}
    of_folds = ", ".join(f"{each.penalty:g}" for each in own.values())
    return Cut(segmenter, cuts[segmenter], by_fold, f"penalty {segmenter.penalty:g}, without each fold {of_folds}")


def _best(tried: dict[float, list[ProteinSegments]], chosen: Sequence[int], cost: Cost) -> Bounded:
    from ..segmentation.bounded import Bounded
    from ..segmentation.penalty import best_penalty

    return Bounded(penalty=best_penalty(tried, chosen), cost=cost) if chosen else Bounded(cost=cost)


def _cut(proteins: Sequence[TrainingProtein], segmenter: Bounded) -> list[TrainingProtein]:
    return [replace(protein, spans=segmenter.spans(protein.residues, protein.embedding)) for protein in proteins]
