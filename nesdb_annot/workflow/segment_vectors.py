"""Vectors of the stored segments of a configuration: a file below the cache directory that follows the database.

Whatever writes scores brings the file up to date and stores its SHA-256 in the database. A reader takes the file only
if it has that digest; what is missing or outdated, or everything, is read from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..files.atomic import write_atomically
from ..settings import Settings
from .heads import head_set_of
from .protein_scorer import POOLED_TYPE

if TYPE_CHECKING:
    from ..methods.segment_index import Rows, SegmentVectors
    from ..methods.similarity import Similarity
    from ..store.engine import Store

DIRECTORY = "vectors"
"""Folder within the cache directory; a file is named by its SHA-256."""


@dataclass(frozen=True, slots=True)
class VectorSource:
    """Where the vectors of a configuration come from.

    Attributes:
        similarity: of the head set of the configuration; says how pooled vectors are whitened.
        accessions: of the training sequences, by digest; a head set of an earlier version names none.
    """

    store: Store
    settings: Settings
    configuration_id: int
    similarity: Similarity
    accessions: Mapping[str, str]

    @property
    def directory(self) -> Path:
        """Where files of vectors are."""
        return self.settings.cache_dir / DIRECTORY

    def whitened(self, pooled: bytes, count: int) -> NDArray[np.float32]:
        """Vectors that the index compares, shape (count, k), from `count` stored ones."""
        rows = np.frombuffer(pooled, dtype=POOLED_TYPE).reshape(count, -1).astype(np.float32)
        return self.similarity.references.whitened(rows)

    def current(self) -> tuple[SegmentVectors, str]:
        """The vectors of all segments that are stored now, and the digest of the file if it holds the very same."""
        from ..methods.segment_index import Scored, SegmentVectors
        from ..store.vectors import scored_moments

        digest, cached = self._cached()
        moments = np.array(scored_moments(self.store, self.configuration_id), dtype=np.int64).reshape(-1, 2)
        scored = Scored(moments[:, 0], moments[:, 1])
        before = cached or SegmentVectors.empty(self.similarity.references.vectors.shape[1])
        if cached and cached.scored.equals(scored):
            return cached, digest
        return before.with_changes(scored, self._read(scored.missing_in(before.scored).tolist())), ""

    def _cached(self) -> tuple[str, SegmentVectors | None]:
        """The file that the database names, if it is here and has its digest."""
        from ..methods.segment_index import SegmentVectors
        from ..store.vectors import index_digest

        digest = index_digest(self.store, self.configuration_id)
        try:
            payload = (self.directory / digest).read_bytes() if digest else b""
        except OSError:
            return "", None
        fits = bool(payload) and sha256(payload).hexdigest() == digest
        return (digest, SegmentVectors.from_bytes(payload)) if fits else ("", None)

    def _read(self, sequence_ids: list[int]) -> Iterator[Rows]:
        from ..methods.segment_index import Rows
        from ..store.vectors import pooled_vectors

        for page in pooled_vectors(self.store, self.configuration_id, sequence_ids):
            counts = [len(row.numbers) for row in page]
            sequence = np.repeat(np.array([row.sequence_id for row in page], dtype=np.int64), counts)
            segment = np.array([number for row in page for number in row.numbers], dtype=np.int16)
            yield Rows(sequence, segment, self.whitened(b"".join(row.pooled for row in page), len(segment)))


def vector_source(store: Store, settings: Settings, configuration_id: int) -> VectorSource:
    """The vectors of a configuration.

    Raises:
        ConfigurationError: if its head set is neither in the database nor the bundled one.
    """
    from ..methods.scoring import build_methods
    from ..methods.similarity import Similarity

    head_set = head_set_of(store, configuration_id)
    similarity = next(method for method in build_methods(head_set).methods if isinstance(method, Similarity))
    accessions = dict(zip(head_set.training_digests, head_set.training_accessions, strict=False))
    return VectorSource(store, settings, configuration_id, similarity, accessions)


def save_vectors(store: Store, settings: Settings, configuration_id: int, note: Callable[[str], None]) -> None:
    """Bring the file of stored vectors up to date; without room for it, say so and do without it."""
    from ..store.locks import only_one
    from ..store.vectors import index_digest, save_index_digest

    source = vector_source(store, settings, configuration_id)
    with only_one(store, f"nesannot vectors {configuration_id}") as mine:
        if not mine:
            return  # the command that holds the lock stores a file; a reader adds what that file lacks
        vectors, digest = source.current()
        if digest:
            return
        payload = vectors.to_bytes()
        digest, outdated = sha256(payload).hexdigest(), index_digest(store, configuration_id)
        path = source.directory / digest
        try:
            source.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(path, payload)
        except OSError as error:
            note(f"The index of stored vectors was not saved in {source.directory}: {error.strerror}.")
            return
        save_index_digest(store, configuration_id, digest, len(vectors.vectors))
        if outdated and outdated != digest:
            _remove(source.directory / outdated)


def _remove(path: Path) -> None:
    """Remove a file of the cache, where that is possible."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
