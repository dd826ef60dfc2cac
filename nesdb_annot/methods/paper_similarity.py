"""The embedding score of the published pipeline, as its authors computed it: for the record and for comparison.

It is the log-fold of mean Euclidean distances, with one added to each, to *all* references of either kind. Each
reference is the mean embedding of an isolated peptide, while what it is compared with is a mean over a slice of the
whole protein's embedding; and the references hold the very NESs that were evaluated. All of that is part of the
published numbers and is kept. It takes no part in any combination but the published one; use `similarity` for work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NAME = "paper_similarity"

Floats = NDArray[np.float64]


def mean_distances(segments: Floats, references: Floats) -> Floats:
    """Mean Euclidean distance of each segment to all references, shape (n,).

    Args:
        segments: shape (n, dimension).
        references: shape (m, dimension), m at least 1.

    Raises:
        ValueError: if there are no references, or their dimension is another.
    """
    if not len(references) or references.shape[1] != segments.shape[1]:
        raise ValueError(f"references of shape {references.shape} for segments of shape {segments.shape}")
    # Differences row by row: |a|^2 - 2ab + |b|^2 would lose the digits that a segment near a reference needs.
    return np.array([np.sqrt(((references - segment) ** 2).sum(axis=1)).mean() for segment in segments])


def paper_similarity(segments: NDArray[np.float32], motifs: Floats, others: Floats) -> Floats:
    """Published similarity of mean segment embeddings, shape (n,); above 0 where motifs are nearer than the others.

    Args:
        segments: shape (n, dimension).
        motifs: mean embeddings of isolated NES peptides, shape (m, dimension).
        others: mean embeddings of isolated peptides that are none.

    Example:
        >>> motifs, others = np.array([[3.0, 4.0]]), np.array([[0.0, 1.0], [0.0, -1.0]])
        >>> paper_similarity(np.zeros((1, 2), np.float32), motifs, others).round(4).tolist()
        [-1.0986]
    """
    wide = segments.astype(np.float64)
    fold: Floats = np.log1p(mean_distances(wide, others)) - np.log1p(mean_distances(wide, motifs))
    return fold
