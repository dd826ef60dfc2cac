"""Evaluate segmentations: what each does to the signals that are known, beside windows laid without looking.

Truth B is used: annotated functional ranges of 8 to 40 residues that are not doubtful. No score takes part, and no
segmentation depends on trained heads or on folds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..records import Json, ReferenceEntry
from ..residues import ResidueSpan
from ..settings import SEGMENTATIONS, Settings
from .fetch_model import fetch_missing
from .figure_table import Table
from .progress import Progress, Silent
from .reference_sites import training_entries
from .segmentation_tables import BUDGETS, Compared, Measured, budget_table, length_table, quality_table
from .truths import LONGEST_RANGE, SHORTEST_RANGE, truth_b

if TYPE_CHECKING:
    from ..language.protocol import Embedder
    from ..segmentation.evaluation import KnownProtein, ProteinSegments
    from ..segmentation.protocol import Segmenter
    from ..segmentation.tilings import Tiling
    from ..store.engine import Store

@dataclass(frozen=True, slots=True)
class SegmentationEvaluation:
    """An evaluation that is stored as run `run_id`: tables to print, and what is to be said of them."""

    run_id: int
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    """Proteins with known signals, and the accessions that the references give each."""

    proteins: Sequence[KnownProtein]
    accessions: Sequence[frozenset[str]]


def evaluate_segmentation(
    store: Store,
    settings: Settings,
    *,
    boundaries: Sequence[Path] = (),
    progress: Progress | None = None,
) -> SegmentationEvaluation:
    """Cut every protein with a known functional range by every segmentation, and count what becomes of the ranges.

    Args:
        store: with the references.
        settings: name the language model.
        boundaries: files of published segments, see `segmentation.published`.
        progress: told how far it is.

    Raises:
        InputError: if the database holds no functional range, or a file cannot be read.
        ConfigurationError: if there are no weights of the language model.
        TryLaterError: if the weights had to be fetched and that failed.
    """
    from ..language.embedder import open_embedder
    from ..segmentation.published import read_boundaries
    from ..store.runs import run

    progress = progress or Silent()
    published = {path.stem: read_boundaries(path) for path in boundaries}
    entries = training_entries(store)
    ranges = _ranges(entries)
    fetch_missing(settings, progress)
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    stated = {"language_model": embedder.identity.name, "boundaries": sorted(published)}
    with run(store, "evaluate segmentation", stated, device=embedder.chosen) as (run_id, counts):
        ground = _ground(entries, ranges, embedder, progress)
        progress.note("laying blind tilings")
        tiles = _Tiles()
        measured, notes = _own(ground, tiles, progress)
        measured += [one for name, cut in published.items() for one in _of_others(name, cut, ground, tiles)]
        budgets = _budgets(ground, tiles, progress)
        counts.update(_counts(ground, measured))
    tables = (quality_table(measured), length_table(measured), budget_table(budgets))
    return SegmentationEvaluation(run_id, tables, notes)


def _ground(
    entries: Sequence[ReferenceEntry],
    truths: Mapping[str, tuple[ResidueSpan, ...]],
    embedder: Embedder,
    progress: Progress,
) -> _Ground:
    from ..segmentation.evaluation import KnownProtein

    progress.begin("embedding the references", sum(map(len, truths)))
    proteins = []
    for residues, embedding in zip(truths, embedder.embed(list(truths)), strict=True):
        proteins.append(KnownProtein(residues, embedding, truths[residues]))
        progress.advance(len(residues))
    progress.end()
    named = [frozenset(entry.accession for entry in entries if entry.residues == p.residues) for p in proteins]
    return _Ground(proteins, named)


def _ranges(entries: Sequence[ReferenceEntry]) -> dict[str, tuple[ResidueSpan, ...]]:
    """Functional ranges of truth B by residues of the sequence.

    Raises:
        InputError: if there are none.
    """
    known = truth_b(entries)
    if not known:
        why = f"segmentations are measured on annotated ranges of {SHORTEST_RANGE} to {LONGEST_RANGE} residues"
        raise InputError("the database holds no functional range", why=why, remedy="nesannot ingest nesdb FILE")
    return {residues: known[digest].motifs for digest, residues in _sequences(entries) if digest in known}


def _sequences(entries: Sequence[ReferenceEntry]) -> list[tuple[str, str]]:
    return sorted({entry.digest: entry.residues for entry in entries}.items())


class _Tiles:
    """Every tiling of the search, laid once for each set of proteins."""

    def __init__(self) -> None:
        self._laid: dict[tuple[int, ...], list[Tiling]] = {}

    def best(self, proteins: Sequence[ProteinSegments], per_residue: float) -> tuple[Tiling, Tiling]:
        """Best by oracle recall and by mean IoU among those with at most `per_residue` windows."""
        from ..segmentation.tilings import best_tilings, searched_windows, tilings

        key = tuple(protein.length for protein in proteins)
        if key not in self._laid:
            self._laid[key] = tilings(proteins, searched_windows())
        return best_tilings(self._laid[key], per_residue)


def _own(ground: _Ground, tiles: _Tiles, progress: Progress) -> tuple[list[Measured], tuple[str, ...]]:
    """Return every segmentation that the settings can name, measured, and notes on their parameters."""
    from ..segmentation.bounded import PENALTY
    from ..segmentation.factory import make_segmenter

    progress.note("cutting")
    cuts = {
        "lattice": _cut(_lattice(), ground),
        **{name: _cut(make_segmenter(name), ground) for name in SEGMENTATIONS if name != "lattice"},
    }
    notes = (
        "lattice: before overlap resolution",
        f"bounded and bounded-cosine: penalty {PENALTY:g} times the mean cost of a residue",
        "zps and zps10: 3 and 10 breakpoints per 100 residues",
    )
    return [_measured(name, cut, tiles) for name, cut in cuts.items()], notes


def _of_others(name: str, cut: dict[str, list[ResidueSpan]], ground: _Ground, tiles: _Tiles) -> list[Measured]:
    """Published segments, and the lattice on the same proteins; those that do not fit a sequence are left out."""
    from ..segmentation.evaluation import ProteinSegments

    theirs, same = [], []
    for protein, accessions in zip(ground.proteins, ground.accessions, strict=True):
        for accession in sorted(accessions & cut.keys()):
            if cut[accession][-1].last == len(protein.residues):
                theirs.append(ProteinSegments(len(protein.residues), cut[accession], protein.truths))
                same.append(protein)
                break
    if not theirs:
        raise InputError(f"{name}: no accession is that of a reference with a functional range and the same length")
    ours = _cut(_lattice(), _Ground(same, ()))
    return [_measured(name, theirs, tiles), _measured(f"lattice, proteins of {name}", ours, tiles)]


def _budgets(ground: _Ground, tiles: _Tiles, progress: Progress) -> list[Compared]:
    """The lattice and the best blind tilings at every budget of `BUDGETS`."""
    progress.note("comparing the lattice with blind tilings at every budget")
    return [
        Compared(budget, _measured("lattice", _cut(_lattice(budget), ground), tiles, budget)) for budget in BUDGETS
    ]


def _lattice(density: float | None = None) -> Segmenter:
    from ..methods.consensus import consensus_cores
    from ..segmentation.lattice import Lattice

    return Lattice(consensus_cores) if density is None else Lattice(consensus_cores, density=density)


def _cut(segmenter: Segmenter, ground: _Ground) -> list[ProteinSegments]:
    from ..segmentation.evaluation import ProteinSegments

    return [
        ProteinSegments(len(p.residues), segmenter.spans(p.residues, p.embedding), p.truths) for p in ground.proteins
    ]


def _measured(name: str, cut: Sequence[ProteinSegments], tiles: _Tiles, budget: float | None = None) -> Measured:
    from ..segmentation.evaluation import evaluate_segments

    quality = evaluate_segments(cut)
    by_recall, by_iou = tiles.best(cut, quality.per_residue if budget is None else budget)
    return Measured(name, len(cut), quality, by_recall, by_iou)


def _counts(ground: _Ground, measured: Sequence[Measured]) -> dict[str, Json]:
    counts: dict[str, Json] = {
        "proteins": len(ground.proteins),
        "signals": sum(len(protein.truths) for protein in ground.proteins),
    }
    for one in measured:
        counts[f"oracle_recall {one.name}"] = round(one.quality.oracle_recall, 4)
    return counts
