"""Trains a head set, and scores every protein by heads that have not seen its family.

Nothing is fitted to or chosen on what is reported: folds are nested. For each fold in turn, the outer one,

- the methods are fitted to the other folds and score it;
- for each of these other folds, the methods are also fitted to all but both, and score that one: calibrations, stack,
  its settings and the operating points of the outer fold come from these scores alone;
- what a method itself chooses (epochs, pooling, neighbours) it chooses on folds among those that it is fitted to.

So no label of a fold touches any number that is given to it. Heads without two folds serve either of them, which makes
15 fits for six folds, besides 6 without one fold and the one to everything that is kept: its calibrations, stack and
operating points come from the scores of the heads without one fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..methods import cargo, ranking, selector, similarity
from ..methods.headset import HeadSet, OperatingPoint
from ..methods.relatives import sketch_arrays
from ..methods.scoring import METHODS, SELECTING
from ..records import Json, LanguageModelIdentity, SegmentationIdentity
from .combinations import every_ranking, fit_ranking
from .examples import TrainingProtein, taught_negatives
from .heads import FittedHeads, TrainingSettings, fit_heads, stored_curves
from .held_out import OneThreadEach, Told, held_out_scores, scored_protein
from .metrics import RankedProtein
from .observed import observed_shares
from .operating_points import choose_operating_points, held_out_performance, population_weights
from .scored import FittedRanking, Refine, Resolve, ScoredProtein, StoredRaw, ranked_candidates
from .truth import Verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOutProtein:
    """A protein as heads scored it that had not seen its family.

    Attributes:
        protein: with its candidates and truth.
        fold: it was held out with.
        raw: by method, shape (n, methods).
        calibrated: by method and, last, combined, shape (n, methods + 1); cross-fitted, and those of a known cargo.
        in_proteome: combined, where one does not know whether the protein is a cargo, shape (n,).
        points: operating points chosen on the other folds.
        without: by one more fold that was not seen; see `scored.ScoredProtein`.
        choice: how the methods are combined, chosen on the other folds.
        seen: fold, one of the others -> `columns` by heads, calibrations and a stack that did not see that fold; its
            thresholds are chosen on them.
        selection: probabilities by which the selector decides between overlapping candidates, shape (n,); those of the
            combination by default.
        stored: see `scored.ScoredProtein`.
    """

    protein: TrainingProtein
    fold: int
    raw: Floats
    calibrated: Floats
    in_proteome: Floats
    points: tuple[OperatingPoint, ...]
    without: Mapping[int, Floats] = field(default_factory=dict)
    choice: str = ""
    seen: Mapping[int, Floats] = field(default_factory=dict)
    selection: Floats | None = None
    stored: Mapping[int | None, StoredRaw] = field(default_factory=dict)

    @property
    def columns(self) -> Floats:
        """Probabilities by method, by the combination, in a proteome, and by the selector; shape (n, methods + 3)."""
        selection = self.calibrated[:, -1] if self.selection is None else self.selection
        return np.column_stack([self.calibrated, self.in_proteome, selection])

    @property
    def scored(self) -> ScoredProtein:
        """The protein with its raw scores, to be combined in another way."""
        return ScoredProtein(self.protein, self.raw, self.without, self.stored)


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


def cross_fitted(scored: Sequence[ScoredProtein], folds: Sequence[int], resolve: Resolve) -> list[HeldOutProtein]:
    """Each protein with calibrations, stack and operating points fitted to the other folds.

    Where the proteins have scores of heads that did not see the outer fold either (`ScoredProtein.without`), these are
    what is fitted to.
    """
    outcome: dict[int, HeldOutProtein] = {}
    seen: list[dict[int, Floats]] = [{} for _ in scored]
    for fold in sorted(set(folds)):
        inside = [i for i, f in enumerate(folds) if f != fold]
        others = [scored[i].unseen(fold) for i in inside]
        fitted = fit_ranking(others, [folds[i] for i in inside], resolve)
        points = operating_points(others, fitted, resolve)
        for i, own in zip(inside, others, strict=True):
            seen[i][fold] = _columns(fitted, own)
        for i, own in enumerate(scored):
            if folds[i] == fold:
                columns = _columns(fitted, own)
                told = (own.raw, columns[:, :-2], columns[:, -2], points, own.without, fitted.choice, seen[i])
                outcome[i] = HeldOutProtein(own.protein, fold, *told, selection=columns[:, -1], stored=own.stored)
    return [outcome[i] for i in range(len(scored))]


def _columns(fitted: FittedRanking, own: ScoredProtein) -> Floats:
    combined = (fitted.probability(own), fitted.in_proteome(own), fitted.selection(own))
    return np.column_stack([fitted.calibrated(own.raw), *combined])


def operating_points(
    scored: Sequence[ScoredProtein], fitted: FittedRanking, resolve: Resolve, watched: Sequence[RankedProtein] = ()
) -> tuple[OperatingPoint, ...]:
    """Operating points of a ranking, in a population that holds motif-free proteins; see `choose_operating_points`."""
    left = [
        ranked_candidates(own.protein, fitted.in_proteome(own), resolve, None, fitted.selection(own)) for own in scored
    ]
    truths = [own.protein.truth for own in scored]
    return choose_operating_points(left, truths, [own.protein.cargo for own in scored], watched)


def _measured(
    points: Sequence[OperatingPoint], held_out: Sequence[HeldOutProtein], resolve: Resolve
) -> tuple[OperatingPoint, ...]:
    """`points` with the precision and the recall of points of that name that were chosen on the other folds.

    Nothing is watched in a fold: the rate of those points is that of the motif-free proteins of the other folds.
    """
    left = [ranked_candidates(own.protein, own.in_proteome, resolve, None, own.selection) for own in held_out]
    truths, cargo = [own.protein.truth for own in held_out], [own.protein.cargo for own in held_out]
    measured = []
    for place, point in enumerate(points):
        thresholds = [own.points[place].threshold for own in held_out]
        found = None if point.threshold is None else held_out_performance(left, truths, cargo, thresholds)
        precision, recall = found or (None, None)
        measured.append(replace(point, precision=precision, recall=recall))
    return tuple(measured)


def _watched(
    proteins: Iterable[TrainingProtein], heads: FittedHeads, fitted: FittedRanking, resolve: Resolve
) -> list[RankedProtein]:
    """Motif-free proteins as the heads that are kept rank them; one at a time, since they are many."""
    methods, left = heads.methods(), []
    for protein in proteins:
        if protein.spans:
            own = scored_protein(protein, heads, methods)
            left.append(ranked_candidates(protein, fitted.in_proteome(own), resolve, None, fitted.selection(own)))
        else:
            left.append(RankedProtein(protein.digest, len(protein.residues), (), np.empty(0)))
    return left


def train_head_set(
    proteins: Sequence[TrainingProtein],
    *,
    folds: Sequence[int],
    language_model: LanguageModelIdentity,
    segmentation: SegmentationIdentity,
    references_digest: str,
    resolve: Resolve,
    refine: Refine | None = None,
    seed: int = 17,
    settings: TrainingSettings | None = None,
    watched: Iterable[TrainingProtein] = (),
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
        refine: spans as scoring stores them; methods that read stored vectors are calibrated on these.
        seed: of every random choice; the same seed gives the same head set on the same machine.
        settings: of the methods.
        watched: motif-free proteins that nothing is fitted to, no relatives of `proteins`: the operating points of the
            head set are chosen so that few of their candidates are over them.
        workers: folds fitted at a time, one core each.
        told: called with a line after each fold.

    Raises:
        InputError: if no protein has a motif that a candidate hits.
    """
    chosen = settings or TrainingSettings()
    if not any((protein.verdicts == Verdict.HIT).any() for protein in proteins):
        raise InputError("no candidate of any protein hits a motif", remedy="nesannot ingest nesdb FILE")
    scored = held_out_scores(proteins, folds, chosen, seed, refine=refine, workers=workers, told=told)
    fitted = fit_ranking(scored, folds, resolve)
    with OneThreadEach():
        heads = fit_heads(proteins, folds, chosen, seed)
        seen = _watched(watched, heads, fitted, resolve)
    held_out = cross_fitted(scored, folds, resolve)
    report = _report(proteins, folds, heads, fitted, held_out) | _besides(scored, resolve, seen, held_out)
    head_set = HeadSet(
        language_model=language_model,
        segmentation=segmentation,
        references_digest=references_digest,
        seed=seed,
        training_digests=heads.digests,
        training_accessions=tuple(protein.accession for protein in proteins),
        prior=fitted.prior,
        arrays={**heads.arrays, **sketch_arrays(protein.residues for protein in proteins)},
        parameters={**heads.parameters, **_combination(fitted)},
        calibrations=fitted.calibrations,
        operating_points=_measured(operating_points(scored, fitted, resolve, seen), held_out, resolve),
        report=report,
    )
    return TrainingOutcome(head_set, tuple(held_out), report)


