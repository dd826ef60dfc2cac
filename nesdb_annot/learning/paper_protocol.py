"""The evaluation of the published pipeline, step by step and with counts, so that anyone can see what it measures.

Source: the authors' public code (see the README). Segments of one size are kept, which loses most NESs before anything
is scored; the network is measured on its own training data; scores are brought to 0..1 over the very set that is
measured; references of the similarity are the evaluated NESs themselves, embedded as isolated peptides; thresholds are
the best on the same set. Nothing here is used anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..figures import EvaluationFigure
from ..methods.paper_combined import PAPER
from ..methods.paper_consensus import paper_consensus
from ..methods.paper_similarity import paper_similarity
from ..residues import ResidueSpan, bounds
from . import metrics
from .paper_neural import EPOCHS, fit_and_score
from .truth import overlaps

Floats = NDArray[np.float64]

SHORTEST, LONGEST = 7, 24
"""Residues of the segments kept: the published "8-25", counted as the authors' code counts."""
COVERED = 0.5
"""Share of an annotated range that makes a segment an NES."""
JOINED = 15
"""Ranges at most so far apart are one: reproduces 263 of the 279 lists of merged ranges in the authors' table."""
SHARES = (0.70, 0.85)
"""Proteins up to the first share train the network, up to the second validate it, the rest test it."""
THRESHOLDS = 100
PARTS = ("training", "validation", "test")
METHODS = ("paper_consensus", "paper_similarity", "paper_neural", "paper_weighted_sum")


@dataclass(frozen=True)
class PaperProtein:
    """One protein as the published pipeline sees it.

    Attributes:
        digest: of the residues.
        residues: cleaned, length L.
        ranges: annotated, merged over functional and mutated residues, doubtful ones included.
        spans: all segments of the zero-shot segmentation.
        pooled: mean embedding of each segment, shape (n, dimension).
    """

    digest: str
    residues: str
    ranges: Sequence[ResidueSpan]
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float32]

    def covered(self) -> NDArray[np.bool_]:
        """Whether each segment covers enough of each range, shape (segments, ranges)."""
        targets = bounds(self.ranges)
        share = overlaps(bounds(self.spans), targets) / (targets[:, 1] - targets[:, 0] + 1)
        outcome: NDArray[np.bool_] = share >= COVERED
        return outcome


def merged(spans: Sequence[ResidueSpan]) -> list[ResidueSpan]:
    """Spans joined where they overlap or lie at most `JOINED` residues apart.

    Example:
        >>> [str(span) for span in merged([ResidueSpan(269, 269), ResidueSpan(272, 277), ResidueSpan(1, 55)])]
        ['1-55', '269-277']
    """
    found: list[ResidueSpan] = []
    for span in sorted(spans):
        if found and span.first - found[-1].last <= JOINED:
            found[-1] = ResidueSpan(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return found


@dataclass(frozen=True)
class PaperSegments:
    """The segments that are left after the length filter, with everything known and scored of them; n rows.

    Attributes:
        digests, spans: which they are.
        positive: whether each covers enough of a range.
        parts: index into `PARTS` of each one's protein.
        scores: by method, each of shape (n,), on the published scales.
        steps: what was counted on the way, by name.
    """

    digests: Sequence[str]
    spans: Sequence[ResidueSpan]
    positive: NDArray[np.bool_]
    parts: NDArray[np.int64]
    scores: Mapping[str, Floats]
    steps: Mapping[str, float]


def paper_segments(
    proteins: Sequence[PaperProtein], motifs: Floats, others: Floats, seed: int, epochs: int = EPOCHS
) -> PaperSegments:
    """Divide, label, train, filter and score as published.

    Args:
        proteins: all of them, those trained on included.
        motifs: NES peptides embedded alone, shape (m, dimension).
        others: as many other peptides embedded alone.
        seed: of split and network.
        epochs: of the network.
    """
    part_of = _parts(len(proteins), seed)
    owner = np.repeat(np.arange(len(proteins)), [len(p.spans) for p in proteins])
    spans = [span for p in proteins for span in p.spans]
    positive = np.concatenate([p.covered().any(axis=1) for p in proteins])
    pooled = np.concatenate([p.pooled for p in proteins])
    lengths = np.array([len(span) for span in spans])
    kept = (lengths >= SHORTEST) & (lengths <= LONGEST)
    logits = fit_and_score(pooled, positive, part_of[owner] == 0, seed, epochs)
    places = np.flatnonzero(kept).tolist()
    peptides = [spans[i].of(proteins[owner[i]].residues) for i in places]
    scores = {
        "paper_consensus": np.array([paper_consensus(peptide)[0] for peptide in peptides], dtype=np.float64),
        "paper_similarity": paper_similarity(pooled[kept], motifs, others),
        "paper_neural": logits[kept],
    }
    weights = zip(PAPER.weights.values(), scores.values(), strict=True)
    scores["paper_weighted_sum"] = np.sum([weight * _min_max(own) for weight, own in weights], axis=0)
    return PaperSegments(
        [proteins[owner[i]].digest for i in places],
        [spans[i] for i in places],
        positive[kept],
        part_of[owner[kept]],
        scores,
        _steps(proteins, kept, positive),
    )


def _parts(proteins: int, seed: int) -> NDArray[np.int64]:
    """Part of each protein, drawn without a look at homology, as published."""
    drawn = np.random.default_rng(seed).permutation(proteins)
    part = np.empty(proteins, dtype=np.int64)
    part[drawn] = np.searchsorted(SHARES, np.arange(proteins) / proteins, side="right")
    return part


def _min_max(scores: Floats) -> Floats:
    """Brought to 0..1 over the very set that is measured: with other company the same segment scores otherwise."""
    outcome: Floats = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-12)
    return outcome


