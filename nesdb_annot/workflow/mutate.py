"""Mutate: what a variant does to the candidates of a protein.

The effect on a candidate goes by its own log-odds: the competition from other candidates and the odds of a cargo keep
the values of the unchanged protein, and a change more than `NEIGHBOURHOOD` residues away counts as competition only.
To destroy one of two distant NESs therefore leaves the other one unchanged. The probability in a cargo of the mutant as
it is, with its own competition, is given beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..errors import InputError, UsageError
from ..methods.calibration import logit
from ..predictions import Prediction
from ..records import ProteinRecord, ScoredSegment, ScoredSequence
from ..residues import STANDARD_RESIDUES, ResidueError, ResidueSpan, clean_residues, sequence_digest
from ..variants import Variant, VariantError
from .predict import Predictor, scored_by_digest

POSSIBLE = 0.1
"""Least probability in a cargo of a candidate that counts as an NES."""

STEP = 0.7
"""Change of log-odds, about a factor of two in the odds, from which on a candidate is weakened or gained."""

NEIGHBOURHOOD = 60
"""Residues around a candidate that its own log-odds depend on: the widest surroundings that a feature describes."""

BATCH = 64
"""Variants that are embedded together."""


class Effect(StrEnum):
    """What a variant does to a candidate."""

    LOST = "lost"
    WEAKENED = "weakened"
    UNCHANGED = "unchanged"
    GAINED = "gained"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class VariantEffect:
    """The effect of one variant on one candidate.

    Attributes:
        variant: as its user wrote it.
        span: of the candidate in the unchanged protein; for `Effect.NEW` in the mutant.
        before: probability in a cargo; None for a new candidate.
        after: the same in the mutant with the competition of the unchanged protein; 0 if no candidate is left there.
        change: of the log-odds; None where one of both is missing.
        total: probability in a cargo of the mutant as it is, with its own competition.
    """

    variant: str
    effect: Effect
    span: ResidueSpan
    before: float | None
    after: float
    change: float | None
    total: float


@dataclass(frozen=True, slots=True)
class RefusedVariant:
    """A variant that does not fit the protein, and why."""

    variant: str
    reason: str


def scan(residues: str, spans: Sequence[ResidueSpan], replacements: str = "A") -> Iterator[Variant]:
    """Yield the substitution of every residue of `spans` by each of `replacements`, in the order of the chain.

    Args:
        residues: of the protein.
        spans: 1-based, inclusive; overlapping ones count once.
        replacements: letters; a residue is not replaced by itself.
    """
    positions = sorted({position for span in spans for position in range(span.first, span.last + 1)})
    for position in positions:
        letter = residues[position - 1]
        for new in replacements:
            if new != letter:
                name = f"{letter}{position}{new}"
                yield Variant(name, ResidueSpan(position, position), new, ((position, letter),))


SCANS = {"alanine": "A", "all": STANDARD_RESIDUES}
"""Name of a scan -> residues that replace each residue of the candidates."""


def scanned(prediction: Prediction, name: str) -> Iterator[Variant]:
    """Yield the substitutions of a scan of the candidates over `POSSIBLE` in a cargo; of the best one if none is.

    Raises:
        UsageError: if there is no scan of that name.
    """
    if name not in SCANS:
        raise UsageError(f"{name!r} is not a scan", remedy=f"--scan {' or '.join(SCANS)}")
    shown = [one for one in prediction.candidates if one.probability_in_cargo >= POSSIBLE] or prediction.candidates[:1]
    spans = [one.span for one in shown]
    spans += [ResidueSpan(position, position) for one in shown for position in one.core]
    yield from scan(prediction.residues, spans, SCANS[name])


def variant_effects(
    predictor: Predictor, protein: ProteinRecord, variants: Iterable[Variant]
) -> Iterator[VariantEffect | RefusedVariant]:
    """Yield the effects of each variant on the candidates that the unchanged protein or the mutant has.

    A variant that changes no candidate over `POSSIBLE` yields its effect on the best candidate.

    Raises:
        InputError: if the unchanged protein cannot be scored.
    """
    [wild] = scored_by_digest(predictor.scorer, [(protein.digest, protein.residues)]).values()
    if wild.error:
        raise InputError(f"{protein.accession} cannot be scored", why=wild.error, remedy="check the sequence")
    comparison = _Comparison(predictor, protein, wild)
    batch: list[tuple[Variant, str]] = []
    for variant in variants:
        try:
            batch.append((variant, clean_residues(variant.apply(protein.residues))))
        except (VariantError, ResidueError) as error:
            yield from comparison.effects(batch)
            batch = []
            yield RefusedVariant(variant.name, str(error))
        if len(batch) == BATCH:
            yield from comparison.effects(batch)
            batch = []
    yield from comparison.effects(batch)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares mutants of one protein with the unchanged protein."""

    predictor: Predictor
    protein: ProteinRecord
    wild: ScoredSequence

    def effects(self, batch: Sequence[tuple[Variant, str]]) -> Iterator[VariantEffect | RefusedVariant]:
        chunk = [(sequence_digest(residues), residues) for _, residues in batch]
        mutants = scored_by_digest(self.predictor.scorer, chunk) if chunk else {}
        for (variant, _), (digest, _) in zip(batch, chunk, strict=True):
            if mutants[digest].error:
                yield RefusedVariant(variant.name, mutants[digest].error)
            else:
                yield from self._of_one(variant, mutants[digest])

    def _of_one(self, variant: Variant, mutant: ScoredSequence) -> Iterator[VariantEffect]:
        shown = [one for one in self.wild.segments if self._in_cargo(one.first_stage, one.competition) >= POSSIBLE]
        shown = shown or sorted(self.wild.segments, key=lambda one: one.first_stage - one.competition)[-1:]
        matched: set[ResidueSpan] = set()
        for one in shown:
            partner = self._partner(one, variant, mutant)
            if partner is not None:
                matched.add(partner.span)
            yield self._changed(variant, one, partner)
        for other in mutant.segments:
            if other.span not in matched:
                yield from self._arisen(other, variant)

    def _arisen(self, other: ScoredSegment, variant: Variant) -> Iterator[VariantEffect]:
        """Yield a candidate of the mutant that is over `POSSIBLE` where the unchanged protein has none."""
        former = self._former(other, variant)
        if former is None:
            most = max((one.competition for one in self.wild.segments), default=self._outside_option())
            before, after = 0.0, self._in_cargo(other.first_stage, most)
        else:
            before = self._in_cargo(former.first_stage, former.competition)
            after = self._in_cargo(other.first_stage, former.competition)
        if before < POSSIBLE <= after and _change(before, after) >= STEP:
            total = self._in_cargo(other.first_stage, other.competition)
            yield VariantEffect(variant.name, Effect.NEW, other.span, before or None, after, None, total)

    def _changed(self, variant: Variant, one: ScoredSegment, partner: ScoredSegment | None) -> VariantEffect:
        before = self._in_cargo(one.first_stage, one.competition)
        if partner is None:
            return VariantEffect(variant.name, Effect.LOST, one.span, before, 0.0, None, 0.0)
        near = _touches(variant, one.span)
        after = self._in_cargo(partner.first_stage, one.competition) if near else before
        change = _change(before, after)
        total = self._in_cargo(partner.first_stage, partner.competition)
        return VariantEffect(variant.name, _effect(before, after, change), one.span, before, after, change, total)

    def _partner(self, one: ScoredSegment, variant: Variant, mutant: ScoredSequence) -> ScoredSegment | None:
        """The candidate of the mutant that shares most residues with a candidate of the unchanged protein."""
        positions = {
            place
            for position in _positions(one.span)
            if (place := variant.mapped(position, self.protein.residues)) is not None
        }
        replaced = _replaced(variant)
        positions |= {position for position in replaced if one.span.first <= position <= one.span.last}
        shared = [(len(positions & _positions(other.span)), other.first_stage, other) for other in mutant.segments]
        best = max(shared, key=lambda item: item[:2], default=None)
        return best[2] if best and best[0] >= min(6, len(one.span)) else None

    def _former(self, other: ScoredSegment, variant: Variant) -> ScoredSegment | None:
        """The candidate of the unchanged protein that shares most residues with a candidate of the mutant."""
        places = _positions(other.span)
        shared = []
        for one in self.wild.segments:
            mapped = {variant.mapped(position, self.protein.residues) for position in _positions(one.span)}
            shared.append((len(places & mapped), one.first_stage, one))
        best = max(shared, key=lambda item: item[:2], default=None)
        return best[2] if best and best[0] >= min(6, len(best[2].span)) else None

    def _in_cargo(self, first_stage: float, competition: float) -> float:
        scorers = self.predictor.scorer.methods.scorers
        return float(scorers.calibration.apply(np.array([first_stage - competition]))[0])

    def _outside_option(self) -> float:
        return self.predictor.scorer.methods.scorers.outside_option


def _touches(variant: Variant, span: ResidueSpan) -> bool:
    """Whether a variant changes residues within `NEIGHBOURHOOD` of a candidate."""
    changed = variant.span or ResidueSpan(max(variant.after, 1), variant.after + 1)
    first, last = changed.first, changed.last
    last = span.last if variant.to_end or "*" in variant.new else last
    return first <= span.last + NEIGHBOURHOOD and last >= span.first - NEIGHBOURHOOD


def _positions(span: ResidueSpan) -> set[int]:
    return set(range(span.first, span.last + 1))


def _replaced(variant: Variant) -> set[int]:
    """Positions of a substitution of equal length: they are at the same place in the mutant."""
    if variant.span is None or len(variant.new) != len(variant.span) or variant.to_end:
        return set()
    return _positions(variant.span)


def _change(before: float, after: float) -> float:
    """Change of the log-odds."""
    low, high = logit(np.array([before, after])).tolist()
    return float(high - low)


def _effect(before: float, after: float, change: float) -> Effect:
    if after < POSSIBLE <= before:
        return Effect.LOST
    if change <= -STEP:
        return Effect.WEAKENED
    if change >= STEP:
        return Effect.GAINED
    return Effect.UNCHANGED
