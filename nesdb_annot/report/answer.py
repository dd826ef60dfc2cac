"""Says in words what was predicted for one protein: the sentences that command line, report and pages share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..predictions import PredictedCandidate, Prediction
from ..relation import Relation

LIKELY, POSSIBLE = 0.5, 0.1
"""Least probabilities of the verdicts "likely NES" and "possible NES"."""

CARGO_SHARE = 0.1
"""Share of cargoes that operating points and held-out shares are for."""

TOO_SHORT = 30
"""Residues below which a protein does not tell whether it is a cargo."""

SHOWN_COMPETITORS = 3


def marked_peptide(peptide: str, first_residue: int, core: Collection[int]) -> str:
    """Return the peptide in lower case with its hydrophobic core in upper case.

    Example:
        >>> marked_peptide("LALKLAGLDI", 38, [38, 42, 45, 47])
        'LalkLagLdI'
    """
    return "".join(
        letter if position in core else letter.lower() for position, letter in enumerate(peptide, first_residue)
    )


def verdict(prediction: Prediction) -> str:
    """Return the verdict in a few words, by the probability of the best candidate.

    A protein that is known to be a cargo is judged by its probability in a cargo.
    """
    best = prediction.best
    if prediction.error:
        return "not scored"
    if best is None or best.probability < POSSIBLE:
        return f"no candidate over {POSSIBLE:g}"
    return "likely NES" if best.probability >= LIKELY else "possible NES"


def answer_lines(
    prediction: Prediction,
    observed: Mapping[str, Sequence[Mapping[str, Any]]],
    thresholds: Mapping[str, float],
    *,
    every: bool = False,
) -> list[str]:
    """Return the answer for one protein, one sentence per line; the first line names it.

    Args:
        prediction: of the protein.
        observed: shares of right predictions on held-out families, ``in_cargo`` and ``in_proteome``, as a head set
            stores them; empty if the head set stores none.
        thresholds: operating point -> least probability where one protein in ten is a cargo.
        every: whether every candidate is listed, not only the further ones over `POSSIBLE`.
    """
    words = f" {prediction.description}" if prediction.description else ""
    lines = [f"{prediction.accession}{words}, {len(prediction.residues):,} residues: {verdict(prediction)}"]
    if prediction.error:
        return [*lines, f"the protein could not be scored: {prediction.error}"]
    best = prediction.best
    if best is not None:
        lines += _place(best)
        lines += _probabilities(prediction, best)
    lines += _record(prediction, observed)
    if best is not None and best.probability >= POSSIBLE:
        lines += _points(best, prediction, thresholds)
    lines += _training(prediction)
    lines += _others(prediction, every=every)
    return lines


def shown(probability: float) -> str:
    """Return a probability with two digits, three below the least probability of a possible NES.

    Example:
        >>> shown(0.851), shown(0.0991)
        ('0.85', '0.099')
    """
    return f"{probability:.2f}" if probability >= POSSIBLE else f"{probability:.3f}"


def _place(best: PredictedCandidate) -> Iterator[str]:
    pattern = f"pattern class {best.nes_class}" if best.nes_class else "no published pattern"
    peptide = marked_peptide(best.peptide, best.span.first, best.core)
    yield f"best candidate: residues {best.span.first}-{best.span.last}, {peptide}, {pattern}"


def _probabilities(prediction: Prediction, best: PredictedCandidate) -> Iterator[str]:
    if prediction.cargo_prior >= 1:
        yield f"probability {shown(best.probability_in_cargo)}, because the protein is taken as a cargo of CRM1"
        return
    of_cargo = prediction.probability_of_cargo or 0.0
    share = f"{prediction.cargo_prior:.0%}".replace("%", " %")
    yield (
        f"probability {shown(best.probability)} = {shown(best.probability_in_cargo)} (that this is the NES, if the "
        f"protein is a cargo of CRM1) x {shown(of_cargo)} (that it is a cargo, where {share} of all proteins are)"
    )
    if len(prediction.residues) < TOO_SHORT:
        yield f"fewer than {TOO_SHORT} residues do not tell whether a protein is a cargo: use --cargo"


def _record(prediction: Prediction, observed: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """How often such a prediction was right on held-out families."""
    known = prediction.cargo_prior >= 1
    if not known and prediction.cargo_prior != CARGO_SHARE:
        return
    bins = observed.get("in_cargo" if known else "in_proteome", ())
    population = "in known cargoes" if known else "with one protein in ten a cargo"
    best = prediction.best
    probability = best.probability if best else 0.0
    if not bins:
        return
    one = next(share for share in bins if probability < share["most"] or share["most"] >= 1)
    if probability < POSSIBLE:
        yield f"on held-out families {one['motifs']:.0%} of the known NESs had a probability below {POSSIBLE:g}"
    elif one["right"] is not None:
        low, high = one["interval"]
        yield (
            f"on held-out families, {population}, {one['right']:.0%} of such predictions were right "
            f"(95 % interval {low:.0%} to {high:.0%})"
        )


def _points(best: PredictedCandidate, prediction: Prediction, thresholds: Mapping[str, float]) -> Iterator[str]:
    if prediction.cargo_prior != CARGO_SHARE or not thresholds:
        return
    passed = [name for name, threshold in thresholds.items() if best.probability >= threshold]
    bounds = ", ".join(f"{name} {threshold:.2f}" for name, threshold in thresholds.items())
    yield f"operating points passed: {', '.join(passed) or 'none'} (least probability: {bounds})"


def _training(prediction: Prediction) -> Iterator[str]:
    relation = prediction.relation
    if relation is None:
        return
    if relation.relation is Relation.SAME:
        yield f"this sequence was in the training set ({relation.accession}): its score is no independent evidence"
    elif relation.relation is Relation.RELATED:
        yield (
            f"a relative was in the training set ({relation.accession}, {relation.share:.0%} of the words shared): "
            "the score is no independent evidence"
        )
    else:
        yield "training set: no relative over about 50 % identity"


def _others(prediction: Prediction, *, every: bool) -> Iterator[str]:
    likely = [one for one in prediction.candidates[1:] if one.probability >= POSSIBLE][:SHOWN_COMPETITORS]
    others = prediction.candidates[1:] if every else likely
    for one in others:
        peptide = marked_peptide(one.peptide, one.span.first, one.core)
        place = f"residues {one.span.first}-{one.span.last}"
        yield f"further candidate: {place}, {peptide}, probability {shown(one.probability)}"
    hidden = len(prediction.candidates) - 1 - len(others)
    if hidden > 0:
        yield f"{hidden:,} less probable candidates are not shown: --all"
