"""Segmentation `bounded`: exact optimal change points between a minimum and a maximum segment length."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..motifs import NES
from ..records import SegmentationIdentity
from ..residues import ResidueSpan
from .checks import NOT_FINITE, check_shape

Cost: TypeAlias = Literal["squared", "cosine"]

PENALTY = 1.25
"""Penalty of a segment, in multiples of the mean cost of a residue in the undivided protein.

The multiple has no unit, so one value serves every language model. Without a penalty every segment would have the
minimum length. Chosen on folds of NESdb with the bundled model, the penalty of highest mean IoU with known signals lay
between 1 and 2.
"""


def change_points(
    embedding: NDArray[np.float32],
    minimum: int,
    maximum: int,
    penalty: float,
    *,
    cost: Cost = "squared",
    relative: bool = False,
) -> NDArray[np.int64]:
    """Return the ends of the optimal segments, 0-based half-open, ascending; the last one is L.

    Args:
        embedding: shape (L, dimension).
        minimum: shortest segment, residues; a shorter protein is one segment.
        maximum: longest segment, residues.
        penalty: added for every segment, in the units of the cost.
        cost: ``squared``: sum of squared distances to the segment's mean. ``cosine``: the same on rows of length 1,
            which is the segment's length times one minus the mean cosine of all its pairs.
        relative: the penalty is in multiples of the mean cost of a residue in the undivided protein.

    Raises:
        ValueError: if the embedding is not finite, or no such segments can cover the protein.
    """
    from . import _bounded_kernel as kernel

    length = len(embedding)
    _check_request(length, minimum, maximum, penalty)
    rows = np.ascontiguousarray(embedding, dtype=np.float32)
    factors, mean, unit = kernel.scaled(rows, cost == "cosine")
    if not math.isfinite(unit):
        raise ValueError(NOT_FINITE)
    if length < minimum:
        return np.array([length])
    absolute = penalty * unit if relative else float(penalty)
    return kernel.change_points(rows, factors, mean, minimum, min(maximum, length), absolute)


def _check_request(length: int, minimum: int, maximum: int, penalty: float) -> None:
    fewest = -(-length // maximum) if maximum >= 1 else length + 1
    if not 1 <= minimum <= maximum or (length > maximum and fewest * minimum > length):
        raise ValueError(f"{length} residues cannot be cut into segments of {minimum} to {maximum}")
    if not math.isfinite(penalty):
        raise ValueError(f"no such penalty: {penalty}")


def partition(ends: list[int]) -> list[ResidueSpan]:
    """Consecutive spans of segments that end at `ends` (0-based half-open, ascending).

    Example:
        >>> [str(span) for span in partition([8, 20])]
        ['1-8', '9-20']
    """
    return [ResidueSpan(last + 1, end) for last, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class Bounded:
    """Partition of a protein into segments of `minimum` to `maximum` residues.

    Attributes:
        minimum: shortest segment, residues; a protein that is shorter has none.
        maximum: longest segment, residues; at least ``2 * minimum - 1``, so that every length can be cut.
        penalty: see `PENALTY`.
        cost: see `change_points`.
    """

    minimum: int = NES.lengths[0]
    maximum: int = NES.lengths[1]
    penalty: float = PENALTY
    cost: Cost = "squared"

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be met."""
        if self.minimum < 1 or self.maximum < 2 * self.minimum - 1:
            raise ValueError(f"segments of {self.minimum} to {self.maximum} residues cannot cut every protein")
        if self.penalty < 0 or self.cost not in ("squared", "cosine"):
            raise ValueError(f"no such penalty or cost: {self.penalty}, {self.cost!r}")

    @property
    def identity(self) -> SegmentationIdentity:
        """Algorithm, version and parameters."""
        return SegmentationIdentity("bounded", 1, asdict(self))

    def spans(self, residues: str, embedding: NDArray[np.float32]) -> list[ResidueSpan]:
        """Consecutive segments that cover the protein; a protein that is shorter than `minimum` has none."""
        check_shape(residues, embedding)
        ends = change_points(embedding, self.minimum, self.maximum, self.penalty, cost=self.cost, relative=True)
        return partition(ends.tolist()) if len(residues) >= self.minimum else []
