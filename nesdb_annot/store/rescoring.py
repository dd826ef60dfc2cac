"""Stored segments as the start of new scores: what is pending under one configuration and scored under others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from ..residues import ResidueSpan
from .engine import Store
from .queries import execute
from .scores import ATTEMPTS, Embedding

PAGE = 256


@dataclass(slots=True)
class StoredSequence:
    """A sequence with its segments.

    Attributes:
        digest: of the sequence.
        residues: cleaned.
        cargo: log-odds that the protein is a cargo; None if it has no segment.
        embedding: which run and which engine embedded it.
        spans: of the segments.
        pooled: their vectors, float16.
        competition: what competing candidates take from the log-odds of each.
        raw: by method, raw scores of the segments.
        evidence: by method, evidence of the segments as JSON text.
    """

    digest: str
    residues: str
    cargo: float | None
    embedding: Embedding
    spans: list[ResidueSpan] = field(default_factory=list)
    pooled: list[bytes] = field(default_factory=list)
    competition: list[float] = field(default_factory=list)
    raw: dict[str, list[float]] = field(default_factory=dict)
    evidence: dict[str, list[str]] = field(default_factory=dict)


def configurations_of_selector(store: Store, selector_digest: str, configuration_id: int) -> list[int]:
    """Other configurations whose stored segments can be scored again under this one, the newest first."""
    whose = {"selector_digest": selector_digest, "configuration_id": configuration_id}
    with store.transaction() as connection:
        return [row.id for row in execute(connection, "configurations_of_selector", **whose)]


def configurations_without_parts(store: Store) -> list[int]:
    """Configurations whose scores were stored without their parts, by an earlier version; the newest first."""
    with store.transaction() as connection:
        return [row.id for row in execute(connection, "configurations_without_parts")]


def count_rescorable(
    store: Store, configuration_id: int, sources: Sequence[int], proteome_id: int, release_id: int
) -> tuple[int, int]:
    """Sequences of a release, and their residues, pending under a configuration but with scores under others."""
    place = {"configuration_id": configuration_id, "sources": list(sources), "attempts": ATTEMPTS}
    with store.transaction() as connection:
        row = execute(
            connection, "count_rescorable", **place, proteome_id=proteome_id, release_id=release_id
        ).one()
    return row.sequences, int(row.residues)


def stored_pages(
    store: Store,
    configuration_id: int,
    sources: Sequence[int],
    proteome_id: int,
    release_id: int,
    methods: Sequence[str],
) -> Iterator[list[StoredSequence]]:
    """Pages of the sequences that `count_rescorable` counts, with their segments, a transaction each.

    Args:
        store: where.
        configuration_id: under which they have no scores.
        sources: configurations under which they have.
        proteome_id: of which proteome.
        release_id: of which of its releases.
        methods: names of those whose raw scores are read; at least one.
    """
    place = {"configuration_id": configuration_id, "sources": list(sources), "attempts": ATTEMPTS}
    whose = {"proteome_id": proteome_id, "release_id": release_id}
    after = 0
    while True:
        with store.transaction() as connection:
            rows = execute(connection, "next_rescorable", **place, **whose, after=after, page=PAGE).all()
            pairs = {"sequence_ids": [row.id for row in rows], "source_ids": [row.source_id for row in rows]}
            segments = execute(connection, "stored_segments", **pairs, methods=list(methods)).all() if rows else []
        if not rows:
            return
        page = {row.id: _sequence(row) for row in rows}
        for segment in segments:
            sequence = page[segment.sequence_id]
            if segment.name == methods[0]:
                sequence.spans.append(ResidueSpan(segment.first_residue, segment.last_residue))
                sequence.pooled.append(bytes(segment.pooled))
                sequence.competition.append(segment.competition)
            sequence.raw.setdefault(segment.name, []).append(segment.raw)
            sequence.evidence.setdefault(segment.name, []).append(segment.evidence)
        yield list(page.values())
        after = rows[-1].id


def _sequence(row: Row[Any]) -> StoredSequence:
    embedding = Embedding(row.embedding_run_id, row.engine)
    return StoredSequence(row.sha256, row.residues, row.cargo, embedding)
