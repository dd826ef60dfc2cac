"""Named thresholds, chosen on held-out proteins, in a population that holds motif-free ones.

Precision is that of a list made of many proteins of which a share of `CARGO_SHARE` are cargoes: errors on the
motif-free proteins among the held-out ones (bacterial ones) are counted as often as this share asks. A threshold chosen
on cargoes alone would flood a proteome, since most of its proteins have no signal at all. Strict and balanced points
also leave at most `MOTIF_FREE_RATE` candidates in motif-free proteins, with some confidence that other ones have no
more; the sensitive point is defined by its recall and has no such bound. The rate is counted on motif-free proteins
that were watched, and never taught, where there are such. Without motif-free proteins to go by, cargoes alone decide,
and the rule says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..methods.cargo import CARGO_SHARE
from ..methods.headset import OperatingPoint
from .metrics import Curve, RankedProtein, events, highest_f1, precision_recall
from .truth import Truth

STRICT_PRECISION = 0.5
SENSITIVE_RECALL = 0.8

MOTIF_FREE_RATE = 1.0
"""Most candidates per 10,000 residues of motif-free proteins at the strict and the balanced point."""

CONFIDENCE = 1.2816
"""Standard deviations of a count that are added to it before it is compared with that rate: the upper end of a
one-sided 90 % interval, so that a threshold that only this sample is kind to is not chosen."""


def population_weights(cargo: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How often each protein counts so that cargoes have a share of `CARGO_SHARE`, shape (n,); a cargo counts once.

    Example:
        >>> population_weights(np.array([True, False, False])).tolist()
        [1.0, 4.5, 4.5]
    """
    motif_free = (~cargo).sum()
    others = cargo.sum() * (1 - CARGO_SHARE) / CARGO_SHARE / max(motif_free, 1)
    return np.where(cargo, 1.0, others)


def _point(name: str, rule: str, curve: Curve, index: int) -> OperatingPoint:
    return OperatingPoint(
        name, float(curve.threshold[index]), rule, float(curve.precision[index]), float(curve.recall[index])
    )


def _strict(curve: Curve, where: str) -> OperatingPoint:
    rule = f"highest recall at a precision of at least {STRICT_PRECISION}{where}, and no laxer than balanced"
    reached = np.flatnonzero(curve.precision >= STRICT_PRECISION)
    if not len(reached):
        best = f"{curve.precision.max(initial=0):.2f}"
        return OperatingPoint("strict", None, rule, why=f"the highest precision on held-out families is {best}")
    balanced = highest_f1(curve)
    return _point("strict", rule, curve, int(reached[-1] if balanced is None else min(reached[-1], balanced)))


def _balanced(curve: Curve, where: str) -> OperatingPoint:
    rule = f"highest F1{where}"
    best = highest_f1(curve)
    if best is None:
        return OperatingPoint("balanced", None, rule, why="no candidate on held-out families hits a motif")
    return _point("balanced", rule, curve, best)


def _sensitive(curve: Curve, where: str) -> OperatingPoint:
    rule = f"highest precision at a recall of at least {SENSITIVE_RECALL}{where}"
    reached = np.flatnonzero(curve.recall >= SENSITIVE_RECALL)
    if not len(reached):
        best = f"{curve.recall.max(initial=0):.2f}"
        return OperatingPoint("sensitive", None, rule, why=f"the highest recall on held-out families is {best}")
    return _point("sensitive", rule, curve, int(reached[curve.precision[reached].argmax()]))


def _bounded(
    choose: Callable[[Curve, str], OperatingPoint], curve: Curve, kept: NDArray[np.bool_], where: str
) -> OperatingPoint:
    """The point among the thresholds that are `kept`, or the true reason why there is none."""
    found = choose(Curve(curve.threshold[kept], curve.precision[kept], curve.recall[kept]), where)
    if found.threshold is not None:
        return found
    loud = f"leaves more than {MOTIF_FREE_RATE:g} candidate per 10,000 residues of motif-free proteins"
    if len(kept) and not kept.any():
        return replace(found, why=f"every threshold {loud}")
    # What the kept thresholds lack, others may have: then the rate is the reason, and else what all of them lack.
    unbounded = choose(curve, where)
    return replace(found, why=unbounded.why or f"every threshold that would do {loud}")


def choose_operating_points(
    proteins: Sequence[RankedProtein],
    truths: Sequence[Truth],
    cargo: Sequence[bool] | None = None,
    watched: Sequence[RankedProtein] = (),
) -> tuple[OperatingPoint, OperatingPoint, OperatingPoint]:
    """Strict, balanced and sensitive; one that the proteins don't reach has no threshold and says why.

    Args:
        proteins: resolved candidates with combined probabilities that were given to held-out proteins.
        truths: what is known of each.
        cargo: False for motif-free proteins; None if all are cargoes.
        watched: further motif-free proteins, which no head was fitted to, with probabilities of the heads that the
            thresholds are for: if there are any, the rate of candidates is theirs.
    """
    known = np.ones(len(proteins), dtype=bool) if cargo is None else np.asarray(cargo)
    curve = precision_recall(events(proteins, truths), population_weights(known))
    if known.all():
        where = " among cargoes"
        return _strict(curve, where), _balanced(curve, where), _sensitive(curve, where)
    where = f" where {CARGO_SHARE:.0%} of the proteins are cargoes"
    bound = f"{where}, at most {MOTIF_FREE_RATE:g} candidate per 10,000 residues of motif-free proteins"
    others = watched or [protein for protein, own in zip(proteins, known, strict=True) if not own]
    kept = _rate(others, curve.threshold) <= MOTIF_FREE_RATE
    strict, balanced = (_bounded(choose, curve, kept, bound) for choose in (_strict, _balanced))
    return strict, balanced, _sensitive(curve, where)


def held_out_performance(
    proteins: Sequence[RankedProtein],
    truths: Sequence[Truth],
    cargo: Sequence[bool],
    thresholds: Sequence[float | None],
) -> tuple[float, float] | None:
    """Precision and recall over `proteins`, each held against a threshold that was chosen without it.

    In the population of `choose_operating_points`. None if nothing is over its threshold; a protein without one
    (the point was not reached without it) has no candidate.
    """
    over = [
        replace(own, scores=(own.scores >= (np.inf if least is None else least)).astype(np.float64))
        for own, least in zip(proteins, thresholds, strict=True)
    ]
    curve = precision_recall(events(over, truths), population_weights(np.asarray(cargo)))
    place = np.flatnonzero(curve.threshold == 1)
    return (float(curve.precision[place[0]]), float(curve.recall[place[0]])) if len(place) else None


def _rate(proteins: Sequence[RankedProtein], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Candidates at or above each threshold per 10,000 residues of `proteins`, and `CONFIDENCE` more of them."""
    scores = np.sort(np.concatenate([protein.scores for protein in proteins]))
    above = len(scores) - np.searchsorted(scores, thresholds, "left")
    most = above + CONFIDENCE * np.sqrt(above)
    outcome: NDArray[np.float64] = 1e4 * most / sum(protein.length for protein in proteins)
    return outcome
