"""Score: every sequence is embedded once, cut into candidates, scored by every method, and stored with its run.

What a score depends on besides the residues (language model, segmentation, methods, head set) is a *configuration*. A
sequence that has scores under the configuration is not computed again; a killed run goes on where it stopped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import IncompleteError, NesannotError
from ..records import Json
from ..settings import Settings
from .failures import failure
from .heads import Heads, check_device, heads_for
from .pipeline import WriteBehind, read_ahead, tapered
from .progress import Progress, Silent
from .protein_scorer import Chunk, ScoredChunk, build_scorer
from .ranking import RankingReport, check_decoys, finish_scoring, rank_what_is_scored, ranking_options
from .target import Target, find_target

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.locks import HeldLock
    from ..store.scores import FailedSequence

RESIDUES_PER_CHUNK = 30_000
"""One work unit: what a killed run loses at most, about two seconds of one core."""

WORTH_A_PROCESS = 100_000
"""Residues below which starting worker processes costs more than it saves."""


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """What a scoring run did.

    Attributes:
        failed: sequences of the release that could not be scored, now or in an earlier run.
        sequences: that were embedded and scored, or would be, with `residues` and the `segments` stored.
        rescored: sequences that were, or would be, scored from stored vectors.
        ranking: what came of ranking; None for a dry run.
    """

    proteome: str
    sequences: int
    residues: int
    segments: int
    failed: tuple[FailedSequence, ...]
    dry_run: bool = False
    rescored: int = 0
    ranking: RankingReport | None = None

    def sentence(self) -> str:
        """The outcome in words."""
        did = "would be scored" if self.dry_run else "were scored"
        before = f"{self.proteome}: {self.rescored:,} sequences {did} again from stored vectors, without embedding"
        if not self.sequences:
            done = f"every sequence is scored{' or failed' if self.failed else ''} already; nothing was computed"
            return before if self.rescored else f"{self.proteome}: {done}"
        amount = f"{self.sequences:,} sequences, {self.residues:,} residues"
        before = f"{before}\n" if self.rescored else ""
        if self.dry_run:
            return f"{before}{self.proteome}: {amount} would be embedded and scored; nothing was written"
        return f"{before}{self.proteome}: {amount} scored, {self.segments:,} candidates stored"

    @property
    def problem(self) -> IncompleteError | None:
        """The error that names the sequences that failed, now or in an earlier run; None if none did."""
        return None if self.dry_run else failure(self.proteome, self.failed)

    def sentences(self) -> list[str]:
        """The outcome of scoring and of ranking, in words."""
        return [self.sentence(), *(self.ranking.sentences() if self.ranking else ())]


def score_proteome(
    store: Store,
    settings: Settings,
    proteome: str,
    *,
    release: str | None = None,
    again: bool = False,
    dry_run: bool = False,
    cargo_prior: float | None = None,
    decoys: str | None = None,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score the sequences of a proteome's release that have no scores under the current configuration, and rank it.

    Where only pooled heads are other than those that have scored a sequence, its stored vectors are scored (see
    `rescore`); all else is embedded. For q-values, proteins with shuffled residues are scored, too. A run that is
    stopped ranks what is scored, where readers have no complete ranking.

    Args:
        proteome: UPID or name, as ingested.
        release: None for the newest by date.
        again: recompute those that have scores, too.
        dry_run: only count.
        cargo_prior: share of the proteins assumed to be cargoes; see `ranking.ranking_options`, also for `decoys`.

    Raises:
        UsageError: if there is no such proteome or release.
        InputError: if the decoys are a proteome that is not ranked.
        ConfigurationError: if there are no weights or no head set for the language model.
    """
    from ..store.locks import one_after_another
    from ..store.scores import failed_of_release
    from .rescore import RescoreSummary, earlier_scores, rescore_proteome

    progress = progress or Silent()
    target = find_target(store, proteome, release)
    check_device(settings)
    heads = heads_for(store, settings, create=not dry_run)
    for line in (*heads.notes, *earlier_scores(store, heads, target)):
        progress.note(line)
    options = ranking_options(store, settings, target, cargo_prior, decoys)
    check_decoys(store, heads, target, options)
    scoring = _Scoring(store, settings, heads, target, again, progress)
    if dry_run:
        return plan_scoring(store, heads, target, again=again)
    name = f"nesannot score {heads.configuration_id} {target.proteome_id}"
    with one_after_another(store, name, scoring.say_that_another_scores) as lock:
        try:
            stored = RescoreSummary() if again else rescore_proteome(store, heads, target, progress)
            summary = replace(scoring.all_that_is_pending(lock), rescored=stored.sequences)
            report = finish_scoring(store, settings, heads, target, options, progress)
        except (KeyboardInterrupt, SystemExit):
            with suppress(NesannotError):
                rank_what_is_scored(store, heads, target, options)
            raise
    failed = failed_of_release(store, heads.configuration_id, target.name, target.release)
    return replace(summary, failed=tuple(failed), ranking=report)


def plan_scoring(store: Store, heads: Heads, target: Target, *, again: bool = False) -> ScoreSummary:
    """Count what `score_proteome` would embed and what it would score from stored vectors; nothing is written."""
    from ..store.scores import pending
    from .rescore import RescoreSummary, rescorable

    stored = RescoreSummary() if again else rescorable(store, heads, target)
    todo = pending(store, heads.configuration_id, *target.key, again=again)
    amount = (todo.sequences - stored.sequences, todo.residues - stored.residues)
    return ScoreSummary(target.name, *amount, 0, (), dry_run=True, rescored=stored.sequences)


