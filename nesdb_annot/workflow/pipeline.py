"""Threads and bounded queues between reading, embedding and writing, so that none waits for another.

Embedding and scoring happen in the worker processes of `processes.pool`, which have queues of their own. Here are the
two ends: what is to be computed is read ahead, and what was computed is written behind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

Work = TypeVar("Work")

_LOOK_UP_S = 0.1
"""How often a thread that waits for room looks whether the other side is still there."""

SECONDS_TO_LEAVE = 20.0
"""How long what is computed may take to be written after Ctrl-C or an error; a second signal ends it at once."""

LEAST_RESIDUES = 2_000
"""No chunk is cut smaller than this: each is a transaction."""

CHUNKS_LEFT = 4
"""A chunk is at most one in so many, times the workers, of what is left: the last ones are small."""

_END = object()


class _Raised:
    """An error on its way to the other thread."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def read_ahead(source: Iterable[Work], depth: int) -> Generator[Work]:
    """What `source` gives, in its order, made on a thread of its own, at most `depth` ahead.

    Raises:
        BaseException: whatever `source` raises, after what it gave before.

    Example:
        >>> list(read_ahead(range(3), depth=1))
        [0, 1, 2]
    """
    made: queue.Queue[object] = queue.Queue(depth)
    left = threading.Event()
    thread = threading.Thread(target=_make, args=(source, made, left), name="reader", daemon=True)
    thread.start()
    try:
        while (one := made.get()) is not _END:
            if isinstance(one, _Raised):
                raise one.error
            yield cast("Work", one)
    finally:
        left.set()
        thread.join(SECONDS_TO_LEAVE)


def _make(source: Iterable[Work], made: queue.Queue[object], left: threading.Event) -> None:
    try:
        for one in source:
            if not _put(made, one, left):
                return
    except BaseException as error:  # the other thread raises it
        _put(made, _Raised(error), left)
    else:
        _put(made, _END, left)


def _put(room: queue.Queue[object], one: object, left: threading.Event) -> bool:
    """Wait for room and put; False if nobody will ever take it."""
    while not left.is_set():
        try:
            room.put(one, timeout=_LOOK_UP_S)
        except queue.Full:
            continue
        return True
    return False


class WriteBehind(Generic[Work]):
    """Calls `write` with one thing after the other, on a thread of its own; at most `depth` wait for it.

    Leaving the block waits until everything is written, also when the block ends by an error or a signal: what was
    computed is not lost. What `write` raises is raised by the next `put`, or by leaving; nothing is written after it.

    Args:
        write: called on the other thread only.
        depth: how many may wait before `put` does.

    Example:
        >>> written = []
        >>> with WriteBehind(written.append, depth=2) as behind:
        ...     for n in range(5):
        ...         behind.put(n)
        >>> written
        [0, 1, 2, 3, 4]
    """

    def __init__(self, write: Callable[[Work], None], depth: int) -> None:
        self._write = write
        self._waiting: queue.Queue[object] = queue.Queue(depth)
        self._failed = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Wait for the rest to be written; an error of the block comes before one of the writer."""
        _put(self._waiting, _END, self._failed)
        self._thread.join(SECONDS_TO_LEAVE if kind else None)
        if self._error and not kind:
            raise self._error
        if self._error and error:
            error.add_note(f"what was computed could not be written either: {self._error}")

    def put(self, one: Work) -> None:
        """Have `one` written; waits while `depth` others wait already.

        Raises:
            BaseException: what `write` raised.
        """
        if not _put(self._waiting, one, self._failed) and self._error:
            raise self._error

    def _run(self) -> None:
        try:
            while (one := self._waiting.get()) is not _END:
                self._write(cast("Work", one))
        except BaseException as error:  # the other thread raises it
            self._error = error
            self._failed.set()


def tapered(
    chunks: Iterable[Sequence[tuple[str, str]]], residues: int, workers: int
) -> Iterator[list[tuple[str, str]]]:
    """The same sequences in chunks that get smaller towards the end, so that no worker waits long for the last one.

    Args:
        chunks: as they are read.
        residues: in all of them.
        workers: that share them.

    Example:
        >>> [len(chunk) for chunk in tapered([[("", "L" * 2000)] * 12], 24_000, 1)]
        [3, 3, 2, 1, 1, 1, 1]
    """
    for chunk in chunks:
        piece: list[tuple[str, str]] = []
        size = 0
        for digest, own in chunk:
            piece.append((digest, own))
            size += len(own)
            if size >= max(LEAST_RESIDUES, residues // (CHUNKS_LEFT * workers)):
                yield piece
                piece, residues, size = [], residues - size, 0
        if piece:
            yield piece
            residues -= size
