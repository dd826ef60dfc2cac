"""The two truths that methods are measured on, from the references in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ..records import ReferenceEntry, Sign, SiteKind
from ..residues import ResidueSpan
from .training_set import signal_sites, truth_of

if TYPE_CHECKING:
    from ..learning.truth import Truth

SHORTEST_RANGE, LONGEST_RANGE = 8, 40
"""Residues of a functional range that truth B takes for the place of a signal."""


def truth_a(entries: Iterable[ReferenceEntry]) -> dict[str, Truth]:
    """Digest -> curated peptides; doubtful ones and those that are too long to say where are unknown."""
    return _by_sequence(entries, truth_of)


def truth_b(entries: Iterable[ReferenceEntry]) -> dict[str, Truth]:
    """Digest -> functional ranges of `SHORTEST_RANGE` to `LONGEST_RANGE` residues, for proteins that have one.

    Doubtful, shorter and longer ranges are unknown, and so are peptides that no such range overlaps: an NES is known
    to be there, but not its range.
    """
    found = _by_sequence(entries, _ranges)
    return {digest: truth for digest, truth in found.items() if truth.motifs}


def _by_sequence(
    entries: Iterable[ReferenceEntry], stated: Callable[[Sequence[ReferenceEntry]], Truth]
) -> dict[str, Truth]:
    by_digest: defaultdict[str, list[ReferenceEntry]] = defaultdict(list)
    for entry in entries:
        by_digest[entry.digest].append(entry)
    return {digest: stated(own) for digest, own in by_digest.items()}


def _ranges(entries: Sequence[ReferenceEntry]) -> Truth:
    from ..learning.truth import Truth

    motifs: set[ResidueSpan] = set()
    unknown: set[ResidueSpan] = set()
    peptides: set[ResidueSpan] = set()
    for entry in entries:
        for site in entry.sites:
            if site.kind is SiteKind.FUNCTIONAL_SIGNAL and site.sign is not Sign.NON_MOTIF:
                clear = site.sign is Sign.MOTIF and SHORTEST_RANGE <= len(site.span) <= LONGEST_RANGE
                (motifs if clear else unknown).add(site.span)
        for site in signal_sites(entry):
            if site.sign is not Sign.NON_MOTIF:
                (peptides if site.sign is Sign.MOTIF else unknown).add(site.span)
    unknown |= {peptide for peptide in peptides if not any(peptide.overlap(motif) for motif in motifs)}
    return Truth(tuple(sorted(motifs)), tuple(sorted(unknown - motifs)))
