"""Proteins that no head was trained on: an organism without CRM1, and a screen of CRM1's cargoes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..figures import EvaluationFigure
from ..formats.cargo_table import ScreenedProtein, read_cargo_table
from ..records import ScoredSequence
from ..settings import Settings
from .material import Material
from .progress import Progress
from .protein_scorer import build_scorer
from .rejects import Rejects
from .training_set import halves, sequences_of_proteome

if TYPE_CHECKING:
    from ..learning.cargo_screen import ProteinScore
    from ..methods.headset import HeadSet
    from ..store.engine import Store

CARGO, NON_BINDER = "Cargo A", "Non-binder"
"""Categories of Kirli et al. (2015, eLife 4:e11466) that are told apart."""

SEQUENCES_PER_CHUNK = 60


def motif_free_figures(
    store: Store, settings: Settings, proteome: str, head_set: HeadSet, progress: Progress
) -> list[EvaluationFigure]:
    """False candidates of a proteome without CRM1 at each operating point, on the half that is never trained on.

    The threshold that a point has on the head set is the one that users get.

    Raises:
        UsageError: if there is no such proteome.
    """
    from ..learning.metrics import rate_per_10000

    counted = dict(halves(sequences_of_proteome(store, proteome)).counted)
    label = f"scoring the other half of {proteome}"
    found = {one.digest: one for one in _scored(counted, settings, head_set, label, progress)}
    lengths = np.array([len(residues) for residues in counted.values()], dtype=np.float64)
    scores = [np.array([segment.scores[-1].calibrated for segment in found[digest].segments]) for digest in counted]
    rows = [_motif_free("proteins", float(len(counted))), _motif_free("residues", float(lengths.sum()))]
    for point in head_set.operating_points:
        rows += [_motif_free(f"threshold_{point.name}", point.threshold)]
        rows += [_motif_free(f"precision_{point.name}", point.precision)]
        rows += [_motif_free(f"recall_{point.name}", point.recall)]
        errors, rate, interval = None, None, None
        if point.threshold is not None:
            over = np.array([(own >= point.threshold).sum() for own in scores], dtype=np.float64)
            errors, (rate, interval) = float(over.sum()), rate_per_10000(over, lengths)
        rows += [_motif_free(f"errors_{point.name}", errors)]
        rows += [_motif_free(f"errors_per_10000_residues_{point.name}", rate, interval)]
    return rows


def _motif_free(figure: str, value: float | None, interval: tuple[float, float] | None = None) -> EvaluationFigure:
    return EvaluationFigure("honest", "motif_free", "combined", figure, value, interval)


def cargo_figures(
    path: Path, settings: Settings, material: Material, head_set: HeadSet, progress: Progress
) -> list[EvaluationFigure]:
    """How well the candidates of a protein tell CRM1's cargoes from non-binders, on pairs of equal length.

    Homologues of proteins that were trained on are left out.

    Raises:
        InputError: as `screened_proteins`.
    """
    from ..learning.cargo_screen import screen_figures
    from ..learning.evaluation import recorded
    from ..learning.homology import strangers

    screened = screened_proteins(path, progress.note)
    new = strangers([p.residues for p in screened], [p.residues for p in material.proteins])
    kept = [protein for protein, stranger in zip(screened, new, strict=True) if stranger]
    residues = {protein.digest: protein.residues for protein in kept}
    scored = {one.digest: one for one in _scored(residues, settings, head_set, "scoring the screen", progress)}
    figures = screen_figures(_protein_scores(kept, scored))
    return recorded({**figures, "homologues_left_out": (float((~new).sum()), None)}, "cargo_screen", "combined")


def screened_proteins(path: Path, told: Callable[[str], None]) -> list[ScreenedProtein]:
    """The cargoes and the non-binders of a table, in its order; `told` hears of the rows that were left out.

    Raises:
        InputError: if the file is no table of screened proteins, or holds none of either kind.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", remedy="--cargo FILE")
    rejects = Rejects()
    screened = [p for p in rejects.passing(read_cargo_table(path)) if p.category in (CARGO, NON_BINDER)]
    for line in rejects.lines():
        told(line)
    if len({protein.category for protein in screened}) < 2:
        raise InputError(f"{path} holds no proteins of both {CARGO!r} and {NON_BINDER!r}")
    return screened


def _protein_scores(kept: Sequence[ScreenedProtein], scored: Mapping[str, ScoredSequence]) -> list[ProteinScore]:
    from ..learning.cargo_screen import ProteinScore, chosen_on

    found = []
    chosen = chosen_on([protein.digest for protein in kept], [protein.residues for protein in kept])
    for protein, own in zip(kept, chosen.tolist(), strict=True):
        sequence = scored[protein.digest]
        combined = [segment.scores[-1].calibrated for segment in sequence.segments]
        is_cargo = protein.category == CARGO
        found.append(ProteinScore.of(len(protein.residues), is_cargo, combined, sequence.cargo, counted=not own))
    return found


def _scored(
    residues_of: Mapping[str, str], settings: Settings, head_set: HeadSet, label: str, progress: Progress
) -> Iterator[ScoredSequence]:
    """Every sequence as scoring leaves it: with its candidates after overlap resolution."""
    from ..processes.pool import WorkerPool

    chunks = _chunks(sorted(residues_of.items(), key=lambda pair: len(pair[1])))
    progress.begin(label, sum(map(len, residues_of.values())))
    arguments = (settings, head_set.to_bytes())
    with WorkerPool(settings.workers, initialise=build_scorer, arguments=arguments) as pool:
        for chunk in pool.map_unordered(chunks):
            progress.advance(chunk.residues)
            for sequence in chunk.sequences:
                if sequence.error:
                    raise InputError("a protein could not be scored", where=sequence.digest, why=sequence.error)
                yield sequence
            if chunk.stopped:
                raise chunk.stopped
    progress.end()


def _chunks(pairs: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    iterator = iter(pairs)
    while chunk := list(islice(iterator, SEQUENCES_PER_CHUNK)):
        yield chunk
