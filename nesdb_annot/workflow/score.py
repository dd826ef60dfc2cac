"""Score: every sequence is embedded once, cut into candidates, scored by every method, and stored with its run.

What a score depends on besides the residues (language model, segmentation, methods, head set) is a *configuration*. A
sequence that has scores under the configuration is not computed again; a killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import ScoredSequence
from ..settings import Settings
from .heads import Heads, heads_for
from .progress import Progress, Silent
from .protein_scorer import Chunk, build_scorer
from .target import Target, find_target

if TYPE_CHECKING:
    from ..store.engine import Store

RESIDUES_PER_CHUNK = 30_000
"""One work unit: what a killed run loses at most, about two seconds of one core."""

WORTH_A_PROCESS = 100_000
"""Residues below which starting worker processes costs more than it saves."""


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """What a scoring run did."""

    proteome: str
    sequences: int
    residues: int
    segments: int
    failed: tuple[ScoredSequence, ...]
    chosen: str
    dry_run: bool = False

    def sentence(self) -> str:
        """The outcome in words."""
        if not self.sequences:
            return f"{self.proteome}: every sequence is scored already; nothing was computed"
        amount = f"{self.sequences:,} sequences, {self.residues:,} residues"
        if self.dry_run:
            return f"{self.proteome}: {amount} would be scored; nothing was written"
        failed = "".join(f"\n  failed: sequence {s.digest[:12]}: {s.error}" for s in self.failed)
        return f"{self.proteome}: {amount} scored, {self.segments:,} candidates stored{failed}"


def score_proteome(
    store: Store,
    settings: Settings,
    proteome: str,
    *,
    release: str | None = None,
    again: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score the sequences of a proteome's release that have no scores under the current configuration.

    Args:
        proteome: UPID or name, as ingested.
        release: None for the newest by date.
        again: recompute those that have scores, too.
        dry_run: only count.

    Raises:
        InputError: if there is no such proteome or release.
        ConfigurationError: if there are no weights or no head set for the language model.
    """
    from ..store.scores import pending

    progress = progress or Silent()
    target = find_target(store, proteome, release)
    heads = heads_for(store, settings)
    for line in heads.notes:
        progress.note(line)
    todo = pending(store, heads.configuration_id, *target.key, again=again)
    if dry_run or not todo.sequences:
        return ScoreSummary(target.name, todo.sequences, todo.residues, 0, (), heads.chosen, dry_run)
    progress.note(heads.chosen)
    progress.begin(f"scoring {target.name}", todo.residues)
    try:
        segments, failed = _Scoring(store, settings, heads, target, again, progress).run(todo.residues)
    finally:
        progress.end()
    return ScoreSummary(target.name, todo.sequences, todo.residues, segments, failed, heads.chosen)


@dataclass(frozen=True, slots=True)
class _Scoring:
    """One scoring run: what is scored, with what, and who is told."""

    store: Store
    settings: Settings
    heads: Heads
    target: Target
    again: bool
    progress: Progress

    def run(self, residues: int) -> tuple[int, tuple[ScoredSequence, ...]]:
        """Score chunk by chunk, each written in a transaction of its own; returns segments stored and failures."""
        from ..store.runs import report_run, run
        from ..store.scores import write_scored

        finished = segments = 0
        failed: list[ScoredSequence] = []
        configuration_id = self.heads.configuration_id
        stated = {**self.heads.stated, "proteome": self.target.name, "release": self.target.release}
        with run(self.store, "score", stated, device=self.heads.chosen) as (run_id, counts):
            counts["residues_total"] = residues
            for done, scored in self._scored(residues):
                write_scored(self.store, configuration_id, run_id, scored)
                finished += done
                segments += sum(len(sequence.segments) for sequence in scored)
                failed += [sequence for sequence in scored if sequence.error]
                counts |= {"residues": finished, "segments": segments, "failed": len(failed)}
                report_run(self.store, run_id, counts)
                self.progress.advance(done)
        return segments, tuple(failed)

    def _scored(self, residues: int) -> Iterator[tuple[int, list[ScoredSequence]]]:
        """Residues and scores of each chunk, in the order in which the workers finish."""
        from ..language.workers import WorkerPool
        from ..store.scores import iterate_pending

        chunks: Iterable[Chunk] = iterate_pending(
            self.store,
            self.heads.configuration_id,
            *self.target.key,
            again=self.again,
            residues_per_chunk=RESIDUES_PER_CHUNK,
        )
        workers = self.settings.workers if residues >= WORTH_A_PROCESS else 1
        arguments = (self.settings, self.heads.payload)
        with WorkerPool(workers, initialise=build_scorer, arguments=arguments) as pool:
            yield from pool.map_unordered(chunks)
