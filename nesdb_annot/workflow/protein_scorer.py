"""From residues to scored segments: what a worker process does with each protein.

A worker is built once per process from plain values (`build_scorer`) and then called with chunks of sequences. It needs
neither a terminal nor the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NesannotError, disk_error
from ..records import ScoredSequence
from ..settings import Settings
from .candidates import candidate_segmenter, refinement, resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..language.protocol import Embedder
    from ..methods.headset import HeadSet
    from ..methods.protocol import ProteinContext
    from ..methods.rescoring import StoredScores
    from ..methods.topology import StatedStretches
    from ..segmentation.protocol import Segmenter

Chunk = Sequence[tuple[str, str]]
"""Sequences to score: (digest, residues) each."""

POOLED_TYPE = "<f2"
"""How pooled vectors are stored: float16, little-endian."""


@dataclass(slots=True)
class ScoredChunk:
    """What became of a chunk, and where the time went.

    Attributes:
        residues: in all its sequences.
        sequences: one for each of the chunk; one that failed carries its error.
        embedding_s: seconds spent in the language model.
        scoring_s: seconds spent in cutting into candidates and scoring them.
        embedding_cpu_s: processor time spent in the language model, seconds.
        stopped: why the chunk ended before its last sequence, for a reason that lies in no sequence: a full disk, a
            set-up that does not fit.
        engine: that embedded the sequences: its name, precision and device.
        device: model, layer, engine and device, and why, for people.
    """

    residues: int
    sequences: list[ScoredSequence] = field(default_factory=list)
    embedding_s: float = 0.0
    scoring_s: float = 0.0
    embedding_cpu_s: float = 0.0
    stopped: NesannotError | None = None
    engine: str = ""
    device: str = ""

    def add(self, scored: ScoredSequence, residues: str) -> None:
        """Count a sequence that was scored, or failed."""
        self.sequences.append(scored)
        self.residues += len(residues)


def scored_or_failed(digest: str, score: Callable[[], ScoredSequence]) -> ScoredSequence:
    """What `score` returns, or the sequence with the error that it raised.

    Raises:
        NesannotError, OSError, MemoryError: for a reason that lies in no sequence: a full disk, a set-up that does not
            fit, too little memory.
    """
    try:
        return score()
    except (NesannotError, OSError, MemoryError):
        raise
    except Exception as error:
        if stopped := disk_error(error):
            raise stopped from error
        return ScoredSequence(digest, error=f"{type(error).__name__}: {error}")


class ProteinScorer:
    """Embeds, segments and scores, one protein independently of all others."""

    def __init__(
        self,
        embedder: Embedder,
        segmenter: Segmenter,
        head_set: HeadSet,
        stated: Mapping[str, StatedStretches] | None = None,
    ) -> None:
        from ..methods.scoring import build_methods, pooling_of

        self.embedder = embedder
        self.segmenter = segmenter
        self.stated = stated or {}
        self.methods = build_methods(head_set)
        self.pooling = pooling_of(head_set.parameters)
        self.resolve, self.refine = resolution(segmenter), refinement(segmenter)

    def __call__(self, chunk: Chunk) -> ScoredChunk:
        """Every sequence of `chunk` scored; one that fails carries its error and stops no other.

        A sequence that lacks memory is tried again alone, and fails only then. A full disk, or a set-up that does not
        fit, ends the chunk: the sequences before it are in the result, with the reason.

        Raises:
            NesannotError: if the chunk ends before its first sequence.
        """
        done = ScoredChunk(0, engine=getattr(self.embedder, "engine", ""), device=getattr(self.embedder, "chosen", ""))
        try:
            for digest, residues in self._together(done, chunk):
                done.add(self._alone(digest, residues), residues)
        except (NesannotError, OSError) as error:
            stopped = error if isinstance(error, NesannotError) else disk_error(error)
            if stopped is None or not done.sequences:
                raise
            done.stopped = stopped
        return done

    def _together(self, done: ScoredChunk, chunk: Chunk) -> Chunk:
        """Score `chunk` in batches; returns the sequences for which there was not enough memory."""
        tried, lacking = 0, list[tuple[str, str]]()
        embeddings = self.embedder.embed(residues for _, residues in chunk)
        begun, used = perf_counter(), process_time()
        try:
            for (digest, residues), embedding in zip(chunk, embeddings, strict=True):
                embedded = perf_counter()
                done.embedding_cpu_s += process_time() - used
                tried += 1
                try:
                    done.add(self._scored(digest, residues, embedding), residues)
                except MemoryError:
                    lacking.append((digest, residues))
                done.embedding_s += embedded - begun
                begun, used = perf_counter(), process_time()
                done.scoring_s += begun - embedded
        except MemoryError:
            lacking += chunk[tried:]
        return lacking

    def _alone(self, digest: str, residues: str) -> ScoredSequence:
        try:
            (embedding,) = self.embedder.embed([residues])
            return self._scored(digest, residues, embedding)
        except MemoryError as error:
            why = str(error) or "out of memory"
            return ScoredSequence(digest, error=f"not enough memory for this sequence alone: {why}")

    def _scored(self, digest: str, residues: str, embedding: NDArray[np.float32]) -> ScoredSequence:
        return scored_or_failed(digest, lambda: self.score(digest, residues, embedding))

    def score(self, digest: str, residues: str, embedding: NDArray[np.float32]) -> ScoredSequence:
        """One protein from its embedding, shape (L, dimension).

        Candidates are selected first. Of a lattice, the stored spans and vectors are the refined ones; raw scores and
        evidence of the selector's methods are those of the candidate that was refined.
        """
        from ..methods.pooling import pool
        from ..methods.protocol import ProteinContext
        from ..methods.rescoring import StoredSegments

        spans = self.segmenter.spans(residues, embedding)
        if not spans:
            return ScoredSequence(digest, training=self.methods.scorers.training.relation(digest, residues))
        context = ProteinContext(digest, residues, embedding, spans, stated=self.stated.get(digest, ()))
        candidates = self.methods.selector.candidates(context)
        kept = self.resolve(spans, candidates.probability.tolist(), len(residues))
        refined = self.refine(residues, spans, candidates.probability.tolist(), kept)
        vectors = pool(embedding, refined, self.pooling).astype(POOLED_TYPE)
        scores = self._selected(context, candidates.raw, kept)
        competition = candidates.competition[kept]
        stored = StoredSegments(
            digest, residues, refined, vectors, scores, competition, candidates.cargo, context.stated
        )  # fmt: skip
        return self.methods.scorers.score(stored)

    def _selected(
        self, context: ProteinContext, raw: NDArray[np.float32], kept: Sequence[int]
    ) -> dict[str, StoredScores]:
        """Scores of the kept candidates by the selector's methods."""
        from ..methods.rescoring import stored_scores

        methods = enumerate(self.methods.selector.methods)
        return {own.identity.name: stored_scores(own, context, raw[:, i], kept) for i, own in methods}


def build_scorer(
    settings: Settings,
    head_set: bytes,
    stated: Mapping[str, StatedStretches] | None = None,
    embedder: Embedder | None = None,
) -> ProteinScorer:
    """A scorer from plain values, for a process of its own.

    Args:
        settings: name the language model and the segmentation.
        head_set: as bytes.
        stated: digest -> what UniProt states of that sequence, from `store.annotations.stated_stretches`.
        embedder: of these settings, if it was opened already.
    """
    from ..methods.headset import HeadSet

    if embedder is None:
        from ..language.embedder import open_embedder

        embedder = open_embedder(settings)
    heads = HeadSet.from_bytes(head_set)
    return ProteinScorer(embedder, candidate_segmenter(settings), heads, stated)