def _steps(
    proteins: Sequence[PaperProtein], kept: NDArray[np.bool_], positive: NDArray[np.bool_]
) -> dict[str, float]:
    """How many ranges there are, how many a segment covers, and how many are left after the length filter."""
    whole = left = ranges = begin = 0
    for protein in proteins:
        covered = protein.covered()
        own = kept[begin : begin + len(protein.spans)]
        begin += len(protein.spans)
        ranges += len(protein.ranges)
        whole += int(covered.any(axis=0).sum())
        left += int(covered[own].any(axis=0).sum())
    counts = {
        "proteins": len(proteins),
        "ranges": ranges,
        "ranges_in_a_segment": whole,
        "ranges_left_after_length_filter": left,
        "segments": len(kept),
        "segments_positive": int(positive.sum()),
        "segments_left_after_length_filter": int(kept.sum()),
        "segments_positive_left": int((positive & kept).sum()),
    }
    return {name: float(count) for name, count in counts.items()}


def paper_figures(segments: PaperSegments) -> list[EvaluationFigure]:
    """Figures as published, on all segments, and the same on proteins that the network was not trained on."""
    rows = [EvaluationFigure("paper", "segments", "paper_segmentation", n, v) for n, v in segments.steps.items()]
    unseen = segments.parts > 0
    for method, scores in segments.scores.items():
        threshold = best_threshold(scores, segments.positive)
        for population, chosen in (("segments", np.ones_like(unseen)), ("segments_unseen", unseen)):
            measured = _measured(scores[chosen], segments.positive[chosen], threshold)
            rows += [EvaluationFigure("paper", population, method, name, value) for name, value in measured.items()]
    return rows


def best_threshold(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """The one of `THRESHOLDS` evenly spaced ones that has the highest F1 on the same set."""
    tried = np.linspace(scores.min(), scores.max(), THRESHOLDS)
    right = np.array([(positive & (scores >= t)).sum() for t in tried])
    called = np.array([(scores >= t).sum() for t in tried])
    return float(tried[(2 * right / (called + positive.sum())).argmax()])


def _measured(scores: Floats, positive: NDArray[np.bool_], threshold: float) -> dict[str, float | None]:
    called = scores >= threshold
    right = int((called & positive).sum())
    precision, recall = right / max(int(called.sum()), 1), right / max(int(positive.sum()), 1)
    return {
        "candidates": float(len(scores)),
        "positive": float(positive.sum()),
        "auroc": metrics.auroc(scores, positive),
        "auprc": metrics.auprc(scores, positive) if positive.any() else None,
        "accuracy": float((called == positive).mean()),
        "accuracy_of_never": float((~positive).mean()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
        "threshold": threshold,
    }
