"""What the weights of the methods may depend on: the surroundings of a segment, in a few plain numbers near 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan, bounds
from .consensus import strict_cores
from .descriptors import CHARGE, DISORDER, SCALES, letter_indices
from .patterns import PATTERNS
from .topology import StatedStretches, topology
from .tracks import within

Floats = NDArray[np.float64]

SEGMENT_CONTEXT = (
    "length", "pattern", "reverse", "disorder", "acidity", "end", "membrane", "signal_peptide", "coiled_coil",
)  # fmt: skip
"""Columns of `segment_context`."""

SURROUNDING, FLANK, END = 25, 8, 40.0
"""Residues on either side over which disorder-like composition is averaged, over which charge is, and over which
nearness to an end of the protein decays."""

_REVERSE = np.array([pattern.orientation == "minus" for pattern in PATTERNS])


def segment_context(residues: str, spans: Sequence[ResidueSpan], stated: StatedStretches = ()) -> Floats:
    """Context of each segment, shape (n, len(SEGMENT_CONTEXT)).

    Length (0 at 16 residues, 1 at 26), whether a pattern matches and whether the best match is of a reverse class,
    disorder-like composition and net acidity of the surroundings, nearness to either end of the protein, and the
    shares of the segment that look like a membrane helix, a signal peptide or a coiled coil, or are `stated` to be one
    (`topology`).
    """
    ends = bounds(spans)
    begin, end = ends[:, 0] - 1, ends[:, 1]
    letters = letter_indices(residues)
    masks = topology(residues, stated)
    disorder = _means(SCALES[DISORDER][letters], begin - SURROUNDING, end + SURROUNDING)
    acidity = -_means(SCALES[CHARGE][letters], begin - FLANK, end + FLANK)
    nearest = np.minimum(begin, len(residues) - end)
    shares = [_means(mask, begin, end) for mask in (masks.membrane, masks.signal_peptide, masks.coiled_coil)]
    matched, reverse = _classes(residues, spans)
    near_end = np.exp(-nearest / END)
    return np.column_stack([(end - begin - 16) / 10, matched, reverse, 4 * disorder, 4 * acidity, near_end, *shares])


def _classes(residues: str, spans: Sequence[ResidueSpan]) -> tuple[Floats, Floats]:
    """Whether a pattern matches, and whether the best match is of a reverse class; 0 or 1, shape (n,) each."""
    scored = strict_cores(residues)
    hit, _ = scored.best_in(list(spans))
    reverse = np.append(_REVERSE[scored.hits.pattern], False)[hit]
    return (hit >= 0).astype(np.float64), reverse.astype(np.float64)


def _means(values: NDArray[np.float32] | NDArray[np.bool_], begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
    """Means of `values` over residues [begin, end), 0-based and cut at the ends of the protein; shape (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    low, high = within(begin, 0, len(values)), within(end, 0, len(values))
    outcome: Floats = (sums[high] - sums[low]) / np.maximum(high - low, 1)
    return outcome
