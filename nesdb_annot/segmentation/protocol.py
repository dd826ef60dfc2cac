"""What every segmentation algorithm offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..records import SegmentationIdentity
from ..residues import ResidueSpan


class Segmenter(Protocol):
    """Cuts one protein into candidate segments, independently of all other proteins."""

    @property
    def identity(self) -> SegmentationIdentity:
        """Algorithm, version and parameters: equal identities give equal segments."""
        ...

    def spans(self, residues: str, embedding: NDArray[np.float32]) -> list[ResidueSpan]:
        """Segments in ascending order of first, then last residue; none where the protein is shorter than a motif.

        Args:
            residues: cleaned residues, length L.
            embedding: per-residue embedding, shape (L, dimension), finite.

        Raises:
            ValueError: if the shapes disagree or the embedding is not finite.
        """
        ...
