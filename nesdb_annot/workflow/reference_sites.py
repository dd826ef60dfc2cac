"""Merge what all sources state about one sequence into one label for each site.

A *label* is a clear signal: a curated peptide of 8 to 30 residues, or a functional signal of 8 to 45 residues, that no
source doubts. Doubtful, shorter and longer signals are *unknown*: neither learned nor counted. A span that was tested
and is no signal is *refuted*, unless a label overlaps it. The bundled sample of the demo gives no labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ..records import ReferenceEntry, ReferenceSite, Sign, SiteKind, digest_of
from ..residues import ResidueSpan
from . import sample

if TYPE_CHECKING:
    from ..learning.truth import Truth
    from ..store.engine import Store

SHORTEST = 8
"""Residues; shorter signals are single residues or halves of a signal."""

LONGEST_PEPTIDE, LONGEST_SIGNAL = 30, 45
"""Residues; a longer annotation says that an NES is somewhere inside, but not where."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LabelledSite:
    """One site that counts as one NES.

    Attributes:
        span: as the first source states it; see `merged_spans`.
        sources: every source that states the site.
        citations: the citations of all of these entries.
    """

    span: ResidueSpan
    sources: tuple[str, ...]
    citations: tuple[str, ...]


def training_entries(store: Store) -> list[ReferenceEntry]:
    """Entries of every source that gives labels: all but the bundled sample; see `once_per_accession`."""
    from ..store.references import load_entries

    return once_per_accession(entry for entry in load_entries(store) if entry.source != sample.SOURCE)


def once_per_accession(entries: Iterable[ReferenceEntry]) -> list[ReferenceEntry]:
    """The entries, where sources state one NES on two versions of a sequence: a label on the first source's version.

    On the other version the same peptide is doubtful: neither learned nor counted.
    """
    checked: list[ReferenceEntry] = []
    by_accession: defaultdict[str, list[ReferenceEntry]] = defaultdict(list)
    for entry in _in_order(entries):
        others = [o for o in by_accession[entry.accession] if o.source != entry.source and o.digest != entry.digest]
        by_accession[entry.accession].append(entry)
        peptides = [site.span.of(o.residues) for o in others for site in signal_sites(o) if _is_label(site)]
        sites = tuple(_once(site, entry, peptides) for site in entry.sites)
        checked.append(replace(entry, sites=sites) if peptides else entry)
    return checked


def _once(site: ReferenceSite, entry: ReferenceEntry, peptides: Sequence[str]) -> ReferenceSite:
    peptide = site.span.of(entry.residues)
    if site.sign is Sign.MOTIF and any(peptide in other or other in peptide for other in peptides):
        return replace(site, sign=Sign.DOUBTFUL)
    return site


def by_sequence(
    entries: Iterable[ReferenceEntry], merge: Callable[[Sequence[ReferenceEntry]], Result]
) -> dict[str, Result]:
    """Digest of each sequence -> what `merge` makes of the entries of that sequence."""
    groups: defaultdict[str, list[ReferenceEntry]] = defaultdict(list)
    for entry in entries:
        groups[entry.digest].append(entry)
    return {digest: merge(group) for digest, group in groups.items()}


def truth_of(entries: Iterable[ReferenceEntry]) -> Truth:
    """Labels, unknown spans and refuted spans of one sequence, from its entries of all sources."""
    from ..learning.truth import Truth

    entries = list(entries)
    labels = _label_spans(entries)
    others = [site for _, site in _signals(entries) if not _is_label(site)]
    refuted = {site.span for site in others if site.sign is Sign.NON_MOTIF}
    unknown = {site.span for site in others if site.sign is not Sign.NON_MOTIF}
    refuted = {span for span in refuted if not any(span.overlap(label) for label in labels)}
    unknown = {span for span in unknown if len(span) > LONGEST_SIGNAL or not any(span.is_site_of(o) for o in labels)}
    return Truth(tuple(sorted(labels)), tuple(sorted(unknown)), tuple(sorted(refuted)))


def labelled_sites(entries: Iterable[ReferenceEntry]) -> list[LabelledSite]:
    """The labels of one sequence, each site once, with the citations of every source that states the site."""
    entries = list(entries)
    return [_labelled(span, entries) for span in _label_spans(entries)]