def _processor_seconds() -> float:
    """Processor time of this process and of the children that ended."""
    return sum(os.times()[:4])


@dataclass(slots=True)
class _Tally:
    """What a run has stored so far, and where the time of its workers went."""

    residues_total: int
    workers: int
    begun: float = field(default_factory=monotonic)
    residues: int = 0
    segments: int = 0
    embedding_s: float = 0.0
    scoring_s: float = 0.0
    embedding_cpu_s: float = 0.0
    begun_cpu_s: float = field(default_factory=_processor_seconds)
    failed: int = 0

    def add(self, chunk: ScoredChunk) -> None:
        """Count a chunk that was written."""
        self.segments += sum(len(sequence.segments) for sequence in chunk.sequences)
        self.failed += sum(bool(sequence.error) for sequence in chunk.sequences)
        self.embedding_s += chunk.embedding_s
        self.scoring_s += chunk.scoring_s
        self.embedding_cpu_s += chunk.embedding_cpu_s
        self.residues += chunk.residues  # last: the other thread shows it

    def counts(self) -> dict[str, Json]:
        """As the run keeps them; ``worker_s`` is wall time since the start times workers, all else is part of it."""
        return {
            "residues_total": self.residues_total,
            "residues": self.residues,
            "segments": self.segments,
            "failed": self.failed,
            "workers": self.workers,
            "worker_s": round(self.workers * (monotonic() - self.begun), 1),
            "embedding_s": round(self.embedding_s, 1),
            "scoring_s": round(self.scoring_s, 1),
            "embedding_cpu_s": round(self.embedding_cpu_s, 1),
        }

    def processor(self) -> dict[str, Json]:
        """Processor time of this process and of its workers, which must have ended, start-up included."""
        return {"processor_s": round(_processor_seconds() - self.begun_cpu_s, 1)}


@dataclass(frozen=True, slots=True)
class _Scoring:
    """One scoring run: what is scored, with what, and who is told.

    A thread reads ahead, the workers embed and score, a thread writes behind, each chunk in a transaction of its own.
    """

    store: Store
    settings: Settings
    heads: Heads
    target: Target
    again: bool
    progress: Progress
    told: list[str] = field(default_factory=list)
    lock: HeldLock | None = None

    def say_that_another_scores(self) -> None:
        """Say once what is waited for."""
        if not self.told:
            self.told.append(f"another command scores {self.target.name}: waiting for it")
            self.progress.note(self.told[0])

    def all_that_is_pending(self, lock: HeldLock) -> ScoreSummary:
        """Score what has no scores; returns what was done."""
        from ..store.scores import pending

        todo = pending(self.store, self.heads.configuration_id, *self.target.key, again=self.again)
        if not todo.sequences:
            return ScoreSummary(self.target.name, 0, 0, 0, ())
        self.progress.note(self.heads.chosen)
        self.progress.begin(f"scoring {self.target.name}", todo.residues)
        try:
            tally = replace(self, lock=lock).run(todo.residues)
        finally:
            self.progress.end()
        return ScoreSummary(self.target.name, todo.sequences, todo.residues, tally.segments, ())

    def run(self, residues: int) -> _Tally:
        """Score everything that is pending; returns what was stored."""
        from ..store.runs import run

        stated = {**self.heads.stated, "proteome": self.target.name, "release": self.target.release}
        tally = _Tally(residues, self.settings.workers if residues >= WORTH_A_PROCESS else 1)
        with run(self.store, "score", stated, device=self.heads.chosen) as (run_id, counts):
            try:
                self._scored_and_written(run_id, tally)
            finally:
                counts.update(tally.counts() | tally.processor())
        return tally

    def _scored_and_written(self, run_id: int, tally: _Tally) -> None:
        shown = 0
        with WriteBehind(partial(self._write, run_id, tally), depth=2 * tally.workers) as behind:
            for chunk in self._scored(tally):
                behind.put(chunk)
                if chunk.stopped:
                    raise chunk.stopped
                stored = tally.residues
                if stored > shown:
                    self.progress.advance(stored - shown)
                    shown = stored
        self.progress.advance(tally.residues - shown)

    def _write(self, run_id: int, tally: _Tally, chunk: ScoredChunk) -> None:
        """Store a chunk and say in the run how far it is; on the writing thread, and only under the lock."""
        from ..store.runs import report_run
        from ..store.scores import write_scored

        if self.lock:
            self.lock.require()
        write_scored(self.store, self.heads.configuration_id, run_id, chunk.sequences, engine=chunk.engine)
        tally.add(chunk)
        report_run(self.store, run_id, tally.counts())

    def _scored(self, tally: _Tally) -> Iterator[ScoredChunk]:
        """Scores of each chunk, in the order in which the workers finish."""
        from ..methods.topology import STATED_KEYS
        from ..processes.pool import AHEAD, WorkerPool
        from ..store.annotations import stated_stretches
        from ..store.scores import iterate_pending

        chunks: Iterator[Chunk] = iterate_pending(
            self.store,
            self.heads.configuration_id,
            *self.target.key,
            again=self.again,
            residues_per_chunk=RESIDUES_PER_CHUNK,
        )
        sized = tapered(chunks, tally.residues_total, tally.workers) if tally.workers > 1 else chunks
        stated = stated_stretches(self.store, STATED_KEYS)
        arguments = (self.settings, self.heads.payload, stated, self.heads.portable)
        with (
            closing(read_ahead(sized, depth=AHEAD * tally.workers)) as ahead,
            WorkerPool(tally.workers, initialise=build_scorer, arguments=arguments) as pool,
        ):
            yield from pool.map_unordered(ahead)
