"""What `train` and `evaluate` start from: references as proteins with candidates and truth, in folds of families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError
from ..records import Json
from ..settings import Settings
from .candidates import Refine, Resolve, candidate_segmenter, refinement, resolution
from .progress import Progress
from .reference_sites import references_digest, training_entries
from .target import find_target
from .training_set import halves, motif_free_proteins, sequences_of_proteome, training_proteins
from .truths import truth_a

if TYPE_CHECKING:
    from ..language.protocol import Embedder
    from ..learning.examples import TrainingProtein
    from ..learning.training import TrainingOutcome
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
        entries: the references in the database that give labels.
        proteins: cargoes with their motifs, then motif-free proteins where a proteome of them was named.
        folds: of each protein; no family is divided.
        embedder: that the proteins were embedded by.
        segmenter: that their candidates come from.
        watched: motif-free sequences that nothing is fitted to, (digest, residues) each; see `training_set.Halves`.
    """

    entries: Sequence[ReferenceEntry]
    proteins: Sequence[TrainingProtein]
    folds: Sequence[int]
    embedder: Embedder
    segmenter: Segmenter
    watched: Sequence[tuple[str, str]] = ()

    @property
    def counts(self) -> dict[str, Json]:
        """Proteins and motifs, for the record of a run."""
        return {"proteins": len(self.proteins), "motifs": sum(len(p.truth.motifs) for p in self.proteins)}

    @property
    def resolve(self) -> Resolve:
        """Overlap resolution, the one that scoring uses."""
        return resolution(self.segmenter)

    @property
    def refine(self) -> Refine:
        """Where what is left begins and ends, as scoring stores it."""
        return refinement(self.segmenter)


def reference_entries(store: Store) -> list[ReferenceEntry]:
    """The references in the database that give labels.

    Raises:
        InputError: if they hold too few proteins with a known NES.
    """
    entries = training_entries(store)
    known = sum(bool(truth.motifs) for truth in truth_a(entries).values())
    if known < FEWEST:
        raise InputError(
            f"the database holds {known} proteins with a known NES",
            why=f"at least {FEWEST} are needed to hold families out",
            remedy="nesannot ingest nesdb FILE",
        )
    return entries


def check_material(store: Store, negatives: str | None) -> None:
    """Refuse now what `gather` would refuse only after weights were fetched and references embedded.

    Raises:
        InputError: if the database holds too few references.
        UsageError: if there is no proteome `negatives`.
    """
    if negatives:
        find_target(store, negatives)
    reference_entries(store)


def gather(
    store: Store,
    embedder: Embedder,
    settings: Settings,
    negatives: str | None,
    seed: int,
    progress: Progress,
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
    from ..store.proteomes import accessions_of

    entries = reference_entries(store)
    segmenter = candidate_segmenter(settings)
    progress.begin("embedding the references", sum(map(len, {entry.residues for entry in entries})))
    proteins = list(training_proteins(entries, embedder, segmenter, progress))
    progress.end()
    watched: Sequence[tuple[str, str]] = ()
    if negatives:
        own = halves(sequences_of_proteome(store, negatives))
        label = f"embedding motif-free proteins of {negatives}"
        accessions = accessions_of(store, [digest for digest, _ in own.taught])
        proteins += motif_free_proteins(own.taught, label, embedder, segmenter, progress, accessions)
        watched = own.watched
    folds = _folds(proteins, seed, progress)
    return Material(entries, proteins, folds, embedder, segmenter, watched)


def fit(material: Material, settings: Settings, seed: int, progress: Progress) -> TrainingOutcome:
    """A head set fitted to all of `material`, and every protein as heads score it that have not seen its family."""
    from ..learning.training import train_head_set

    label = "embedding motif-free proteins that are not taught"
    watched = motif_free_proteins(material.watched, label, material.embedder, material.segmenter, progress)
    progress.note(_negatives(material.proteins))
    return train_head_set(
        material.proteins,
        folds=material.folds,
        language_model=material.embedder.identity,
        segmentation=material.segmenter.identity,
        references_digest=references_digest(material.entries),
        resolve=material.resolve,
        refine=material.refine,
        seed=seed,
        watched=watched,
        workers=settings.workers,
        told=progress.note,
    )


def _negatives(proteins: Sequence[TrainingProtein]) -> str:
    """What is taught to be no signal, for people."""
    from ..learning.examples import taught_negatives

    told = []
    for kind, counts in taught_negatives(proteins).items():
        hard = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if name != "all")
        told += [f"{counts['all']:,} candidates of {kind.replace('_', '-', 1).replace('_', ' ')} (hard: {hard})"]
    return f"taught to be no signals: {'; '.join(told)}"


def _folds(proteins: list[TrainingProtein], seed: int, progress: Progress) -> list[int]:
    from ..learning.folds import FoldMember, grouped_folds
    from ..learning.homology import every_pair_is_aligned

    residues = [protein.residues for protein in proteins]
    if not every_pair_is_aligned(residues):
        total = sum(map(len, residues))
        progress.note(f"{total:,} residues: only proteins that share words are aligned for families, which misses some")
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
        ) from error
