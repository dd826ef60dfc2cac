"""Proposals for the candidates of a lattice: cores with flanks, wide windows at cores, spans between change points.

Spans are arrays of first and last residue, 1-based inclusive, shape (n, 2), the best proposal first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan
from .bounded import change_points

Anchors: TypeAlias = Callable[[str], list[ResidueSpan]]
"""Gives the cores of a protein, best first."""

Spans: TypeAlias = NDArray[np.int64]

ANCHORED: dict[str, tuple[int, int]] = {
    "core": (0, 0),
    "flanked": (3, 3),
    "tail": (0, 6),
    "head": (4, 0),
    "apron": (5, 4),
}
"""Families of cores with so many residues before and after them."""

BETWEEN_POINTS: dict[str, int] = {"points": 18, "short_points": 11, "long_points": 23}
"""Families of spans between two change points, with the length in residues that each prefers."""

SPREAD = (18, 9)
"""Width of the windows spread over a protein, and the distance of one to the next, residues."""


def anchored(cores: Spans, sizes: tuple[int, int], length: int) -> dict[str, Spans]:
    """Families of `ANCHORED`: each core with its flanks, as far as the protein and the sizes admit them.

    Args:
        cores: best first.
        sizes: shortest and longest candidate, residues.
        length: of the protein, residues.
    """
    return {
        name: _of_size(np.clip(cores + np.array([-before, after]), 1, length), sizes)
        for name, (before, after) in ANCHORED.items()
    }


def wide(cores: Spans, width: int, length: int) -> Spans:
    """Windows of `width` residues centred at each core, moved inwards at the ends of the protein."""
    first = np.clip((cores.sum(axis=1) - width + 1) // 2, 1, max(1, length - width + 1))
    return np.column_stack((first, np.minimum(first + width - 1, length)))


def spread(length: int, sizes: tuple[int, int]) -> Spans:
    """Windows of `SPREAD` over the whole protein, then those half-way between them.

    Example:
        >>> spread(36, (8, 25)).tolist()
        [[1, 18], [10, 27], [19, 36], [5, 22], [14, 31]]
    """
    width, step = SPREAD
    rightmost = max(1, length - width + 1)
    begins = [np.append(np.arange(begin, rightmost, step), rightmost) for begin in (1, 1 + step // 2)]
    first = np.array(list(dict.fromkeys(np.concatenate(begins).tolist())), dtype=np.int64)
    return _of_size(np.column_stack((first, np.minimum(first + width - 1, length))), sizes)


def between_points(
    embedding: NDArray[np.float32], sizes: tuple[int, int], fine: int, penalty: float
) -> dict[str, Spans]:
    """Families of `BETWEEN_POINTS`: all spans of the given sizes between two change points.

    Args:
        embedding: shape (L, dimension).
        sizes: shortest and longest candidate, residues.
        fine: minimum distance of change points, residues.
        penalty: of a change point, as in `bounded.Bounded`.
    """
    ends = change_points(embedding, fine, sizes[1], penalty, relative=True)
    begins = np.concatenate(([0], ends[:-1]))
    # A span holds at most maximum / fine pieces, the last of which may be short of `fine` only if it is the protein.
    pieces = np.arange(sizes[1] // fine + 1)
    last_piece = np.arange(len(ends))[:, None] + pieces
    inside = last_piece < len(ends)
    first = np.broadcast_to(begins[:, None] + 1, inside.shape)[inside]
    spans = _of_size(np.column_stack((first, ends[last_piece[inside]])), sizes)
    lengths = spans[:, 1] - spans[:, 0] + 1
    return {name: spans[np.argsort(abs(lengths - size), kind="stable")] for name, size in BETWEEN_POINTS.items()}


def _of_size(spans: Spans, sizes: tuple[int, int]) -> Spans:
    lengths = spans[:, 1] - spans[:, 0] + 1
    fitting: Spans = spans[(lengths >= sizes[0]) & (lengths <= sizes[1])]
    return fitting
