"""Which candidates a protein offers, and which are left after scoring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from ..residues import ResidueSpan
    from ..segmentation.protocol import Segmenter


def candidate_segmenter(settings: Settings) -> Segmenter:
    """The segmentation that the settings name; a lattice is anchored at consensus cores."""
    from ..methods.consensus import Consensus, consensus_cores
    from ..segmentation.factory import make_segmenter

    if settings.segmentation != "lattice":
        return make_segmenter(settings.segmentation)
    return make_segmenter("lattice", consensus_cores, anchors_digest=Consensus().identity.digest)


def candidates_left(
    segmenter: Segmenter, spans: Sequence[ResidueSpan], probabilities: Sequence[float], length: int
) -> list[int]:
    """Indices of the segments to store: of overlapping ones the most probable; of a partition, all."""
    from ..segmentation.overlaps import keep_limit, resolve_overlaps

    if segmenter.identity.algorithm != "lattice":
        return list(range(len(spans)))
    return resolve_overlaps(spans, probabilities, limit=keep_limit(length))
