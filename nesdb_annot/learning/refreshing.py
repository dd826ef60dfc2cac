"""Takes the references that changed into a head set's similarity; nothing else is fitted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..methods.headset import HeadSet
from ..methods.pooled_heads import AddedProtein, replace_pooled_heads
from ..methods.scoring import METHODS, build_methods
from ..methods.similarity import NAME, Similarity
from ..residues import bounds
from .examples import TrainingProtein
from .truth import Verdict

OTHERS_PER_MOTIF = 4
"""Non-motifs that a changed protein gives for each of its motifs, spread evenly over its candidates."""

Array = NDArray[Any]


def with_references(
    head_set: HeadSet, proteins: Sequence[TrainingProtein], touched: Collection[str], references_digest: str = ""
) -> HeadSet:
    """`head_set`, or one with the same selector whose similarity has the vectors of `proteins`.

    Args:
        head_set: in use so far.
        proteins: those of `touched` that have references now, with candidates and truth.
        touched: digests of the sequences whose references changed; vectors of them that the head set holds are dropped.
        references_digest: of all references, those that did not change among them; it is kept where a vector changes.
    """
    own = {name: head_set.arrays[f"{NAME}/{name}"] for name in ("vectors", "is_motif", "spans", "owner")}
    kept = np.array([head_set.training_digests[i] not in touched for i in own["owner"].tolist()], dtype=bool)
    known = {digest: number for number, digest in enumerate(head_set.training_digests)}
    similarity = _similarity(head_set)
    rows, added = [{name: array[kept] for name, array in own.items()}], list[AddedProtein]()
    for protein in proteins:
        chosen = _chosen(protein)
        if len(chosen):
            owner = known.setdefault(protein.digest, len(known))
            if owner == len(head_set.training_digests) + len(added):
                added.append(AddedProtein(protein.digest, protein.accession, protein.residues))
            rows.append(_rows(similarity, protein, chosen, owner))
    arrays = {name: np.concatenate([row[name] for row in rows]).astype(own[name].dtype) for name in own}
    if all(np.array_equal(arrays[name], own[name]) for name in own):
        return head_set
    told = {f"{NAME}/{name}": array for name, array in arrays.items()}
    return replace_pooled_heads(head_set, told, added, references=references_digest)


def _similarity(head_set: HeadSet) -> Similarity:
    found = build_methods(head_set).methods[METHODS.index(NAME)]
    assert isinstance(found, Similarity)
    return found


def _chosen(protein: TrainingProtein) -> NDArray[np.intp]:
    """Candidates that are clear motifs, and of those that overlap none `OTHERS_PER_MOTIF` for each motif."""
    clear = protein.example_weights > 0
    motifs = np.flatnonzero((protein.verdicts == Verdict.HIT) & clear)
    others = np.flatnonzero((protein.verdicts == Verdict.ERROR) & clear)
    count = min(len(others), OTHERS_PER_MOTIF * len(protein.truth.motifs))
    spread = others[np.linspace(0, len(others) - 1, count).astype(int)] if len(motifs) and count else others[:0]
    return np.concatenate([motifs, spread])


def _rows(
    similarity: Similarity, protein: TrainingProtein, chosen: NDArray[np.intp], owner: int
) -> dict[str, Array]:
    return {
        "vectors": similarity.references.whitened(protein.pooled(similarity.pooling)[chosen]),
        "is_motif": (protein.verdicts[chosen] == Verdict.HIT).astype(np.uint8),
        "spans": bounds([protein.spans[i] for i in chosen]),
        "owner": np.full(len(chosen), owner),
    }
