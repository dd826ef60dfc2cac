"""Stored segments as the start of new scores: what is pending under one configuration and scored under others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..records import Json
from ..residues import ResidueSpan
from .engine import Store
from .queries import execute

PAGE = 256


@dataclass(slots=True)
class StoredSequence:
    """A sequence with its segments: spans, pooled vectors (float16), raw scores and evidence by method."""

    digest: str
    residues: str
    spans: list[ResidueSpan] = field(default_factory=list)
    pooled: list[bytes] = field(default_factory=list)
    raw: dict[str, list[tuple[float, Mapping[str, Json]]]] = field(default_factory=dict)


def sibling_configurations(store: Store, configuration_id: int) -> list[tuple[int, str]]:
    """Other configurations of the same language model and segmentation, with the digests of their head sets."""
    with store.transaction() as connection:
        rows = execute(connection, "sibling_configurations", configuration_id=configuration_id)
        return [(row.id, row.head_set_digest) for row in rows]


def count_rescorable(
    store: Store, configuration_id: int, sources: Sequence[int], proteome_id: int, release_id: int
) -> tuple[int, int]:
    """Sequences of a release, and their residues, without scores under a configuration but with some under others."""
    place = {"configuration_id": configuration_id, "sources": list(sources)}
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
    """What `count_rescorable` counts, with its segments, `PAGE` sequences at a time, a transaction each.

    Args:
        methods: names of those whose raw scores are wanted; at least one.
    """
    place = {"configuration_id": configuration_id, "sources": list(sources)}
    whose = {"proteome_id": proteome_id, "release_id": release_id}
    after = 0
    while True:
        with store.transaction() as connection:
            rows = execute(connection, "next_rescorable", **place, **whose, after=after, page=PAGE).all()
            found = {row.id: StoredSequence(row.sha256, row.residues) for row in rows}
            pairs = {"sequence_ids": list(found), "source_ids": [row.source_id for row in rows]}
            segments = execute(connection, "stored_segments", **pairs, methods=list(methods)).all() if rows else []
        for segment in segments:
            own = found[segment.sequence_id]
            if segment.name == methods[0]:
                own.spans.append(ResidueSpan(segment.first_residue, segment.last_residue))
                own.pooled.append(bytes(segment.pooled))
            own.raw.setdefault(segment.name, []).append((segment.raw, segment.evidence or {}))
        if not rows:
            return
        yield list(found.values())
        after = rows[-1].id
