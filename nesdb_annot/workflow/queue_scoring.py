"""What a worker does with one chunk of a deferred run: score what is pending; no sequence stops the others.

The language model runs in a process of its own. If the process raises an error or dies with a whole chunk, each
sequence of the chunk is tried alone. A sequence that fails alone three times is recorded with its error. That holds,
too, if the worker itself is killed with it: each sequence that is tried alone is marked before. A full disk and a
signal to stop never count against a sequence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import (
    CannotWriteError,
    ConfigurationError,
    DatabaseUnreachableError,
    InputError,
    InternalError,
    NesannotError,
    TryLaterError,
)
from ..processes.child import Child, StoppedError
from ..records import ScoredSequence
from ..settings import Settings
from .heads import Heads, heads_for
from .protein_scorer import Chunk, ScoredChunk, build_scorer

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.queue_units import PendingSequence, Unit, UnitTimes

GONE = "the worker was gone before it had scored this sequence"
"""What the ledger says of a sequence whose worker died with it."""

_NOT_THE_CHUNKS_FAULT = (StoppedError, TryLaterError, ConfigurationError, DatabaseUnreachableError, CannotWriteError)
_ScorerProcess = Child[Chunk, ScoredChunk]


@dataclass(slots=True)
class UnitScorer:
    """Scores units of deferred runs, several at once from several threads, each in a process of its own.

    Attributes:
        worker: machine and process, as units name it.
        note: told of every finished unit.
        failed: the run of each unit that was left as failed.
        touched: configuration of each run of which a unit was finished, by the number of the run.
    """

    store: Store
    settings: Settings
    worker: str
    note: Callable[[str], None]
    failed: list[int] = field(default_factory=list)
    touched: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _heads: dict[int, tuple[Heads, Settings]] = field(default_factory=dict)
    _spare: list[tuple[int, _ScorerProcess]] = field(default_factory=list)

    def score(self, run_id: int, number: int, stop: Callable[[], bool]) -> None:
        """Score a unit and count it; nothing happens if another worker has finished it.

        Raises:
            StoppedError: if `stop` said so: the unit is given back.
            NesannotError: if the database or this worker's set-up does not fit: the unit is given back.
            Exception: anything else, twice; the third time the unit is left as failed.
        """
        from ..store.queue_units import UnitTimes, begin_unit, fail_unit, finish_unit, give_back_unit
        from ..store.scores import ATTEMPTS

        unit = begin_unit(self.store, run_id, number, self.worker)
        if unit is None:
            return
        times = UnitTimes(self.worker)
        try:
            heads, settings = self._heads_of(unit)
            with self._process(heads, settings) as process:
                _UnitScoring(self.store, unit, heads.configuration_id, process, stop, times).run()
        except _NOT_THE_CHUNKS_FAULT:
            with suppress(NesannotError):
                give_back_unit(self.store, unit, self.worker)
            raise
        except Exception as error:
            if unit.attempts < ATTEMPTS:
                raise
            fail_unit(self.store, unit, f"{type(error).__name__}: {error}")
            self.failed.append(run_id)
            return
        self.touched[run_id] = heads.configuration_id
        finish_unit(self.store, unit, heads.configuration_id, times)
        self.note(f"run {run_id}: chunk {number} scored, {unit.residues:,} residues")

    def close(self) -> None:
        """End all processes."""
        while self._spare:
            self._spare.pop()[1].kill()

    def _heads_of(self, unit: Unit) -> tuple[Heads, Settings]:
        """What the run of a unit scores with; read once for each configuration."""
        told = unit.settings
        wanted = int(str(told["configuration"]))
        with self._lock:
            if wanted not in self._heads:
                model, segmentation = str(told["model"]), str(told["segmentation"])
                layer = int(str(told["layer"]))
                settings = replace(self.settings, model=model, layer=layer, segmentation=segmentation)
                heads = heads_for(self.store, settings, str(told["head_set"]))
                if heads.configuration_id != wanted:
                    raise ConfigurationError(
                        f"this worker cannot compute what run {unit.run_id} asks for",
                        why="its language model, segmentation or methods are of another version",
                        remedy="install the version that deferred the run, or score again",
                    )
                self._heads[wanted] = heads, settings
            return self._heads[wanted]

    @contextmanager
    def _process(self, heads: Heads, settings: Settings) -> Iterator[_ScorerProcess]:
        """A process of this configuration that nobody else uses, the last used one first."""
        with self._lock:
            fitting = [spare for spare in self._spare if spare[0] == heads.configuration_id]
            if fitting:
                self._spare.remove(fitting[-1])
            else:
                for spare in self._spare:
                    spare[1].kill()
                self._spare.clear()
        process = fitting[-1][1] if fitting else self._begun(heads, settings)
        try:
            yield process
        finally:
            with self._lock:
                self._spare.append((heads.configuration_id, process))

    def _begun(self, heads: Heads, settings: Settings) -> _ScorerProcess:
        """A new process; it knows of UniProt's features what the database holds now."""
        from ..methods.topology import STATED_KEYS
        from ..store.annotations import stated_stretches

        stated = stated_stretches(self.store, STATED_KEYS)
        return Child(build_scorer, (settings, heads.payload, stated, heads.portable))


