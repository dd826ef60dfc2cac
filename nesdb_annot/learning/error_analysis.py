"""Which motifs are missed, and which false positives win: one row for each, with what may explain it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..methods.consensus import Consensus
from ..methods.protocol import ProteinContext
from ..methods.scoring import METHODS
from ..methods.topology import Topology, topology
from ..residues import ResidueSpan
from .figures import Ranked
from .training import HeldOutProtein
from .truth import Verdict, hits, verdicts

TERMINAL = 60
"""Residues from either end that count as terminal."""

LIKE = 0.5
"""Share of a span from which on it counts as membrane-like, signal-peptide-like or coiled-coil-like."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A motif, found or missed, or a false positive over the threshold.

    Attributes:
        kind: ``found``, ``missed`` or ``false positive``.
        digest: of the sequence.
        span: of the motif, or of the candidate.
        peptide: its residues.
        score: combined probability, for a motif that of its best candidate; None where no candidate hits it.
        threshold: of its fold.
        rank: of that candidate within its protein, from 1.
        length: of the protein.
        place: ``N-terminal``, ``C-terminal`` or ``middle``: whether it lies within `TERMINAL` residues of an end.
        nes_class: of the best consensus pattern in the span; empty where none matches.
        like: ``membrane``, ``signal peptide``, ``coiled coil`` (by the rules of `methods.topology`), or empty.
        methods: calibrated probability of each of `METHODS` for that candidate.
    """

    kind: str
    digest: str
    span: ResidueSpan
    peptide: str
    score: float | None
    threshold: float
    rank: int | None
    length: int
    place: str
    nes_class: str
    like: str
    methods: tuple[float, ...]


def mistakes(cargoes: Sequence[HeldOutProtein], ranked: Ranked) -> list[Mistake]:
    """Motifs, best first, then false positives, best first.

    Args:
        cargoes: with the scores of all methods.
        ranked: the combination's resolved candidates of `cargoes`, in the same order.
    """
    found = [mistake for i, own in enumerate(cargoes) for mistake in _of_protein(own, ranked, i)]
    order = {"found": 0, "missed": 1, "false positive": 2}
    return sorted(found, key=lambda m: (order[m.kind], -(m.score or 0.0), m.digest, m.span))


def _of_protein(own: HeldOutProtein, ranked: Ranked, index: int) -> Iterator[Mistake]:
    protein, truth, threshold = ranked.proteins[index], ranked.truths[index], float(ranked.thresholds[index])
    describe = _Describe(own, protein.scores, protein.kept, threshold)
    on_motif = hits(protein.spans, truth.motifs)
    for place, motif in enumerate(truth.motifs):
        on = np.flatnonzero(on_motif[:, place])
        best = int(on[protein.scores[on].argmax()]) if len(on) else None
        reached = best is not None and protein.scores[best] >= threshold
        yield describe("found" if reached else "missed", motif, best)
    wrong = verdicts(protein.spans, truth) == Verdict.ERROR
    for i in np.flatnonzero(wrong & (protein.scores >= threshold)).tolist():
        yield describe("false positive", protein.spans[i], i)


class _Describe:
    """Makes rows about one protein."""

    def __init__(
        self, own: HeldOutProtein, scores: NDArray[np.float64], kept: Sequence[int], threshold: float
    ) -> None:
        self.own, self.scores, self.kept, self.threshold = own, scores, kept, threshold
        self.topology = topology(own.protein.residues)
        self.rank = np.argsort(np.argsort(-scores, kind="stable")) + 1

    def __call__(self, kind: str, span: ResidueSpan, candidate: int | None) -> Mistake:
        protein = self.own.protein
        length = len(protein.residues)
        place = "N-terminal" if span.first <= TERMINAL else "C-terminal" if span.last > length - TERMINAL else "middle"
        calibrated: tuple[float, ...] = ()
        if candidate is not None:
            calibrated = tuple(self.own.calibrated[self.kept[candidate], : len(METHODS)].tolist())
        return Mistake(
            kind,
            protein.digest,
            span,
            span.of(protein.residues),
            None if candidate is None else float(self.scores[candidate]),
            self.threshold,
            None if candidate is None else int(self.rank[candidate]),
            length,
            place,
            _nes_class(self.own, span),
            _like(self.topology, span),
            calibrated,
        )


def _nes_class(own: HeldOutProtein, span: ResidueSpan) -> str:
    protein = own.protein
    alone = ProteinContext(protein.digest, protein.residues, protein.embedding, [span], np.empty((1, 0), np.float32))
    return str(Consensus().evidence(alone, [0])[0].get("class") or "")


def _like(masks: Topology, span: ResidueSpan) -> str:
    named = (
        ("membrane", masks.membrane),
        ("signal peptide", masks.signal_peptide),
        ("coiled coil", masks.coiled_coil),
    )
    return next((name for name, mask in named if mask[span.as_slice()].mean() >= LIKE), "")



def shares(found: Sequence[Mistake]) -> dict[str, dict[str, float]]:
    """Condition -> share of its motifs that are found, and how many it has; then what the false positives look like."""
    motifs = [m for m in found if m.kind != "false positive"]
    wrong = [m for m in found if m.kind == "false positive"]
    groups = {place: [m for m in motifs if m.place == place] for place in ("N-terminal", "middle", "C-terminal")}
    for name, low, high in (("under 300", 0, 300), ("300 to 999", 300, 1000), ("1,000 or more", 1000, 10**9)):
        groups[f"proteins of {name} residues"] = [m for m in motifs if low <= m.length < high]
    groups["with a pattern"] = [m for m in motifs if m.nes_class]
    groups["reverse pattern"] = [m for m in motifs if m.nes_class.endswith("-R")]
    groups["without a pattern"] = [m for m in motifs if not m.nes_class]
    outcome = {
        name: {"recall": float(np.mean([m.kind == "found" for m in own])), "motifs": float(len(own))}
        for name, own in groups.items()
        if own
    }
    missed = [m for m in motifs if m.kind == "missed"]
    outcome["missed"] = {
        "motifs": float(len(missed)),
        "in_top_3": float(np.mean([m.rank is not None and m.rank <= 3 for m in missed])) if missed else 0.0,
        "without_candidate": float(sum(m.rank is None for m in missed)),
    }
    for like in ("membrane", "signal peptide", "coiled coil", ""):
        own = [m for m in wrong if m.like == like]
        outcome[f"false positives: {like or 'none of these'}"] = {"errors": float(len(own))}
    return outcome
