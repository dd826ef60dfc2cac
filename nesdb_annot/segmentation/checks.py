"""What every segmentation algorithm asks of its input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def check_embedding(residues: str, embedding: NDArray[np.float32]) -> None:
    """Refuse an embedding that does not belong to `residues`.

    Raises:
        ValueError: if there are no residues, the embedding is not of shape (L, dimension), or it is not finite.
    """
    if not residues or embedding.ndim != 2 or len(embedding) != len(residues):
        raise ValueError(f"an embedding of shape {embedding.shape} does not fit {len(residues)} residues")
    # A sum is finite only if all its terms are; one pass instead of a mask of the same size.
    if not np.isfinite(embedding.sum()):
        raise ValueError("the embedding holds values that are not finite")
