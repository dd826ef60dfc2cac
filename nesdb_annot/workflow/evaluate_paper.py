"""The published protocol on the references in the database, for comparison with the honest one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..figures import EvaluatedCandidate, EvaluationFigure
from ..records import ReferenceEntry, Sign, SiteKind
from .material import Material
from .progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..language.protocol import Embedder
    from ..learning.paper_protocol import PaperProtein, PaperSegments

LONGEST_PEPTIDE = 100
"""Residues of the longest NES peptide that is a reference of the published similarity."""
OTHER_LENGTH = 22
"""Residues of the peptides that stand for non-NESs: as long as the authors' own, drawn from the same proteins."""
ANNOTATED = (SiteKind.FUNCTIONAL_SIGNAL, SiteKind.EXPORT_MUTATION, SiteKind.BINDING_MUTATION)


def paper_evaluation(
    material: Material, seed: int, progress: Progress
) -> tuple[list[EvaluationFigure], list[EvaluatedCandidate]]:
    """Figures and scored segments of the published pipeline, training data included.

    Args:
        material: for its entries and its language model.
        seed: of split, network and drawn peptides.
        progress: told how far the embedding is.
    """
    from ..learning.paper_protocol import paper_figures, paper_segments

    proteins = list(_proteins(material, progress))
    motifs, others = _peptides(material.entries, proteins, seed)
    progress.begin("embedding isolated peptides", sum(map(len, [*motifs, *others])))
    alone = [_mean_embeddings(material.embedder, peptides, progress) for peptides in (motifs, others)]
    progress.end()
    segments = paper_segments(proteins, alone[0], alone[1], seed)
    return paper_figures(segments), list(_candidates(segments))


def _proteins(material: Material, progress: Progress) -> Iterator[PaperProtein]:
    from ..learning.paper_protocol import PaperProtein, merged
    from ..methods.pooling import pool
    from ..segmentation.factory import make_segmenter

    segmenter = make_segmenter("zps10")
    cargoes = [protein for protein in material.proteins if protein.cargo]
    progress.begin("zero-shot segmentation", sum(len(protein.residues) for protein in cargoes))
    for protein in cargoes:
        own = [entry for entry in material.entries if entry.digest == protein.digest]
        ranges = [s.span for e in own for s in e.sites if s.kind in ANNOTATED and s.sign is not Sign.NON_MOTIF]
        spans = segmenter.spans(protein.residues, protein.embedding)
        pooled = pool(protein.embedding, spans)
        progress.advance(len(protein.residues))
        yield PaperProtein(protein.digest, protein.residues, merged(ranges), spans, pooled)
    progress.end()


def _peptides(
    entries: Sequence[ReferenceEntry], proteins: Sequence[PaperProtein], seed: int
) -> tuple[list[str], list[str]]:
    """Every NES peptide, doubtful ones included, and as many other peptides that no annotated range touches."""
    sites = [(entry, site) for entry in entries for site in entry.sites if site.sign is not Sign.NON_MOTIF]
    curated = [(e, s) for e, s in sites if s.kind is SiteKind.PEPTIDE]
    chosen = curated or [(e, s) for e, s in sites if s.kind is SiteKind.FUNCTIONAL_SIGNAL]
    motifs = sorted({s.span.of(e.residues) for e, s in chosen if len(s.span) <= LONGEST_PEPTIDE})
    random = np.random.default_rng(seed)
    others: list[str] = []
    for protein in random.choice(np.arange(len(proteins)), 20 * len(motifs)).tolist():
        own = proteins[protein]
        first = int(random.integers(1, max(len(own.residues) - OTHER_LENGTH, 1) + 1))
        last = min(first + OTHER_LENGTH - 1, len(own.residues))
        if len(others) < len(motifs) and all(last < span.first or first > span.last for span in own.ranges):
            others.append(own.residues[first - 1 : last])
    return motifs, others


def _mean_embeddings(embedder: Embedder, peptides: Sequence[str], progress: Progress) -> NDArray[np.float64]:
    """Mean embedding of each peptide by itself, shape (n, dimension)."""
    found = []
    for peptide, embedding in zip(peptides, embedder.embed(peptides), strict=True):
        progress.advance(len(peptide))
        found.append(embedding.mean(axis=0).astype(np.float64))
    return np.stack(found)


def _candidates(segments: PaperSegments) -> Iterator[EvaluatedCandidate]:
    from ..learning.paper_protocol import PARTS

    for method, scores in segments.scores.items():
        for i, (digest, span) in enumerate(zip(segments.digests, segments.spans, strict=True)):
            verdict = "hit" if segments.positive[i] else "error"
            part = PARTS[int(segments.parts[i])]
            yield EvaluatedCandidate("paper", method, digest, span, part, float(scores[i]), verdict)