def _labelled(label: ResidueSpan, entries: Iterable[ReferenceEntry]) -> LabelledSite:
    stating = [
        entry
        for entry in _in_order(entries)
        if any(site.sign is not Sign.NON_MOTIF and site.span.is_site_of(label) for site in signal_sites(entry))
    ]
    citations = (citation for entry in stating for citation in entry.citations)
    return LabelledSite(label, tuple(dict.fromkeys(e.source for e in stating)), tuple(dict.fromkeys(citations)))


def _label_spans(entries: Iterable[ReferenceEntry]) -> list[ResidueSpan]:
    return merged_spans((entry, site.span) for entry, site in _signals(entries) if _is_label(site))


def merged_spans(sites: Iterable[tuple[ReferenceEntry, ResidueSpan]]) -> list[ResidueSpan]:
    """One span for all sites of different entries that overlap (`ResidueSpan.is_site_of`).

    Sites of one entry stay apart. The span is that of the first entry by source (nesdb, nesdb_site, uniprot,
    user:NAME) and identifier.
    """
    merged: dict[ResidueSpan, ReferenceEntry] = {}
    for entry, span in sorted(sites, key=lambda pair: (*_order(pair[0]), pair[1])):
        if not any(first is not entry and span.is_site_of(other) for other, first in merged.items()):
            merged.setdefault(span, entry)
    return list(merged)


def _order(entry: ReferenceEntry) -> tuple[str, str]:
    return entry.source, entry.entry_id


def _in_order(entries: Iterable[ReferenceEntry]) -> list[ReferenceEntry]:
    return sorted(entries, key=_order)


def signal_sites(entry: ReferenceEntry) -> list[ReferenceSite]:
    """Sites of an entry that state where a signal is: its peptides, and the functional signals without a peptide.

    NESdb's site shows functional signals and no peptides; other sources may state either.
    """
    peptides = [site for site in entry.sites if site.kind is SiteKind.PEPTIDE]
    signals = [site for site in entry.sites if site.kind is SiteKind.FUNCTIONAL_SIGNAL]
    return peptides + [s for s in signals if not any(s.span.overlap(p.span) for p in peptides)]


def references_digest(entries: Iterable[ReferenceEntry]) -> str:
    """SHA-256 over all that heads learn from: the sequences and their labels, unknown and refuted spans.

    A second source of the same site changes nothing, and neither do names or citations.
    """
    entries = list(entries)
    truths = by_sequence(entries, truth_of)
    spans = {
        digest: [[[span.first, span.last] for span in part] for part in (truth.motifs, truth.unknown, truth.refuted)]
        for digest, truth in truths.items()
    }
    return digest_of([sorted({entry.motif for entry in entries}), spans])


def _signals(entries: Iterable[ReferenceEntry]) -> Iterator[tuple[ReferenceEntry, ReferenceSite]]:
    """Signals of one sequence; a curated peptide stands for the signals of every public source at its site.

    A clear site of a user's table is left out only where the peptide is a clear label itself.
    """
    entries = list(entries)
    peptides = [site for entry in entries for site in entry.sites if site.kind is SiteKind.PEPTIDE]
    for entry in entries:
        is_user = entry.source.startswith("user:")
        for site in signal_sites(entry):
            others = () if site.kind is SiteKind.PEPTIDE or site.sign is Sign.NON_MOTIF else peptides
            if not any(p.span.is_site_of(site.span) and (_is_label(p) or not is_user) for p in others):
                yield entry, site


def is_doubted(site: ReferenceSite, entry: ReferenceEntry, entries: Iterable[ReferenceEntry]) -> bool:
    """Whether another entry has a doubtful peptide at a site of a public source."""
    if entry.source.startswith("user:"):
        return False
    others = (other for one in entries if one is not entry for other in one.sites if other.kind is SiteKind.PEPTIDE)
    return any(other.sign is Sign.DOUBTFUL and other.span.is_site_of(site.span) for other in others)


def _is_label(site: ReferenceSite) -> bool:
    longest = LONGEST_PEPTIDE if site.kind is SiteKind.PEPTIDE else LONGEST_SIGNAL
    return site.sign is Sign.MOTIF and SHORTEST <= len(site.span) <= longest
