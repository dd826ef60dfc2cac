"""A file that grows page by page, survives an interruption, and gets its name only when it is complete."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ..files.atomic import write_atomically, write_errors_named
from ..files.digests import file_sha256
from ..records import Reject, Release
from .partial import PartialFile, read_object

MAXIMUM_DOWNLOAD = 10 * 10**9
"""Bytes of one downloaded file."""


@dataclass(frozen=True, slots=True)
class Download:
    """A complete file in the cache.

    Attributes:
        release: of UniProt, from the answer's headers.
        records: number of entries in the file.
        rejects: what was asked for and is not in the file, by name.
    """

    path: Path
    release: Release
    records: int
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download has come: saved after each page.

    Attributes:
        question: what was asked for; a file that answers another question is not gone on with.
    """

    question: str
    release: str
    released: str
    total: int
    records: int = 0
    size: int = 0
    next_url: str = ""


def as_release(name: str, released: str) -> Release:
    """Release from its name and ISO date (empty if unknown)."""
    return Release(name, date.fromisoformat(released) if released else None)


class GrowingFile:
    """`path`, its part so far, its progress, and, when complete, its digest.

    Raises:
        CannotWriteError: from any method, if the disk is full or may not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = PartialFile(path)
        self._facts = path.with_name(path.name + ".facts.json")
        with self._errors_named():
            path.parent.mkdir(parents=True, exist_ok=True)

    def _errors_named(self) -> AbstractContextManager[None]:
        return write_errors_named(self.path, "set NESANNOT_CACHE_DIR")

    def complete(self, question: str, total: int) -> Download | None:
        """The finished file, if it is there, answers this question, and its digest is right."""
        facts = read_object(self._facts)
        if (facts.get("question"), facts.get("records")) != (question, total):
            return None
        if not self.path.is_file() or facts.get("sha256") != file_sha256(self.path):
            return None
        release = as_release(str(facts["release"]), str(facts["released"]))
        return Download(self.path, release, total)

    def resume(self, begin: Progress) -> Progress | None:
        """What an interrupted download left, if it began as `begin` does: same question, release and total."""
        state = self._partial.state()
        if any(state.get(name) != getattr(begin, name) for name in ("question", "release", "total")):
            return None
        try:
            progress = Progress(**state)  # type: ignore[arg-type]
        except TypeError:
            return None
        return progress if 0 < progress.size <= self._partial.size else None

    def append(self, content: bytes, before: Progress, after: Progress) -> None:
        """Add one page; what stands behind `before` was not recorded and is cut off."""
        with self._errors_named():
            with self._partial.path.open("r+b" if before.size else "wb") as out:
                out.truncate(before.size)
                out.seek(before.size)
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            self._partial.record(asdict(after))

    def finish(self, progress: Progress) -> Download:
        """Put the file under its name."""
        with self._errors_named():
            facts = asdict(progress) | {"sha256": file_sha256(self._partial.path)}
            self._partial.finish()
            write_atomically(self._facts, json.dumps(facts))
        return Download(self.path, as_release(progress.release, progress.released), progress.records)

    def discard(self) -> None:
        """Throw away what an interrupted download left."""
        self._partial.discard()
