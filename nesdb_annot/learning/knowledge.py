"""Does an embedding know something of motifs that composition does not? Peptides in context against matched negatives.

A negative has the length of its motif, lies in the same protein and overlaps no annotation and no other negative. It is
placed anywhere (`ANYWHERE`), or centred at a strict consensus core (`LOOKALIKE`): those have the hydrophobic residues
of a motif, too. A logistic regression sees mean vectors; whole families are held out, and its penalty is chosen on
inner folds of families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..methods.consensus import strict_cores
from ..methods.descriptors import UNKNOWN, letter_indices
from ..residues import ResidueSpan
from .logistic import fit_logistic
from .metrics import auroc, bootstrap

Floats = NDArray[np.float64]

ANYWHERE, LOOKALIKE = "anywhere", "at consensus cores"
NEGATIVES = 3
"""For each motif at most, as far as the protein has room."""

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Ridges that the inner folds choose from, for features of unit variance."""

DRAWS = 400


@dataclass(frozen=True, slots=True)
class Studied:
    """A protein with motifs: what is annotated on it in whatever way, motifs included, may hold no negative."""

    residues: str
    motifs: tuple[ResidueSpan, ...]
    annotated: tuple[ResidueSpan, ...]


@dataclass(frozen=True, slots=True)
class Peptides:
    """Motifs and their negatives.

    Attributes:
        owner: index of the protein, shape (n,).
        spans: n of them.
        positive: whether it is a motif, shape (n,).
    """

    owner: NDArray[np.int64]
    spans: Sequence[ResidueSpan]
    positive: NDArray[np.bool_]


