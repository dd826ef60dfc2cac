"""The selector: odds of all candidates of a protein, the competition between them, and the odds of a cargo.

It reads only methods that read no stored vectors, so that other references or pooled heads change none of its numbers.
They are computed once, from the embedding, and stored with every candidate that is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration, logit
from .cargo import CargoOdds
from .combination import STORED
from .protocol import Method, ProteinContext
from .ranking import Ranking
from .segment_context import segment_context

NAME = "selector"
"""Key of the selector's ranking among a head set's parameters, and of its calibration among the calibrations."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of one protein as the selector sees them, n of them.

    Attributes:
        raw: by method of the selector, as stored, shape (n, methods).
        probability: that a candidate is a motif if the protein is a cargo, shape (n,); of overlapping candidates the
            most probable is kept.
        competition: what competing candidates take from the log-odds of each, shape (n,).
        cargo: log-odds that the protein is a cargo, at `cargo.CARGO_SHARE`.
    """

    raw: NDArray[np.float32]
    probability: Floats
    competition: Floats
    cargo: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Methods, their calibrations and their ranking.

    Attributes:
        methods: that read no pooled vectors.
        calibrations: of each of them, in their order.
        ranking: of these methods.
        calibration: of the combined log-odds of `ranking`.
        cargo: odds of the protein, by the first stage of `ranking`.
    """

    methods: Sequence[Method]
    calibrations: Sequence[Calibration]
    ranking: Ranking
    calibration: Calibration
    cargo: CargoOdds

    def candidates(self, context: ProteinContext) -> Candidates:
        """Scores of all segments of `context`, at least one, before overlaps are resolved."""
        raw = np.column_stack([method.raw(context) for method in self.methods]).astype(STORED)
        logits = logits_of(raw, self.calibrations)
        first = self.ranking.first(logits, segment_context(context.residues, context.spans, context.stated))
        competition = self.ranking.competition(first, context.spans)
        probability = self.calibration.apply(first - competition)
        cargo = self.cargo.log_odds(first, context.spans, len(context.residues))
        return Candidates(raw, probability, competition, cargo)


def logits_of(raw: NDArray[np.float32], calibrations: Sequence[Calibration]) -> Floats:
    """Log-odds by method, shape (n, methods), from raw scores of that shape."""
    wide = raw.astype(np.float64)
    return logit(np.column_stack([own.apply(wide[:, i]) for i, own in enumerate(calibrations)]))
