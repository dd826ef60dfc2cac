"""What training starts from: proteins with their candidates and what is known of them, as rows and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..methods.biochemical_features import segment_features
from ..methods.pooling import MEAN, pool
from ..methods.protocol import ProteinContext
from ..methods.segment_context import segment_context
from ..methods.tagger import UNLABELLED_WEIGHT
from ..residues import ResidueSpan, bounds
from .hard_negatives import KINDS, hard_kinds
from .neural import SegmentRows
from .tagger import TaggerExample, residue_labels
from .truth import Truth, Verdict, overlaps, verdicts

CLEAR_SHARE = 0.6
"""Overlap, as a share of the shorter of candidate and motif, from which a candidate is a clear positive example."""

MOTIF_FREE_WEIGHT = 0.15
"""Weight of the residues of motif-free proteins: enough to learn that membrane helices and signal peptides are no
motifs, and too little to learn what a bacterial protein is. With one weight for residues and candidates, and an earlier
combination, 0.1 gained on grouped folds, 0.3 and 1 cost precision."""

HARD_WEIGHT, EASY_WEIGHT = 0.3, 0.1
"""Weights of their candidates: of hard negatives (`hard_negatives.hard_kinds`) and of the others. Against 0.15 for
both, average precision among all proteins rose by 0.02 to 0.03 on inner folds of three and stayed the same among
cargoes; 0.2 for both gave less, and so did a threefold weight of hard ones at the same total."""


@dataclass(frozen=True)
class TrainingProtein:
    """One protein to train on.

    Attributes:
        digest: of the residues.
        residues: cleaned, length L.
        embedding: per residue, shape (L, dimension).
        spans: candidate segments, as the segmentation gives them.
        truth: motifs to learn, and stretches to ignore (doubtful, too long to tell where the motif is).
        cargo: False for a protein without any motif (bacterial, tested non-binder): all of it is negative.
        accession: that names the protein where a relative is shown.
    """

    digest: str
    residues: str
    embedding: NDArray[np.float32]
    spans: Sequence[ResidueSpan]
    truth: Truth = field(default_factory=Truth)
    cargo: bool = True
    accession: str = ""
    _vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def context(self, pooling: str = MEAN) -> ProteinContext:
        """The protein as scoring methods see it that read vectors of `pooling`."""
        vectors = self.pooled(pooling)
        return ProteinContext(self.digest, self.residues, self.embedding, self.spans, vectors, pooling=pooling)

    def pooled(self, pooling: str = MEAN) -> NDArray[np.float32]:
        """One vector for each candidate, shape (n, dimension)."""
        kept = self._vectors.get(pooling)
        return self._vectors.setdefault(pooling, pool(self.embedding, self.spans, pooling)) if kept is None else kept

    @cached_property
    def features(self) -> NDArray[np.float64]:
        """Biochemical features of each candidate."""
        return segment_features(self.residues, self.spans)

    @cached_property
    def segment_context(self) -> NDArray[np.float64]:
        """What the methods' weights may depend on, for each candidate."""
        return segment_context(self.residues, self.spans)

    @cached_property
    def hard_kinds(self) -> NDArray[np.bool_]:
        """What kinds of hard negative each candidate would be, shape (n, len(hard_negatives.KINDS))."""
        return hard_kinds(self.segment_context, self.spans, self.truth)

    @cached_property
    def verdicts(self) -> NDArray[np.int64]:
        """`Verdict` of each candidate, shape (n,)."""
        return verdicts(self.spans, self.truth)

    @cached_property
    def example_weights(self) -> NDArray[np.float64]:
        """Weight of each candidate as an example, shape (n,); 0 for those that are neither one thing nor the other."""
        hard = self.hard_kinds.any(axis=1)
        weight = np.full(len(self.spans), UNLABELLED_WEIGHT) if self.cargo else np.where(hard, HARD_WEIGHT, EASY_WEIGHT)
        known = bounds([*self.truth.motifs, *self.truth.unknown])
        if len(known):
            own = bounds(self.spans)
            lengths = np.minimum((own[:, 1] - own[:, 0] + 1)[:, None], (known[:, 1] - known[:, 0] + 1)[None])
            share = (overlaps(own, known) / lengths).max(axis=1)
            weight[share > 0] = 0.0
            weight[(self.verdicts == Verdict.HIT) & (share >= CLEAR_SHARE)] = 1.0
        tested = self.hard_kinds[:, KINDS.index("tested")] & (weight > 0) & (self.verdicts == Verdict.ERROR)
        weight[tested] = 1.0
        return weight

    def tagger_example(self) -> TaggerExample:
        """Labels per residue."""
        weight = UNLABELLED_WEIGHT if self.cargo else MOTIF_FREE_WEIGHT
        target, weights = residue_labels(len(self.residues), self.truth, weight)
        return TaggerExample(self.residues, self.embedding, target, weights)


def segment_rows(proteins: Sequence[TrainingProtein], folds: Sequence[int], pooling: str) -> SegmentRows:
    """Candidates that are clear examples, with their pooled embeddings and the fold of their protein."""
    kept = [protein.example_weights > 0 for protein in proteins]
    return SegmentRows(
        np.concatenate([protein.pooled(pooling)[k] for protein, k in zip(proteins, kept, strict=True)]),
        np.concatenate([(protein.verdicts == Verdict.HIT)[k] for protein, k in zip(proteins, kept, strict=True)]),
        np.concatenate([protein.example_weights[k] for protein, k in zip(proteins, kept, strict=True)]),
        np.repeat(np.asarray(folds), [int(k.sum()) for k in kept]),
    )


def feature_rows(proteins: Sequence[TrainingProtein]) -> NDArray[np.float64]:
    """Biochemical features of the candidates of `segment_rows`, in the same order."""
    return np.concatenate([protein.features[protein.example_weights > 0] for protein in proteins])


def taught_negatives(proteins: Sequence[TrainingProtein]) -> dict[str, dict[str, int]]:
    """Candidates that are taught as negatives, of cargoes and of motif-free proteins: all, and hard ones by kind."""
    counts = {}
    for kind, cargo in (("cargoes", True), ("motif_free_proteins", False)):
        own = [protein for protein in proteins if protein.cargo == cargo]
        taught = [(p.example_weights > 0) & (p.verdicts == Verdict.ERROR) for p in own]
        hard = sum((p.hard_kinds[t].sum(axis=0) for p, t in zip(own, taught, strict=True)), np.zeros(len(KINDS), int))
        counts[kind] = {"all": sum(int(t.sum()) for t in taught), **dict(zip(KINDS, hard.tolist(), strict=True))}
    return counts