def _free_starts(free: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    """0-based starts of the stretches of `width` residues that are free throughout."""
    taken = np.concatenate([[0], np.cumsum(~free)])
    return np.flatnonzero(taken[width:] == taken[: max(0, len(free) + 1 - width)])


def _core_starts(residues: str, width: int) -> NDArray[np.int64]:
    """0-based starts of the stretches of `width` residues centred at the strict consensus cores."""
    cores = strict_cores(residues).cores[:, [1, 4]]
    starts = (cores.sum(axis=1) - width) // 2
    return np.unique(np.clip(starts, 0, max(0, len(residues) - width))).astype(np.int64)


def negatives_of(protein: Studied, width: int, kind: str, generator: np.random.Generator) -> list[ResidueSpan]:
    """At most `NEGATIVES` spans of `width` residues of a protein, none overlapping another or an annotation.

    Args:
        protein: with its annotations.
        width: residues.
        kind: `ANYWHERE` or `LOOKALIKE`.
        generator: draws the places.
    """
    free = np.ones(len(protein.residues), dtype=np.bool_)
    for span in protein.annotated:
        free[span.as_slice()] = False
    offered = _core_starts(protein.residues, width) if kind == LOOKALIKE else np.arange(len(free))
    found: list[ResidueSpan] = []
    while len(found) < NEGATIVES:
        starts = np.intersect1d(offered, _free_starts(free, width))
        if not len(starts):
            break
        begin = int(generator.choice(starts))
        found.append(ResidueSpan(begin + 1, begin + width))
        free[begin : begin + width] = False
    return found


def matched_peptides(proteins: Sequence[Studied], kind: str, seed: int = 17) -> Peptides:
    """Every motif that has a matched negative in its protein, with its negatives."""
    rows: list[tuple[int, ResidueSpan, bool]] = []
    for index, protein in enumerate(proteins):
        taken = protein.annotated
        for number, motif in enumerate(protein.motifs):
            generator = np.random.default_rng([seed, index, number])
            known = Studied(protein.residues, protein.motifs, taken)
            found = negatives_of(known, len(motif), kind, generator)
            if found:
                rows += [(index, motif, True), *((index, span, False) for span in found)]
            taken = (*taken, *found)
    owner, spans, positive = zip(*rows, strict=True) if rows else ((), (), ())
    return Peptides(np.array(owner, dtype=np.int64), spans, np.array(positive, dtype=np.bool_))


def composition(residues: str) -> Floats:
    """Share of each of the twenty residues, shape (20,).

    Example:
        >>> composition("AAL").max().round(3)
        np.float64(0.667)
    """
    counts = np.bincount(letter_indices(residues), minlength=UNKNOWN + 1)[:UNKNOWN]
    return counts / max(1, len(residues))


def _predicted(train: Floats, target: NDArray[np.bool_], test: Floats, penalty: float) -> Floats:
    """Log-odds of `test` rows from a regression on `train` rows, features at unit variance in training."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scale = np.where(deviation > 1e-9, 1 / np.maximum(deviation, 1e-9), 0.0)
    weights, intercept = fit_logistic((train - mean) * scale, target.astype(float), np.ones(len(train)), penalty)
    outcome: Floats = (test - mean) * scale @ weights + intercept
    return outcome


def held_out_scores(features: Floats, positive: NDArray[np.bool_], fold: NDArray[np.int64]) -> Floats:
    """Log-odds of each row from a regression that saw no row of its fold, shape (n,).

    Args:
        features: shape (n, k).
        positive: shape (n,).
        fold: shape (n,); the penalty is chosen by leaving out each of the other folds in turn.
    """
    scores = np.zeros(len(fold))
    for held in np.unique(fold):
        outer = fold != held
        penalty = _chosen_penalty(features[outer], positive[outer], fold[outer])
        scores[~outer] = _predicted(features[outer], positive[outer], features[~outer], penalty)
    return scores


def _chosen_penalty(features: Floats, positive: NDArray[np.bool_], fold: NDArray[np.int64]) -> float:
    def merit(penalty: float) -> float:
        scores = np.zeros(len(fold))
        for held in np.unique(fold):
            inner = fold != held
            scores[~inner] = _predicted(features[inner], positive[inner], features[~inner], penalty)
        return auroc(scores, positive) or 0.0

    return max(PENALTIES, key=merit)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Areas under the ROC curve on held-out families, with 95 % intervals over resampled families.

    Attributes:
        kind: of the negatives.
        positives: motifs.
        negatives: matched ones.
        families: that were held out in turn.
        area: by name of the features, with its interval.
        gain: area over that of the first features, with its interval; of all but the first.
    """

    kind: str
    positives: int
    negatives: int
    families: int
    area: Mapping[str, tuple[float, float, float]]
    gain: Mapping[str, tuple[float, float, float]]


def compared(
    kind: str,
    peptides: Peptides,
    features: Mapping[str, Floats],
    family: NDArray[np.int64],
    fold: NDArray[np.int64],
    seed: int = 17,
) -> Comparison:
    """Areas of all `features` on the same held-out rows.

    Args:
        kind: of the negatives.
        peptides: n of them.
        features: by name, shape (n, k) each; the first is what the others are compared with.
        family: of each protein.
        fold: of each protein; no family is divided.
        seed: of the resampling.

    Raises:
        ValueError: if there are not both kinds of peptide.
    """
    from threadpoolctl import threadpool_limits

    positive = peptides.positive
    if positive.all() or not positive.any():
        raise ValueError(f"no peptides to compare: {positive.sum()} motifs, {(~positive).sum()} negatives")
    with threadpool_limits(1):  # threads of small steps wait for one another
        scores = {name: held_out_scores(columns, positive, fold[peptides.owner]) for name, columns in features.items()}
    names, place = np.unique(family[peptides.owner], return_inverse=True)

    def figures(weight: Floats) -> list[float]:
        areas = [auroc(own, positive, weight[place]) for own in scores.values()]
        known = [np.nan if area is None else area for area in areas]
        return [*known, *(area - known[0] for area in known[1:])]

    whole = figures(np.ones(len(names)))
    ends = bootstrap(figures, len(names), draws=DRAWS, seed=seed)
    rows = [(value, float(low), float(high)) for value, (low, high) in zip(whole, ends, strict=True)]
    area = dict(zip(scores, rows, strict=False))
    gain = dict(zip(islice(scores, 1, None), rows[len(scores) :], strict=True))
    return Comparison(kind, int(positive.sum()), int((~positive).sum()), len(names), area, gain)


def pooled(peptides: Peptides, of: Callable[[int, ResidueSpan], Floats]) -> Floats:
    """A row for each peptide, shape (n, k), from its protein and span."""
    return np.stack([of(int(owner), span) for owner, span in zip(peptides.owner, peptides.spans, strict=True)])
