"""Train: the references in the database become a head set for one language model and one segmentation.

Whole families stay in one fold. Every method, calibration, weight and operating point that is reported was fitted on
other folds than the one that it is reported for; the head set that is kept is then fitted to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CannotWriteError, InputError
from ..settings import Settings
from .candidates import Resolve, candidate_segmenter, resolution
from .progress import Progress, Silent
from .training_set import motif_free_proteins, training_proteins

if TYPE_CHECKING:
    from ..learning.examples import TrainingProtein
    from ..learning.training import TrainingOutcome
    from ..methods.headset import HeadSet
    from ..store.engine import Store

FOLDS = 6
FEWEST = 12
"""Proteins below which no fold could be held out."""


COLUMNS = ("method", "AP", "95 % interval", "P@R.2", "P@R.5", "P@R.68", "P@R.8", "top-1", "AUROC", "ECE", "Brier")
"""AP: average precision; P@R: precision where that recall is reached; ECE: expected calibration error."""


@dataclass(frozen=True, slots=True)
class TrainedHeads:
    """A stored head set, and a table of how its methods did on families that they had not seen."""

    head_set: HeadSet
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def train_heads(
    store: Store,
    settings: Settings,
    *,
    negatives: str | None = None,
    seed: int = 17,
    save_to: Path | None = None,
    progress: Progress | None = None,
) -> TrainedHeads:
    """Train a head set for the settings' language model and make it the one in use.

    Args:
        negatives: a proteome of an organism without CRM1; a part of it is taught to be free of NESs.
        seed: of every random choice.
        save_to: a file that also gets the head set.

    Raises:
        InputError: if the database holds too few references.
        ConfigurationError: if there are no weights of the language model.
        CannotWriteError: if `save_to` cannot be written.
    """
    from ..language.embedder import open_embedder
    from ..learning.training import train_head_set
    from ..store.references import load_entries, references_digest
    from ..store.runs import run

    if save_to and not save_to.resolve().parent.is_dir():
        raise CannotWriteError(f"there is no directory {save_to.parent}", remedy="--save-to FILE in one that exists")
    progress = progress or Silent()
    entries = load_entries(store)
    embedder, segmenter = open_embedder(settings), candidate_segmenter(settings)
    progress.note(embedder.chosen)
    stated = {"language_model": embedder.identity.name, "negatives": negatives, "seed": seed}
    with run(store, "train", stated, device=embedder.chosen) as (run_id, counts):
        progress.begin("embedding the references", sum(map(len, {entry.residues for entry in entries})))
        proteins = _enough(list(training_proteins(entries, embedder, segmenter, progress)))
        progress.end()
        if negatives:
            proteins += motif_free_proteins(store, negatives, embedder, segmenter, progress)
        counts |= {"proteins": len(proteins), "motifs": sum(len(p.truth.motifs) for p in proteins)}
        outcome = train_head_set(
            proteins,
            folds=_folds(proteins, seed),
            language_model=embedder.identity,
            segmentation=segmenter.identity,
            references_digest=references_digest(entries),
            resolve=resolution(segmenter),
            seed=seed,
            workers=settings.workers,
            told=progress.note,
        )
        _keep(store, outcome.head_set, run_id, save_to)
    return TrainedHeads(outcome.head_set, COLUMNS, _rows(outcome, resolution(segmenter)))


def _keep(store: Store, head_set: HeadSet, run_id: int, save_to: Path | None) -> None:
    """Make `head_set` the one in use for its language model, and write it to a file if one is named."""
    from ..store.head_sets import save_head_set

    payload = head_set.to_bytes()
    save_head_set(
        store,
        payload,
        name=f"{head_set.language_model.name}/{head_set.segmentation.algorithm}",
        language_model=head_set.language_model,
        references_digest=head_set.references_digest,
        digest=head_set.digest,
        run_id=run_id,
    )
    if save_to:
        _write(save_to, payload)


def _enough(proteins: list[TrainingProtein]) -> list[TrainingProtein]:
    known = sum(bool(protein.truth.motifs) for protein in proteins)
    if known < FEWEST:
        raise InputError(
            f"the database holds {known} proteins with a known NES",
            why=f"at least {FEWEST} are needed to hold families out",
            remedy="nesannot ingest nesdb FILE",
        )
    return proteins


def _folds(proteins: list[TrainingProtein], seed: int) -> list[int]:
    from ..learning.folds import FoldMember, grouped_folds

    members = [
        FoldMember(p.digest, p.residues, tuple(span.of(p.residues) for span in p.truth.motifs)) for p in proteins
    ]
    return [int(fold) for fold in grouped_folds(members, FOLDS, seed)]


def _write(path: Path, payload: bytes) -> None:
    try:
        path.write_bytes(payload)
    except OSError as error:
        raise CannotWriteError(f"cannot write {path}", why=str(error)) from error


def _rows(outcome: TrainingOutcome, resolve: Resolve) -> list[tuple[object, ...]]:
    """A row of `COLUMNS` for each method and each baseline, on proteins whose families were held out."""
    from ..learning.evaluation import evaluate

    return [
        (
            figures.method,
            figures.average_precision,
            f"{figures.interval[0]:.2f}-{figures.interval[1]:.2f}",
            *(figures.precision[recall] for recall in (0.2, 0.5, 0.68, 0.8)),
            figures.top[1],
            figures.auroc,
            figures.calibration_error,
            figures.brier,
        )
        for figures in evaluate(outcome.held_out, resolve)
    ]
