"""From the references in the database to proteins to train on: which span is a motif, which leaves the question open.

A motif is the representative peptide of a reference (NESdb's curated peptide), or a functional signal that no peptide
stands for, if it has at most `LONGEST` residues and is not doubtful. Doubtful and longer ones are
*unknown*: neither positive nor negative. What was tested and is no signal is *refuted*, unless another source states a
signal there: it counts fully as a negative, the rest of a cargo, which is unlabelled, for less
(`learning.examples.UNLABELLED_WEIGHT`). Mutations are never taken for signals. Entries with the same sequence are one
protein.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from ..residues import ResidueSpan
from .target import find_target

if TYPE_CHECKING:
    from ..language.protocol import Embedder
    from ..learning.examples import TrainingProtein
    from ..learning.truth import Truth
    from ..segmentation.protocol import Segmenter
    from ..store.engine import Store
    from .progress import Progress

MOTIF_FREE = 300
"""Proteins of an organism without CRM1 that are taught as motif-free."""

LONGEST = 30
"""Residues; a longer annotation says that an NES is somewhere inside, but not where."""

SHORTEST = 8
"""Residues; shorter ones are single residues or halves of a signal."""


def signal_sites(entry: ReferenceEntry) -> list[ReferenceSite]:
    """Sites that state where a signal is: peptides, and the functional signals that no peptide stands for.

    NESdb's export gives one peptide twice for some entries with two signals; the second signal then has its range only.
    """
    peptides = [site for site in entry.sites if site.kind is SiteKind.PEPTIDE]
    signals = [site for site in entry.sites if site.kind is SiteKind.FUNCTIONAL_SIGNAL]
    return peptides + [s for s in signals if not any(s.span.overlap(p.span) for p in peptides)]


def truth_of(entries: Iterable[ReferenceEntry]) -> Truth:
    """What the entries of one sequence state together. What one source doubts, another may be sure of."""
    from ..learning.truth import Truth

    motifs: set[ResidueSpan] = set()
    unknown: set[ResidueSpan] = set()
    refuted: set[ResidueSpan] = set()
    for entry in entries:
        for site in signal_sites(entry):
            if site.sign is Sign.MOTIF and SHORTEST <= len(site.span) <= LONGEST:
                motifs.add(site.span)
            else:
                (refuted if site.sign is Sign.NON_MOTIF else unknown).add(site.span)
    refuted = {span for span in refuted if not any(span.overlap(motif) for motif in motifs)}
    return Truth(tuple(sorted(motifs)), tuple(sorted(unknown)), tuple(sorted(refuted)))


def training_proteins(
    entries: Sequence[ReferenceEntry], embedder: Embedder, segmenter: Segmenter, progress: Progress
) -> Iterator[TrainingProtein]:
    """Each distinct sequence of `entries` with its embedding, candidates and truth, in the order of digests."""
    from ..learning.examples import TrainingProtein

    by_digest: defaultdict[str, list[ReferenceEntry]] = defaultdict(list)
    for entry in entries:
        by_digest[entry.digest].append(entry)
    digests = sorted(by_digest)
    residues = [by_digest[digest][0].residues for digest in digests]
    for digest, letters, embedding in zip(digests, residues, embedder.embed(residues), strict=True):
        progress.advance(len(letters))
        spans = segmenter.spans(letters, embedding)
        yield TrainingProtein(digest, letters, embedding, spans, truth_of(by_digest[digest]))


def motif_free_proteins(
    store: Store, proteome: str, embedder: Embedder, segmenter: Segmenter, progress: Progress
) -> Iterator[TrainingProtein]:
    """`MOTIF_FREE` proteins of the teaching half of a proteome; the other half stays unseen, to count errors on."""
    from ..learning.examples import TrainingProtein

    taught = teaching_half(sequences_of_proteome(store, proteome))[:MOTIF_FREE]
    progress.begin(f"embedding motif-free proteins of {proteome}", sum(len(residues) for _, residues in taught))
    for (digest, residues), embedding in zip(taught, embedder.embed(r for _, r in taught), strict=True):
        progress.advance(len(residues))
        yield TrainingProtein(digest, residues, embedding, segmenter.spans(residues, embedding), cargo=False)
    progress.end()


def teaching_half(sequences: Mapping[str, str]) -> list[tuple[str, str]]:
    """Half of the families of `sequences` (digest -> residues), in the order of digests; no family is divided.

    A family is in the half whose least digest is even, so that the halves of a proteome stay what they are.
    """
    from ..learning.folds import FoldMember, families

    digests = sorted(sequences)
    family = families([FoldMember(digest, sequences[digest]) for digest in digests])
    taught = [int(digests[own], 16) % 2 == 0 for own in family.tolist()]
    return [(digest, sequences[digest]) for digest, wanted in zip(digests, taught, strict=True) if wanted]


def sequences_of_proteome(store: Store, proteome: str) -> dict[str, str]:
    """Digest -> residues of a proteome's newest release."""
    from ..store.proteomes import sequences_of

    target = find_target(store, proteome)
    return dict(sequences_of(store, *target.key))
