"""Refine the span of a candidate that overlap resolution left, from the candidates that it stands for.

A lattice offers several spans around one core; the kept one is the most probable, not the best placed. Its neighbours
(IoU of at least `ALIKE`) vote on where it begins and ends, each with its probability; the core of its pattern, where it
has one, is then taken in whole (`around_core`). A candidate that would come too near to another that is kept takes in
its core alone, or stays as it was.

`ALIKE` and the weight were chosen from 12 pairs by mean IoU with the functional ranges of NESdb, six times on five of
six folds of families: each time `ALIKE` was 0.5, five times of six the plain probability was the weight. On the sixth
fold, in turn, mean IoU of the best hit rose from 0.672 to 0.690 (with curated peptides from 0.66 to 0.71), and IoU of
0.5 was reached by 86 instead of 78 per cent. No hit of a curated peptide was lost or won; about 2 per cent of those of
ranges fell below the 6 shared residues of a hit. That was before cores were taken in and neighbours kept apart. Which
candidates were kept was decided by heads trained on all folds. Trimming to the core with flanks gained less on folds
that had not chosen the flanks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..motifs import NES
from ..residues import ResidueSpan, bounds
from .overlaps import MAXIMUM_OVERLAP

ALIKE = 0.5
"""IoU from which a candidate votes."""

LEAST_WEIGHT = 1e-9
"""Added to every probability, so that votes count where all are 0."""

ROWS_AT_ONCE = 512
"""Kept candidates that are compared with all others at a time, which bounds the memory for a long protein."""


def refine_spans(
    spans: Sequence[ResidueSpan],
    scores: Sequence[float],
    kept: Sequence[int],
    cores: Sequence[ResidueSpan | None] | None = None,
    maximum_overlap: float = MAXIMUM_OVERLAP,
) -> list[ResidueSpan]:
    """The kept candidates with refined ends, in the order of `kept`.

    First and last residue are the rounded weighted means of those of all candidates alike. But for its core, a refined
    span is never longer or shorter than all of them. Candidates take their places from the most probable on: one whose
    refined span would share more than `maximum_overlap` with another (as it is by then) only takes its core in, or
    else stays as it was. So kept candidates that are clear of one another stay so.

    Args:
        spans: all candidates of one protein, n of them.
        scores: n probabilities.
        kept: indices from `overlaps.resolve_overlaps`.
        cores: of the patterns of those kept, in their order; None where there is none.
        maximum_overlap: share of the shorter of two that both may hold.

    Raises:
        ValueError: if the numbers disagree or a score is negative.

    Example:
        >>> spans = [ResidueSpan(10, 21), ResidueSpan(12, 23), ResidueSpan(60, 75)]
        >>> [str(span) for span in refine_spans(spans, [0.5, 0.5, 0.2], [0, 2])]
        ['11-22', '60-75']
    """
    from ._lattice_kernels import settle

    ends, weights = bounds(spans), np.asarray(scores, dtype=np.float64) + LEAST_WEIGHT
    if len(ends) != len(weights) or (weights <= 0).any():
        raise ValueError(f"{len(spans)} spans need as many probabilities")
    if not kept:
        return []
    own_cores = [None] * len(kept) if cores is None else cores
    wishes: list[ResidueSpan] = []
    for low in range(0, len(kept), ROWS_AT_ONCE):
        some, around = kept[low : low + ROWS_AT_ONCE], own_cores[low : low + ROWS_AT_ONCE]
        voted = _voted(ends, weights, some).tolist()
        for index, core, (begin, end, shortest, longest) in zip(some, around, voted, strict=True):
            span = ResidueSpan(begin, max(begin, min(end, begin + longest - 1)))
            wishes += [around_core(spans[index] if len(span) < shortest else span, core)]
            wishes += [around_core(spans[index], core)]
    own = ends[list(kept)]
    order = np.lexsort((own[:, 1], own[:, 0], -weights[list(kept)]))
    settled = settle(own, bounds(wishes).reshape(-1, 2, 2), order, float(maximum_overlap))
    return [ResidueSpan(first, last) for first, last in settled.tolist()]


LONGEST = NES.lengths[1]
"""Residues to which a span may grow to take in its core."""


def around_core(span: ResidueSpan, core: ResidueSpan | None) -> ResidueSpan:
    """`span` with all of `core`; where that is over `LONGEST`, it ends earlier on the other side of the core.

    Example:
        >>> [str(around_core(ResidueSpan(10, 33), core)) for core in (ResidueSpan(8, 17), None)]
        ['8-32', '10-33']
    """
    if core is None or (span.first <= core.first and core.last <= span.last):
        return span
    first, last = min(span.first, core.first), max(span.last, core.last)
    if core.first < span.first:
        return ResidueSpan(first, max(core.last, min(last, first + LONGEST - 1)))
    return ResidueSpan(min(core.first, max(first, last - LONGEST + 1)), last)


def _voted(ends: NDArray[np.int64], weights: NDArray[np.float64], kept: Sequence[int]) -> NDArray[np.int64]:
    """Where the candidates alike want each kept one to begin and end, and their least and greatest length; (n, 4)."""
    own, lengths = ends[list(kept)], ends[:, 1] - ends[:, 0] + 1
    first, last = np.maximum(ends[:, 0], own[:, :1]), np.minimum(ends[:, 1], own[:, 1:])
    shared = np.maximum(last - first + 1, 0)
    owner, alike = np.nonzero(shared >= ALIKE * (lengths + lengths[list(kept)][:, None] - shared))
    begins = np.flatnonzero(np.diff(owner, prepend=-1))  # of each kept one's own: it is alike to itself
    total = np.add.reduceat(ends[alike] * weights[alike, None], begins, axis=0)
    voted = np.rint(total / np.add.reduceat(weights[alike], begins)[:, None]).astype(np.int64)
    extremes = [extreme.reduceat(lengths[alike], begins) for extreme in (np.minimum, np.maximum)]
    return np.column_stack((voted, *extremes))
