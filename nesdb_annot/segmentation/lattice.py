"""Segmentation `lattice`, the default: overlapping candidates anchored at cores and spanned by fine change points.

Candidates are proposed by families (`lattice_families`), each with the best proposal first, and accepted in the steps
of `SCHEDULE` until the budget is spent: a sparse lattice holds the best of each family, a denser one goes on down the
ranks. Within a family candidates must differ, and those between change points go where no other candidate lies.

Above `SPREAD_ABOVE` candidates per residue, windows evenly spread over the protein come in after the best of each
family: a signal that no pattern and no change point shows can only be caught blindly. Width and distance of these
windows, their likeness and when they come in were chosen, of 320 combinations, by the share of all conceivable spans of
10 to 25 residues (at random places of NESdb's proteins, annotated or not) that a candidate matches at IoU >= 0.5, as
long as the mean best IoU with known signals fell by less than 0.02: 0.95, 0.96, 0.98, 0.99 and 0.99 at 0.13, 0.15,
0.17, 0.2 and 0.25 per residue. No single signal was looked at.

The lattice is independent of every trained head and of their folds: nothing of it is fitted in `nesannot train`, it
looks at no score, and the language model enters through the change points only. But its geometry (flanks, likeness,
schedule) was chosen by people, once for all folds, on the annotated ranges of NESdb: mainly on those of one half of its
proteins (digest beginning with 0 to 7), while the figures of the other half were seen. At 0.1 candidates per residue
and with random vectors for an embedding the first half gives an oracle recall of 0.99 to 1.00 and a mean best IoU of
0.85, the other 0.985 to 1.00 and 0.84.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motifs import NES
from ..records import Json, SegmentationIdentity
from ..residues import ResidueSpan, bounds
from .checks import check_embedding
from .lattice_families import ANCHORED, BETWEEN_POINTS, SPREAD, Anchors, Spans, anchored, between_points, spread, wide

FEWEST = 4
"""Candidates that even the shortest protein may have."""

LIKENESS: dict[str, float] = {
    **dict.fromkeys(ANCHORED, 0.8),
    "core": 1.0,
    "wide": 0.35,
    "points": -0.35,
    "short_points": -0.5,
    "long_points": -0.5,
}
"""IoU from which a proposal is too like an accepted one of its family; if negative, of any family."""

SCHEDULE: tuple[tuple[str, float], ...] = (
    ("flanked", 0.018), ("core", 0.006), ("wide", 0.006),
    ("flanked", 0.023), ("wide", 0.028), ("core", 0.018), ("points", 0.03), ("tail", 0.004), ("core", 0.022),
    ("tail", 0.006), ("flanked", 0.03), ("long_points", 0.02), ("short_points", 0.06), ("core", 0.03),
    ("flanked", 0.036), ("tail", 0.012), ("head", 0.012), ("apron", 0.02), ("short_points", 0.1),
    ("long_points", 0.1), ("points", 0.1), ("core", 1.0), ("flanked", 1.0), ("tail", 1.0), ("head", 1.0),
    ("apron", 1.0), ("points", 1.0), ("short_points", 1.0), ("long_points", 1.0),
)  # fmt: skip
"""Family and candidates per residue that it may have accepted by the end of the step."""

SPREAD_ABOVE = 0.12
"""Candidates per residue above which windows are spread; sparser lattices have none."""

SPREAD_STEP = 5
"""Place in `SCHEDULE` where they come in: the best of each family stands."""

SPREAD_LIKENESS = -0.5
"""`LIKENESS` of the spread windows."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Overlapping candidates within a budget.

    Attributes:
        anchors: gives a protein's cores, best first; without it, change points alone span the lattice.
        anchors_digest: what `anchors` depends on; part of the identity, since a function has none.
        minimum: shortest candidate, residues; a protein of this length is one candidate, a shorter one has none.
        maximum: longest candidate, residues.
        density: most candidates per residue (but `FEWEST` in any protein).
        fine: minimum distance of change points, residues.
        penalty: of a change point, as in `bounded.Bounded`.
    """

    anchors: Anchors | None = None
    anchors_digest: str = ""
    minimum: int = NES.lengths[0]
    maximum: int = NES.lengths[1]
    density: float = 0.1
    fine: int = 4
    penalty: float = 1.0

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be met."""
        if not 1 <= self.fine <= self.minimum or self.maximum < 2 * self.minimum - 1:
            raise ValueError(f"no lattice of {self.minimum} to {self.maximum} residues on points {self.fine} apart")
        if not 0 < self.density <= 1 or self.penalty < 0:
            raise ValueError(f"no such density or penalty: {self.density}, {self.penalty}")

    @property
    def identity(self) -> SegmentationIdentity:
        """Algorithm, version, parameters and geometry."""
        names = ("anchors_digest", "minimum", "maximum", "density", "fine", "penalty")
        parameters: dict[str, Json] = {name: getattr(self, name) for name in names}
        schedule: list[Json] = [f"{family} {share:g}" for family, share in SCHEDULE]
        flanks: dict[str, Json] = {name: list(flank) for name, flank in ANCHORED.items()}
        sizes: dict[str, Json] = dict(BETWEEN_POINTS)
        likeness: dict[str, Json] = dict(LIKENESS)
        geometry: dict[str, Json] = {"schedule": schedule, "flanks": flanks, "sizes": sizes, "likeness": likeness}
        if self.density > SPREAD_ABOVE:
            geometry["spread"] = [*SPREAD, SPREAD_STEP, SPREAD_LIKENESS]
        return SegmentationIdentity("lattice", 1, {**parameters, "anchored": self.anchors is not None, **geometry})

    def spans(self, residues: str, embedding: NDArray[np.float32]) -> list[ResidueSpan]:
        """Overlapping candidates in ascending order; see `segmentation.protocol.Segmenter`."""
        check_embedding(residues, embedding)
        length = len(residues)
        if length <= self.minimum:
            return [ResidueSpan(1, length)] if length == self.minimum else []
        chosen = self._chosen(self._families(residues, embedding), length)
        ascending = chosen[np.lexsort((chosen[:, 1], chosen[:, 0]))]
        return [ResidueSpan(first, last) for first, last in ascending.tolist()]

    def _families(self, residues: str, embedding: NDArray[np.float32]) -> dict[str, Spans]:
        sizes = (self.minimum, self.maximum)
        families = between_points(embedding, sizes, self.fine, self.penalty)
        if self.anchors is not None:
            cores = bounds(self.anchors(residues))
            families |= anchored(cores, sizes, len(residues))
            families["wide"] = wide(cores, self.maximum, len(residues))
        if self.density > SPREAD_ABOVE:
            families["spread"] = spread(len(residues), (self.minimum, self.maximum))
        return families

    def _chosen(self, families: dict[str, Spans], length: int) -> Spans:
        from ._lattice_kernels import choose_varied

        names = list(families)
        proposals = np.concatenate(list(families.values()))
        bounds = np.cumsum([0, *map(len, families.values())])
        likeness = np.array([LIKENESS.get(name, SPREAD_LIKENESS) for name in names])
        schedule = (*SCHEDULE[:SPREAD_STEP], ("spread", 1.0), *SCHEDULE[SPREAD_STEP:])
        steps = [(names.index(name), int(np.ceil(share * length))) for name, share in schedule if name in names]
        budget = max(FEWEST, int(self.density * length))
        chosen: Spans = proposals[choose_varied(proposals, bounds, likeness, np.array(steps), budget)]
        return chosen
