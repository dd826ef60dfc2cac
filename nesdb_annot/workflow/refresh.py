"""Refresh: the similarity learns of references that changed, without training and without embedding any proteome.

The proteins of changed references are embedded, their vectors take the place of those that the head set had of them,
and a head set of the same selector is put in use. Calibrations, combination and all other heads stay; `nesannot train`
fits them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import ReferenceEntry
from ..settings import Settings
from .heads import Heads, training_command
from .progress import Progress
from .reference_sites import by_sequence, references_digest, training_entries, truth_of

if TYPE_CHECKING:
    from ..learning.examples import TrainingProtein
    from ..methods.headset import HeadSet
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A head set that knows the references in the database.

    Attributes:
        head_set: with the vectors of the references that changed.
        proteins: reference proteins that changed; none if the heads in use stay.
    """

    head_set: HeadSet
    proteins: frozenset[str] = frozenset()


def refreshed_heads(store: Store, settings: Settings, heads: Heads, progress: Progress) -> Refreshed:
    """Embed the references that changed since `heads` were saved and give them to the similarity; writes nothing."""
    from ..store.changes import curated_since
    from ..store.head_sets import saved_at

    known = training_entries(store)
    curated = curated_since(store, saved_at(store, heads.head_set.digest))
    touched = curated | _unheard_of(known, heads.head_set)
    if not touched:
        return Refreshed(heads.head_set)
    from ..learning.refreshing import with_references

    proteins = _embedded(settings, [entry for entry in known if entry.digest in touched], progress)
    fresh = with_references(heads.head_set, proteins, touched, references_digest(known))
    if fresh is heads.head_set and not curated:
        return Refreshed(heads.head_set)
    return Refreshed(fresh, touched)


def refresh_references(store: Store, settings: Settings, heads: Heads, progress: Progress) -> int:
    """Put a head set in use that knows the references that changed since `heads` were saved.

    Returns:
        Number of reference proteins that changed; 0 if none did, and then the heads stay in use.
    """
    fresh = refreshed_heads(store, settings, heads, progress)
    if fresh.proteins:
        _keep(store, fresh)
        what = f"the similarity has new vectors of {len(fresh.proteins):,} proteins whose references changed"
        progress.note(f"{what}; `{training_command(settings)}` fits the other heads to these references, too")
    return len(fresh.proteins)


def _unheard_of(entries: list[ReferenceEntry], head_set: HeadSet) -> frozenset[str]:
    """Proteins with a motif that the heads have never seen: of a new collection nothing is recorded as changed."""
    own = {digest for digest, truth in by_sequence(entries, truth_of).items() if truth.motifs}
    return frozenset(own.difference(head_set.training_digests))


def _embedded(
    settings: Settings, entries: list[ReferenceEntry], progress: Progress
) -> list[TrainingProtein]:
    from ..language.embedder import open_embedder
    from .candidates import candidate_segmenter
    from .training_set import training_proteins

    embedder, segmenter = open_embedder(settings), candidate_segmenter(settings)
    progress.begin("embedding changed references", sum(map(len, {entry.residues for entry in entries})))
    proteins = list(training_proteins(entries, embedder, segmenter, progress))
    progress.end()
    return proteins


def _keep(store: Store, refreshed: Refreshed) -> None:
    """Store it as the one in use; the moment is what later changes are compared with."""
    from ..segmentation.factory import variant_of
    from ..store.head_sets import save_head_set
    from ..store.runs import run

    fresh = refreshed.head_set
    model = fresh.language_model
    with run(store, "refresh", {"head_set": fresh.digest}) as (run_id, counts):
        counts["references"] = len(refreshed.proteins)
        save_head_set(
            store,
            fresh.to_bytes(),
            name=f"{model.name}/{variant_of(fresh.segmentation)}",
            language_model=model,
            references_digest=fresh.references_digest,
            digest=fresh.digest,
            run_id=run_id,
        )