@dataclass(frozen=True, slots=True)
class _UnitScoring:
    """One attempt at a unit."""

    store: Store
    unit: Unit
    configuration_id: int
    process: _ScorerProcess
    stop: Callable[[], bool]
    times: UnitTimes

    def run(self) -> None:
        """Score the whole chunk at once; if that fails, or somebody failed with it before, each sequence alone."""
        if self.unit.attempts == 1:
            todo = self._pending()
            if not todo or self._together(todo):
                return
        while todo := self._pending():
            for one in todo:
                self._alone(one)

    def _pending(self) -> list[PendingSequence]:
        from ..store.queue_units import pending_of_unit

        return pending_of_unit(self.store, self.unit, self.configuration_id)

    def _mark(self, tried: list[PendingSequence], error: str) -> None:
        from ..store.queue_units import mark_tried

        if tried:
            mark_tried(self.store, self.unit, self.configuration_id, [one.id for one in tried], error)

    def _write(self, scored: list[ScoredSequence], engine: str = "") -> None:
        from ..store.scores import write_scored

        write_scored(self.store, self.configuration_id, self.unit.run_id, scored, engine=engine)

    def _ask(self, chunk: Chunk) -> ScoredChunk:
        """The scored chunk; its times are counted."""
        begun = monotonic()
        done = self.process.ask(chunk, self.stop)
        self.times.worker_s += monotonic() - begun
        self.times.embedding_s += done.embedding_s
        self.times.scoring_s += done.scoring_s
        self.times.embedding_cpu_s += done.embedding_cpu_s
        self.times.device = done.device or self.times.device
        return done

    def _together(self, todo: list[PendingSequence]) -> bool:
        """Score all at once; False if one of them failed, or the process died, so that each must be tried alone.

        The death of the process counts for no sequence: nobody knows which of them it was.
        """
        try:
            done = self._ask([(one.digest, one.residues) for one in todo])
        except (InternalError, InputError):
            return False
        self._write(done.sequences, done.engine)
        if done.stopped:
            raise done.stopped
        return not any(one.error for one in done.sequences)

    def _alone(self, one: PendingSequence) -> None:
        """Try one sequence, marked before, so that it is counted even if this worker is killed."""
        from ..store.queue_units import unmark_tried

        self._mark([one], GONE)
        try:
            done = self._ask([(one.digest, one.residues)])
            scored, engine = done.sequences, done.engine
        except (InternalError, InputError) as error:
            scored, engine = [ScoredSequence(one.digest, error=error.what)], ""
        except BaseException:
            unmark_tried(self.store, self.configuration_id, one.id)
            raise
        unmark_tried(self.store, self.configuration_id, one.id)
        self._write(scored, engine)