def _combination(fitted: FittedRanking) -> dict[str, dict[str, Json]]:
    """Parameters of combination, selector and odds of cargoes, as a head set keeps them."""
    return {
        ranking.NAME: fitted.ranking.to_json(),
        selector.NAME: fitted.selector.only(SELECTING).to_json(),
        cargo.NAME: fitted.cargo.to_json(),
    }


def _observed(held_out: Sequence[HeldOutProtein], resolve: Resolve) -> dict[str, Json]:
    """For the report: how often predictions were right, in known cargoes and in a proteome."""
    in_cargo = [one for one in held_out if one.protein.cargo]
    cargo = np.array([one.protein.cargo for one in held_out])
    populations = {
        "in_cargo": (in_cargo, [one.calibrated[:, -1] for one in in_cargo], np.ones(len(in_cargo))),
        "in_proteome": (held_out, [one.in_proteome for one in held_out], population_weights(cargo)),
    }
    shares: dict[str, Json] = {}
    for name, (proteins, scores, weight) in populations.items():
        ranked = [
            ranked_candidates(one.protein, own, resolve, None, one.selection)
            for one, own in zip(proteins, scores, strict=True)
        ]
        observed = observed_shares(ranked, [one.protein.truth for one in proteins], weight)
        shares[name] = [dict(share.to_json()) for share in observed]
    return shares


