"""Refresh: the similarity learns of references that changed, without training and without embedding any proteome.

The proteins of changed references are embedded, their vectors take the place of those that the head set had of them,
and a head set of the same selector is put in use. Calibrations, combination and all other heads stay; `nesannot train`
fits them again.
"""

from __future__ import annotations

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


def refresh_references(
    store: Store, settings: Settings, heads: Heads, progress: Progress, *, dry_run: bool = False
) -> int:
    """Put a head set in use that knows the references that changed since `heads` were saved.

    Returns:
        Number of reference proteins that changed; 0 if none did, and then the heads stay in use.
    """
    from ..store.changes import curated_since
    from ..store.head_sets import saved_at

    known = training_entries(store)
    curated = curated_since(store, saved_at(store, heads.head_set.digest))
    touched = curated | _unheard_of(known, heads.head_set)
    if not touched:
        return 0
    entries = [entry for entry in known if entry.digest in touched]
    if dry_run:
        progress.note(f"references of {len(touched):,} proteins changed: the similarity would be told of them")
        return len(touched)
    from ..learning.refreshing import with_references

    proteins = _embedded(settings, entries, progress)
    fresh = with_references(heads.head_set, proteins, touched, references_digest(known))
    if fresh is heads.head_set and not curated:
        return 0
    _keep(store, fresh, touched)
    told = f"references of {len(touched):,} proteins changed: the similarity knows"
    progress.note(f"{told}; `{training_command(settings)}` fits the other heads to them, too")
    return len(touched)


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


def _keep(store: Store, fresh: HeadSet, touched: frozenset[str]) -> None:
    """Store it as the one in use; the moment is what later changes are compared with."""
    from ..segmentation.factory import variant_of
    from ..store.head_sets import save_head_set
    from ..store.runs import run

    model = fresh.language_model
    with run(store, "refresh", {"head_set": fresh.digest}) as (run_id, counts):
        counts["references"] = len(touched)
        save_head_set(
            store,
            fresh.to_bytes(),
            name=f"{model.name}/{variant_of(fresh.segmentation)}",
            language_model=model,
            references_digest=fresh.references_digest,
            digest=fresh.digest,
            run_id=run_id,
        )
