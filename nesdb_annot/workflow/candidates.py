"""Which candidates a protein offers, and which are left after scoring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from ..residues import ResidueSpan
    from ..segmentation.protocol import Segmenter


def candidate_segmenter(settings: Settings) -> Segmenter:
    """Return the segmentation that the settings name; a lattice is anchored at consensus cores."""
    from ..methods.consensus import Consensus, consensus_cores
    from ..segmentation.factory import make_segmenter

    name = settings.segmentation
    if name == "lattice":
        return make_segmenter(name, consensus_cores, anchors_digest=Consensus().identity.digest)
    return make_segmenter(name)


Resolve = Callable[[Sequence["ResidueSpan"], Sequence[float], int], list[int]]
"""Spans, probabilities and length of a protein -> indices of the candidates to store, ascending."""


def resolution(segmenter: Segmenter) -> Resolve:
    """Which candidates are left: of a lattice's overlapping ones the most probable; of a partition, all."""
    from ..segmentation.overlaps import keep_limit, resolve_overlaps

    def of_lattice(spans: Sequence[ResidueSpan], probabilities: Sequence[float], length: int) -> list[int]:
        return resolve_overlaps(spans, probabilities, limit=keep_limit(length))

    def of_partition(spans: Sequence[ResidueSpan], _: Sequence[float], __: int) -> list[int]:
        return list(range(len(spans)))

    return of_lattice if segmenter.identity.algorithm == "lattice" else of_partition


Refine = Callable[[str, Sequence["ResidueSpan"], Sequence[float], Sequence[int]], list["ResidueSpan"]]
"""Residues, spans and probabilities of a protein, and the indices that are left -> the spans to store, in order."""


def refinement(segmenter: Segmenter) -> Refine:
    """Where the candidates that are left begin and end: in a lattice neighbours vote and cores are taken in.

    Those of a partition stay as they are.
    """
    from ..methods.consensus import best_cores
    from ..segmentation.refinement import refine_spans

    def as_they_are(
        _: str, spans: Sequence[ResidueSpan], __: Sequence[float], kept: Sequence[int]
    ) -> list[ResidueSpan]:
        return [spans[i] for i in kept]

    def refined(
        residues: str, spans: Sequence[ResidueSpan], probabilities: Sequence[float], kept: Sequence[int]
    ) -> list[ResidueSpan]:
        return refine_spans(spans, probabilities, kept, best_cores(residues, [spans[i] for i in kept]))

    return refined if segmenter.identity.algorithm == "lattice" else as_they_are
