"""Choose among overlapping candidates once they are scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..residues import ResidueSpan, bounds

MAXIMUM_OVERLAP = 0.25
"""Share of the shorter of two candidates that both may hold."""

KEPT_PER_RESIDUE = 0.06
"""Most candidates that are kept per residue of a protein."""


def keep_limit(length: int) -> int:
    """Most candidates to keep for a protein of `length` residues: `KEPT_PER_RESIDUE` of them, at least one."""
    return max(1, int(KEPT_PER_RESIDUE * length))


def resolve_overlaps(
    spans: Sequence[ResidueSpan],
    scores: Sequence[float],
    maximum_overlap: float = MAXIMUM_OVERLAP,
    limit: int | None = None,
) -> list[int]:
    """Non-maximum suppression: indices of the candidates kept, in ascending order of index.

    Candidates are taken from the highest score down; one is kept unless it shares more than `maximum_overlap` of the
    shorter of the two with a candidate already kept. Equal scores are taken in the order of first, then last
    residue.

    Args:
        spans: n candidates of one protein.
        scores: n scores, finite, higher is better.
        maximum_overlap: 0 to 1; at 1 nothing is suppressed.
        limit: most candidates to keep, as from `keep_limit`; None for no limit.

    Raises:
        ValueError: if the numbers disagree, a score is not finite, or `maximum_overlap` is no share.

    Example:
        >>> spans = [ResidueSpan(1, 12), ResidueSpan(4, 15), ResidueSpan(40, 52)]
        >>> resolve_overlaps(spans, [0.2, 0.9, 0.1])
        [1, 2]
    """
    from ._lattice_kernels import suppress

    values = np.asarray(scores, dtype=np.float64)
    if len(spans) != len(values) or not np.isfinite(values).all():
        raise ValueError(f"{len(spans)} spans need as many finite scores")
    if not 0 <= maximum_overlap <= 1:
        raise ValueError(f"no such share: {maximum_overlap}")
    ends = bounds(spans)
    order = np.lexsort((ends[:, 1], ends[:, 0], -values))
    kept = suppress(ends, order, float(maximum_overlap), len(spans) if limit is None else limit)
    return sorted(kept.tolist())
