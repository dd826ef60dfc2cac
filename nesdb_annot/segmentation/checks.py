"""What every segmentation algorithm asks of its input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOT_FINITE = "the embedding holds values that are not finite"


def check_shape(residues: str, embedding: NDArray[np.float32]) -> None:
    """Refuse an embedding that does not belong to `residues`.

    Raises:
        ValueError: if there are no residues, or the embedding is not of shape (L, dimension).
    """
    if not residues or embedding.ndim != 2 or len(embedding) != len(residues):
        raise ValueError(f"an embedding of shape {embedding.shape} does not fit {len(residues)} residues")


def check_embedding(residues: str, embedding: NDArray[np.float32]) -> None:
    """Refuse an embedding that does not belong to `residues`, or holds no numbers.

    Raises:
        ValueError: if there are no residues, the embedding is not of shape (L, dimension), or it is not finite.
    """
    check_shape(residues, embedding)
    # A sum is finite only if all its terms are; one pass instead of a mask of the same size.
    check_finite(embedding.sum())


def check_finite(sums: NDArray[np.float64] | np.float32) -> None:
    """Refuse sums over an embedding that are not finite.

    Raises:
        ValueError: if one is not.
    """
    if not np.isfinite(sums).all():
        raise ValueError(NOT_FINITE)