def _besides(
    scored: Sequence[ScoredProtein],
    resolve: Resolve,
    watched: Sequence[RankedProtein],
    held_out: Sequence[HeldOutProtein],
) -> dict[str, Json]:
    """For the report: the weights of every combination, the shares observed, and the number of control proteins."""
    rankings: dict[str, Json] = {name: own.to_json() for name, own in every_ranking(scored, resolve).items()}
    observed = _observed(held_out, resolve)
    return {"motif_free_watched": len(watched), "combinations": rankings, "observed": dict(observed)}


def _report(
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    heads: FittedHeads,
    fitted: FittedRanking,
    held_out: Sequence[HeldOutProtein],
) -> dict[str, Json]:
    references = heads.arrays[f"{similarity.NAME}/is_motif"]
    choices = {str(own.fold + 1): own.choice for own in sorted(held_out, key=lambda own: own.fold)}
    return {
        "cargoes": sum(protein.cargo for protein in proteins),
        "motif_free_proteins": sum(not protein.cargo for protein in proteins),
        "motifs": sum(len(protein.truth.motifs) for protein in proteins),
        "fold_sizes": np.bincount(np.asarray(folds)).tolist(),
        "negatives": dict(taught_negatives(proteins)),
        "reference_motifs": int(references.sum()),
        "reference_others": int(len(references) - references.sum()),
        "methods": list(METHODS),
        "combination": fitted.choice,
        "combination_by_outer_fold": dict(choices),
        "combinations_compared": {name: round(merit, 4) for name, merit in fitted.compared.items()},
        "loss_curves": stored_curves(heads.curves),
    }
