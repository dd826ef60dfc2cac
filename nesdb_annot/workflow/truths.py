"""Reference sets A (curated peptides) and B (functional ranges), which methods are measured on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..records import ReferenceEntry, Sign, SiteKind
from ..residues import ResidueSpan
from .reference_sites import by_sequence, is_doubted, merged_spans, signal_sites, truth_of

if TYPE_CHECKING:
    from ..learning.truth import Truth

SHORTEST_RANGE, LONGEST_RANGE = 8, 40
"""Residues of a functional range that reference set B takes for the position of a signal."""


def truth_a(entries: Iterable[ReferenceEntry]) -> dict[str, Truth]:
    """Digest -> the labels of reference set A; see `reference_sites`."""
    return by_sequence(entries, truth_of)


def truth_b(entries: Iterable[ReferenceEntry]) -> dict[str, Truth]:
    """Digest -> functional ranges of `SHORTEST_RANGE` to `LONGEST_RANGE` residues, for proteins that have one.

    Doubtful, shorter and longer ranges are unknown, and so are peptides that no such range overlaps: an NES is known
    to be there, but not its range. The same range from several sources counts once.
    """
    truths = by_sequence(entries, _ranges)
    return {digest: truth for digest, truth in truths.items() if truth.motifs}


def _ranges(entries: Sequence[ReferenceEntry]) -> Truth:
    from ..learning.truth import Truth

    clear: list[tuple[ReferenceEntry, ResidueSpan]] = []
    unknown: set[ResidueSpan] = set()
    peptides: set[ResidueSpan] = set()
    for entry in entries:
        for site in entry.sites:
            if site.kind is SiteKind.FUNCTIONAL_SIGNAL and site.sign is not Sign.NON_MOTIF:
                fits = SHORTEST_RANGE <= len(site.span) <= LONGEST_RANGE
                if site.sign is Sign.MOTIF and fits and not is_doubted(site, entry, entries):
                    clear.append((entry, site.span))
                else:
                    unknown.add(site.span)
        for site in signal_sites(entry):
            if site.sign is not Sign.NON_MOTIF:
                (peptides if site.sign is Sign.MOTIF else unknown).add(site.span)
    motifs = merged_spans(clear)
    unknown |= {peptide for peptide in peptides if not any(peptide.overlap(motif) for motif in motifs)}
    return Truth(tuple(sorted(motifs)), tuple(sorted(unknown - set(motifs))))
