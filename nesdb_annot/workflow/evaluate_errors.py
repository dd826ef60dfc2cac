"""Which known NESs are found and missed and which false positives win, as a table for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..figures import EvaluationFigure
from ..records import ReferenceEntry
from .reference_sites import by_sequence, labelled_sites

if TYPE_CHECKING:
    from ..learning.error_analysis import Mistake
    from ..learning.evaluation import Rankings
    from ..learning.truth import Truth

FACTS = (
    *("kind", "accession", "first_residue", "last_residue", "peptide", "probability", "threshold", "rank_in_protein"),
    *("protein_length", "place", "nes_class", "like", "citations"),
)


def all_mistakes(ranked: Rankings, truths: Mapping[str, Truth]) -> list[Mistake]:
    """Motifs of truth A, found or missed by the combination, and its false positives over the threshold."""
    from ..learning.error_analysis import mistakes

    cargoes = [own for own in ranked.held_out if own.protein.digest in truths]
    return mistakes(cargoes, ranked.on(truths, "combined"))


def share_figures(found: Sequence[Mistake]) -> list[EvaluationFigure]:
    """Shares found by place, length and pattern, as they are stored."""
    from ..learning.error_analysis import shares

    return [
        EvaluationFigure("honest", "A", "combined", name, value, None, condition)
        for condition, values in shares(found).items()
        for name, value in values.items()
    ]


def write_mistakes(path: Path, found: Sequence[Mistake], entries: Sequence[ReferenceEntry]) -> None:
    """Write one row for each NES and for each false positive, tab-separated, with a header row.

    Raises:
        CannotWriteError: if `path` already exists or cannot be written.
    """
    from ..formats.writing import open_output
    from ..methods.scoring import METHODS

    sites = by_sequence(entries, labelled_sites)
    citations = {(digest, site.span): "; ".join(site.citations) for digest, own in sites.items() for site in own}
    accession = {entry.digest: entry.accession for entry in sorted(entries, key=lambda e: e.accession, reverse=True)}
    with open_output(path) as out:
        out.write("\t".join((*FACTS, *METHODS)) + "\n")
        for m in found:
            facts = (m.kind, accession[m.digest], m.span.first, m.span.last, m.peptide, m.score, m.threshold, m.rank)
            calibrated = m.methods or (None,) * len(METHODS)
            rest = (m.length, m.place, m.nes_class, m.like, citations.get((m.digest, m.span), ""))
            cells = map(_cell, (*facts, *rest, *calibrated))
            out.write("\t".join(cells) + "\n")


def _cell(value: object) -> str:
    from ..formats.tables import tsv_cell

    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else tsv_cell(value)
