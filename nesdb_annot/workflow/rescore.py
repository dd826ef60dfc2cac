"""Re-score: stored segments under a derived head set, without embedding anything.

What was scored with the same root has the segments, pooled vectors and tagger scores that the derived head set needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..methods.ranking import NAME as COMBINED
from ..records import MethodScore, ScoredSegment, ScoredSequence
from ..residues import ResidueSpan
from .heads import Heads
from .progress import Progress
from .protein_scorer import POOLED_TYPE
from .target import Target

if TYPE_CHECKING:
    from ..methods.rescoring import Rescorer
    from ..methods.topology import StatedStretches
    from ..store.engine import Store
    from ..store.rescoring import StoredSequence


@dataclass(frozen=True, slots=True)
class RescoreSummary:
    """Sequences and residues that were, or for a dry run would be, scored from stored vectors."""

    sequences: int = 0
    residues: int = 0


def rescore_proteome(
    store: Store, heads: Heads, target: Target, progress: Progress, *, dry_run: bool = False
) -> RescoreSummary:
    """Score from stored vectors what is pending under a derived head set and was scored with the same root.

    Which candidates are kept is as before: among overlapping ones the root's heads have chosen, and rivals of a
    candidate are those kept. Nothing is done if the head set is no derived one.
    """
    from ..methods.derived import is_derived
    from ..methods.rescoring import Rescorer
    from ..methods.topology import STATED_KEYS
    from ..store.annotations import stated_stretches
    from ..store.rescoring import count_rescorable, stored_pages
    from ..store.runs import report_run, run
    from ..store.scores import write_scored

    if not is_derived(heads.head_set):
        return RescoreSummary()
    sources = same_root(store, heads)
    todo = RescoreSummary(*count_rescorable(store, heads.configuration_id, sources, *target.key))
    if dry_run or not todo.sequences:
        return todo
    rescorer, known = Rescorer(heads.head_set), stated_stretches(store, STATED_KEYS)
    stated = {**heads.stated, "proteome": target.name, "release": target.release, "from_configurations": sources}
    progress.begin(f"re-scoring {target.name}", todo.residues)
    with run(store, "rescore", stated, device="cpu") as (run_id, counts):
        counts |= {"residues_total": todo.residues, "residues": 0, "segments": 0}
        for page in stored_pages(store, heads.configuration_id, sources, *target.key, (*rescorer.kept, COMBINED)):
            scored = list(_scored(rescorer, page, known))
            write_scored(store, heads.configuration_id, run_id, scored)
            residues = sum(len(sequence.residues) for sequence in page)
            counts["residues"] = int(str(counts["residues"])) + residues
            counts["segments"] = int(str(counts["segments"])) + sum(len(one.segments) for one in scored)
            report_run(store, run_id, counts)
            progress.advance(residues)
    progress.end()
    return todo


def same_root(store: Store, heads: Heads) -> list[int]:
    """Configurations whose segments were chosen by the same root, and whose scores that are kept are the root's."""
    from ..methods.derived import replaced_methods, root_digest
    from ..methods.headset import HeadSet
    from ..store.head_sets import load_payload
    from ..store.rescoring import sibling_configurations

    root, anew = root_digest(heads.head_set), replaced_methods(heads.head_set)
    found: list[int] = []
    for configuration_id, digest in sibling_configurations(store, heads.configuration_id):
        payload = None if digest == root else load_payload(store, digest)
        other = HeadSet.from_bytes(payload) if payload else None
        if digest == root or (other and root_digest(other) == root and replaced_methods(other) <= anew):
            found.append(configuration_id)
    return found


def _scored(
    rescorer: Rescorer, page: Sequence[StoredSequence], known: Mapping[str, StatedStretches]
) -> Iterator[ScoredSequence]:
    from ..methods.cargo import probability_of_cargo
    from ..methods.protocol import RawScore
    from ..methods.rescoring import StoredSegments

    for one in page:
        pooled = np.array([np.frombuffer(row, dtype=POOLED_TYPE) for row in one.pooled], dtype=np.float32)
        raw = {name: [RawScore(*own) for own in scores] for name, scores in one.raw.items()}
        pooled = pooled.reshape(len(one.spans), -1)
        cargo = probability_of_cargo(raw[COMBINED][0].evidence) if one.spans else 0.0
        told = (one.spans, pooled, raw, cargo, known.get(one.digest, ()))
        scores = rescorer(StoredSegments(one.digest, one.residues, *told))
        yield ScoredSequence(one.digest, tuple(map(_segment, one.spans, one.pooled, scores)))


def _segment(span: ResidueSpan, pooled: bytes, scores: tuple[MethodScore, ...]) -> ScoredSegment:
    return ScoredSegment(span, pooled, scores)
