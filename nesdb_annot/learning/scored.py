"""Proteins with held-out scores, and a fitted ranking of their candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..methods.calibration import Calibration, logit
from ..methods.cargo import NOTHING_KNOWN, CargoOdds
from ..methods.ranking import NAME as COMBINED
from ..methods.ranking import Ranking
from ..methods.scoring import METHODS, POOLED
from ..methods.selector import NAME as SELECTOR
from ..residues import ResidueSpan
from .examples import TrainingProtein
from .metrics import RankedProtein

Floats = NDArray[np.float64]

Resolve = Callable[[Sequence[ResidueSpan], Sequence[float], int], list[int]]
"""Spans, scores and length of a protein -> indices of the candidates that are left after overlap resolution."""

Refine = Callable[[str, Sequence[ResidueSpan], Sequence[float], Sequence[int]], list[ResidueSpan]]
"""Residues, spans and probabilities of a protein, and the indices that are left -> the spans that are stored."""

StoredRaw = Callable[[Floats, Sequence[int]], Floats]
"""Probabilities of the candidates of a protein, and the indices that are kept -> raw scores of their stored vectors."""


@dataclass(frozen=True, slots=True)
class ScoredProtein:
    """A protein with the raw scores of its candidates.

    Attributes:
        protein: with its candidates.
        raw: by heads that did not see the protein's fold, shape (n, methods).
        without: fold -> raw scores by heads that did not see that fold either, shape (n, methods).
        stored: fold -> raw scores of kept candidates by their stored vectors, by the methods `methods.scoring.POOLED`
            of the heads of `without`; None -> those of the heads of `raw`.
    """

    protein: TrainingProtein
    raw: Floats
    without: Mapping[int, Floats] = field(default_factory=dict)
    stored: Mapping[int | None, StoredRaw] = field(default_factory=dict)

    def unseen(self, fold: int) -> ScoredProtein:
        """Return the protein with the scores of heads that did not see `fold` either, if such scores exist."""
        heads = fold if fold in self.without else None
        stored: dict[int | None, StoredRaw] = {None: self.stored[heads]} if heads in self.stored else {}
        return ScoredProtein(self.protein, self.without.get(fold, self.raw), stored=stored)

    def as_stored(self, probabilities: Floats, kept: Sequence[int]) -> Floats:
        """Raw scores of the kept candidates as production stores them, shape (kept, methods)."""
        raw = self.raw[list(kept)].copy()
        if None in self.stored and len(raw):
            raw[:, [METHODS.index(name) for name in POOLED]] = self.stored[None](probabilities, kept)
        return raw

    def changed(self, change: Callable[[Floats], Floats]) -> ScoredProtein:
        """The protein with all its raw scores, of whatever heads, changed in the same way."""
        inner = {fold: change(raw) for fold, raw in self.without.items()}
        return ScoredProtein(self.protein, change(self.raw), inner)


def ranked_candidates(
    protein: TrainingProtein,
    scores: Floats,
    resolve: Resolve,
    refine: Refine | None = None,
    selection: Floats | None = None,
) -> RankedProtein:
    """The candidates of `protein` that overlap resolution keeps, with their `scores`, which have shape (n,).

    Args:
        protein: with its candidates.
        scores: of each of them.
        resolve: overlap resolution.
        refine: gives spans as they are stored; those of the segmentation by default.
        selection: probabilities that decide between overlapping candidates, shape (n,); `scores` by default.
    """
    spans, length = protein.spans, len(protein.residues)
    deciding = (scores if selection is None else selection).tolist()
    kept = resolve(spans, deciding, length)
    stored = refine(protein.residues, spans, deciding, kept) if refine else [spans[i] for i in kept]
    return RankedProtein(protein.digest, length, tuple(stored), scores[kept], tuple(kept))


@dataclass(frozen=True, slots=True)
class FittedRanking:
    """Calibrations by method, of selector and combination, the weights of both, and the odds of cargoes.

    Attributes:
        calibrations: by name.
        ranking: of the combination.
        selector: of the selector; the methods that read stored vectors have no weight in it.
        prior: share of motifs among the resolved candidates of cargoes, which the calibrations refer to.
        cargo: how likely a protein is a cargo.
        compared: name of each combination that was tried -> its merit on inner folds.
    """

    calibrations: Mapping[str, Calibration]
    ranking: Ranking
    selector: Ranking
    prior: float
    cargo: CargoOdds = NOTHING_KNOWN
    compared: Mapping[str, float] = field(default_factory=dict)

    @property
    def choice(self) -> str:
        """Name of the combination."""
        return self.ranking.combination

    def calibrated(self, raw: Floats) -> Floats:
        """Probability of each segment by each method, shape (n, methods)."""
        columns = [self.calibrations[name].apply(raw[:, i]) for i, name in enumerate(METHODS)]
        return np.stack(columns, axis=1)

    def first(self, scored: ScoredProtein) -> Floats:
        """Log-odds of each segment after the first stage, shape (n,)."""
        return self.ranking.first(logit(self.calibrated(scored.raw)), scored.protein.segment_context)

    def selected(self, scored: ScoredProtein) -> Floats:
        """Log-odds of each segment after the first stage of the selector, shape (n,)."""
        return self.selector.first(logit(self.calibrated(scored.raw)), scored.protein.segment_context)

    def competition(self, scored: ScoredProtein) -> Floats:
        """What competing candidates take from the log-odds of each segment, shape (n,)."""
        return self.selector.competition(self.selected(scored), scored.protein.spans)

    def selection(self, scored: ScoredProtein) -> Floats:
        """Probability of each segment that decides between overlapping ones, shape (n,)."""
        first = self.selected(scored)
        competition = self.selector.competition(first, scored.protein.spans)
        return self.calibrations[SELECTOR].apply(first - competition)

    def combined(self, scored: ScoredProtein) -> Floats:
        """Combined log-odds of each segment, shape (n,)."""
        return self.first(scored) - self.competition(scored)

    def probability(self, scored: ScoredProtein) -> Floats:
        """Probability of each segment to be a motif if its protein is a cargo, shape (n,)."""
        return self.calibrations[COMBINED].apply(self.combined(scored))

    def in_proteome(self, scored: ScoredProtein) -> Floats:
        """Probability of each segment where `methods.cargo.CARGO_SHARE` of the proteins are cargoes, shape (n,)."""
        spans = scored.protein.spans
        if not len(spans):
            return np.empty(0)
        length = len(scored.protein.residues)
        return self.probability(scored) * self.cargo.probability(self.selected(scored), spans, length)
