"""What `train` and `evaluate` start from: references as proteins with candidates and truth, in folds of families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError
from ..records import Json
from ..settings import Settings
from .candidates import Resolve, candidate_segmenter, resolution
from .progress import Progress
from .training_set import motif_free_proteins, training_proteins

if TYPE_CHECKING:
    from ..language.protocol import Embedder
    from ..learning.examples import TrainingProtein
    from ..learning.training import Told, TrainingOutcome
    from ..records import ReferenceEntry
    from ..segmentation.protocol import Segmenter
    from ..store.engine import Store

FOLDS = 6
FEWEST = 12
"""Proteins below which no fold could be held out."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that heads are fitted to, and with what it was made.

    Attributes:
        entries: all references in the database.
        proteins: cargoes with their motifs, then motif-free proteins where a proteome of them was named.
        folds: of each protein; no family is divided.
    """

    entries: Sequence[ReferenceEntry]
    proteins: Sequence[TrainingProtein]
    folds: Sequence[int]
    embedder: Embedder
    segmenter: Segmenter

    @property
    def counts(self) -> dict[str, Json]:
        """Proteins and motifs, for the record of a run."""
        return {"proteins": len(self.proteins), "motifs": sum(len(p.truth.motifs) for p in self.proteins)}

    @property
    def resolve(self) -> Resolve:
        """Overlap resolution, the one that scoring uses."""
        return resolution(self.segmenter)


def gather(
    store: Store, embedder: Embedder, settings: Settings, negatives: str | None, seed: int, progress: Progress
) -> Material:
    """Embed the references in the database and divide them into folds.

    Args:
        store: with the references.
        embedder: of the settings' language model.
        settings: name the segmentation.
        negatives: a proteome of an organism without CRM1; a part of it is taught to be free of motifs.
        seed: of the folds.
        progress: told how far the embedding is.

    Raises:
        InputError: if the database holds too few references.
        UsageError: if there is no proteome `negatives`.
    """
    from ..store.references import load_entries

    entries, segmenter = load_entries(store), candidate_segmenter(settings)
    progress.begin("embedding the references", sum(map(len, {entry.residues for entry in entries})))
    proteins = _enough(list(training_proteins(entries, embedder, segmenter, progress)))
    progress.end()
    if negatives:
        proteins += motif_free_proteins(store, negatives, embedder, segmenter, progress)
    return Material(entries, proteins, _folds(proteins, seed), embedder, segmenter)


def fit(material: Material, settings: Settings, seed: int, told: Told) -> TrainingOutcome:
    """A head set fitted to all of `material`, and every protein as heads score it that have not seen its family."""
    from ..learning.training import train_head_set
    from ..store.references import references_digest

    return train_head_set(
        material.proteins,
        folds=material.folds,
        language_model=material.embedder.identity,
        segmentation=material.segmenter.identity,
        references_digest=references_digest(material.entries),
        resolve=material.resolve,
        seed=seed,
        workers=settings.workers,
        told=told,
    )


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
    try:
        return [int(fold) for fold in grouped_folds(members, FOLDS, seed)]
    except ValueError as error:
        raise InputError(
            "the proteins with a known NES are too much alike to hold any out",
            why=str(error),
            remedy="nesannot ingest nesdb FILE",
        ) from None
