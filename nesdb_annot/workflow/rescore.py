"""Re-score: stored segments under a head set with the same selector, without embedding anything.

Sequences that another head set of this selector has scored have the segments, vectors, competition and odds that the
head set needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..records import ScoredSequence
from .heads import Heads
from .progress import Progress
from .protein_scorer import POOLED_TYPE, scored_or_failed
from .target import Target

if TYPE_CHECKING:
    from ..methods.rescoring import Scorers, StoredSegments
    from ..methods.topology import StatedStretches
    from ..store.engine import Store
    from ..store.rescoring import StoredSequence


@dataclass(frozen=True, slots=True)
class RescoreSummary:
    """Sequences and residues that were, or for a dry run would be, scored from stored vectors."""

    sequences: int = 0
    residues: int = 0


def rescorable(store: Store, heads: Heads, target: Target) -> RescoreSummary:
    """Count the pending sequences that have stored segments of the same selector."""
    from ..store.rescoring import count_rescorable

    sources = same_selector(store, heads)
    return RescoreSummary(*count_rescorable(store, heads.configuration_id, sources, *target.key))


def earlier_scores(store: Store, heads: Heads, target: Target) -> tuple[str, ...]:
    """A note if pending sequences were scored by a version that did not store the parts of their scores."""
    from ..store.rescoring import configurations_without_parts, count_rescorable

    sources = configurations_without_parts(store)
    sequences, _ = count_rescorable(store, heads.configuration_id, sources, *target.key) if sources else (0, 0)
    if not sequences:
        return ()
    return (
        f"{sequences:,} sequences of {target.name} have scores of an earlier version of nesannot, which did not store "
        "the parts of the combined score: they are embedded and scored again; earlier rankings can still be read",
    )


def rescore_proteome(store: Store, heads: Heads, target: Target, progress: Progress) -> RescoreSummary:
    """Score the pending sequences that have stored segments of the same selector.

    The same candidates are kept, with the same competition between them and the same odds of a cargo.
    """
    from threadpoolctl import threadpool_limits

    from ..methods.scoring import SELECTING, build_methods
    from ..methods.topology import STATED_KEYS
    from ..store.annotations import stated_stretches
    from ..store.rescoring import stored_pages
    from ..store.runs import report_run, run
    from ..store.scores import write_scored

    todo, sources = rescorable(store, heads, target), same_selector(store, heads)
    if not todo.sequences:
        return todo
    scorers, stretches = build_methods(heads.head_set).scorers, stated_stretches(store, STATED_KEYS)
    settings = {**heads.stated, "proteome": target.name, "release": target.release, "from_configurations": sources}
    progress.begin(f"re-scoring {target.name}", todo.residues)
    # One thread, as in the processes that score what is embedded: sums come out the same.
    with run(store, "rescore", settings, device="cpu") as (run_id, counts), threadpool_limits(1):
        counts |= {"residues_total": todo.residues, "residues": 0, "segments": 0}
        for page in stored_pages(store, heads.configuration_id, sources, *target.key, SELECTING):
            scored = list(_scored(scorers, page, stretches))
            embeddings = {sequence.digest: sequence.embedding for sequence in page}
            write_scored(store, heads.configuration_id, run_id, scored, embeddings=embeddings)
            residues = sum(len(sequence.residues) for sequence in page)
            counts["residues"] = int(str(counts["residues"])) + residues
            counts["segments"] = int(str(counts["segments"])) + sum(len(one.segments) for one in scored)
            report_run(store, run_id, counts)
            progress.advance(residues)
    progress.end()
    return todo


def same_selector(store: Store, heads: Heads) -> list[int]:
    """Other configurations whose stored segments can be scored again under that of `heads`."""
    from ..store.rescoring import configurations_of_selector

    return configurations_of_selector(store, heads.selector_digest, heads.configuration_id)


def _scored(
    scorers: Scorers, page: Sequence[StoredSequence], stretches: Mapping[str, StatedStretches]
) -> Iterator[ScoredSequence]:
    for sequence in page:
        stated = stretches.get(sequence.digest, ())
        score = partial(_score, scorers, sequence, stated)
        yield scored_or_failed(sequence.digest, score)


def _score(scorers: Scorers, sequence: StoredSequence, stated: StatedStretches) -> ScoredSequence:
    return scorers.score(_segments(sequence, stated))


def _segments(sequence: StoredSequence, stated: StatedStretches) -> StoredSegments:
    """The segments as the scorers read them."""
    from ..methods.combination import STORED
    from ..methods.rescoring import StoredScores, StoredSegments

    vectors = [np.frombuffer(row, dtype=POOLED_TYPE) for row in sequence.pooled]
    return StoredSegments(
        digest=sequence.digest,
        residues=sequence.residues,
        spans=sequence.spans,
        pooled=np.array(vectors, dtype=POOLED_TYPE).reshape(len(vectors), -1),
        scores={
            name: StoredScores(np.array(raw, dtype=STORED), sequence.evidence[name])
            for name, raw in sequence.raw.items()
        },
        competition=np.array(sequence.competition, dtype=np.float64),
        cargo=sequence.cargo,
        stated=stated,
    )
