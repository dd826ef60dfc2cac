"""Scores, and the ledger that says what is still to be scored: this is what makes a killed run go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg.types.json
from sqlalchemy import Connection, text

from ..errors import InternalError
from ..records import ScoredSequence
from .bulk import copy_rows
from .configurations import methods_of, partition
from .engine import Store
from .queries import execute
from .schema import PARTITIONED, SCHEMA

ATTEMPTS = 3
"""How often a sequence that fails is tried in all, one attempt a run."""

_PAGE = 256
_SEGMENT = {
    "configuration_id": "int4",
    "sequence_id": "int8",
    "segment": "int2",
    "first_residue": "int4",
    "last_residue": "int4",
    "pooled": "bytea",
    "first_stage": "float8",
    "competition": "float8",
}
_SCORE = {
    "configuration_id": "int4",
    "sequence_id": "int8",
    "segment": "int2",
    "method_id": "int2",
    "raw": "float4",
    "calibrated": "float4",
    "evidence": "jsonb",
}


@dataclass(frozen=True, slots=True)
class PendingCounts:
    """What is still to be scored."""

    sequences: int
    residues: int


@dataclass(frozen=True, slots=True)
class FailedSequence:
    """A sequence that could not be scored.

    Attributes:
        accession: of a protein with this sequence; None if there is none any more.
        length: residues.
        attempts: how often scoring failed.
        run_id: the run that tried last.
    """

    sha256: str
    length: int
    attempts: int
    error: str
    accession: str | None
    run_id: int


def pending(
    store: Store, configuration_id: int, proteome_id: int | None, release_id: int | None, *, again: bool = False
) -> PendingCounts:
    """Distinct sequences still to be scored, and their residues.

    Args:
        store: where.
        configuration_id: under which configuration.
        proteome_id: of which proteome; None for all.
        release_id: of which of its releases; None for the newest.
        again: count those already scored too.
    """
    with store.transaction() as connection:
        scope = _scope(connection, configuration_id, proteome_id, release_id, again)
        row = execute(connection, "count_pending", **scope).one()
    return PendingCounts(row.sequences, int(row.residues))


def failed_of_release(store: Store, configuration_id: int, proteome: str, release: str) -> list[FailedSequence]:
    """Sequences of a release that could not be scored, whether they will be tried again or not, by accession.

    Reads views only, so that the role of readers may ask, too.
    """
    where = {"configuration_id": configuration_id, "proteome": proteome, "release": release}
    with store.transaction() as connection:
        return [FailedSequence(**row) for row in execute(connection, "failed_of_release", **where).mappings()]


def iterate_pending(
    store: Store,
    configuration_id: int,
    proteome_id: int | None,
    release_id: int | None,
    *,
    residues_per_chunk: int = 50_000,
    again: bool = False,
) -> Iterator[list[tuple[str, str]]]:
    """Chunks of digest and residues of what `pending` counts, each sequence once, in the order of ingestion.

    A chunk ends when it holds `residues_per_chunk` residues or more. Reads a page at a time, in a transaction each, so
    that hours may pass between two chunks.
    """
    chunk: list[tuple[str, str]] = []
    size = 0
    for digest, residues in _pages(store, configuration_id, proteome_id, release_id, again):
        chunk.append((digest, residues))
        size += len(residues)
        if size >= residues_per_chunk:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _pages(
    store: Store, configuration_id: int, proteome_id: int | None, release_id: int | None, again: bool
) -> Iterator[tuple[str, str]]:
    after = 0
    while True:
        with store.transaction() as connection:
            scope = _scope(connection, configuration_id, proteome_id, release_id, again)
            rows = execute(connection, "next_pending", after=after, page=_PAGE, **scope).all()
        if not rows:
            return
        yield from ((row.sha256, row.residues) for row in rows)
        after = rows[-1].id


def _scope(
    connection: Connection, configuration_id: int, proteome_id: int | None, release_id: int | None, again: bool
) -> dict[str, object]:
    at = None
    if release_id is not None:
        at = execute(connection, "date_of_release", release_id=release_id).scalar_one()
    whose = {"configuration_id": configuration_id, "proteome_id": proteome_id, "at": at}
    return {**whose, "again": again, "attempts": ATTEMPTS}


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which run embedded a sequence, and with which engine; None where that is not known."""

    run_id: int | None
    engine: str | None


def write_scored(
    store: Store,
    configuration_id: int,
    run_id: int,
    scored: Sequence[ScoredSequence],
    *,
    engine: str = "",
    embeddings: Mapping[str, Embedding] | None = None,
) -> None:
    """Store all segments and scores of some sequences in one transaction; what they had before is replaced.

    Two writers of the same sequence do no harm: one waits for the other, and the later one's rows stay.

    Args:
        engine: that embedded the sequences in this run.
        embeddings: by digest, of sequences that were not embedded in this run.

    Raises:
        InternalError: if a sequence is not stored or comes twice, or a method is not one of the configuration.
    """
    if not scored:
        return
    here = Embedding(run_id, engine or None)
    embedded = [(embeddings or {}).get(one.digest, here) for one in scored]
    with store.transaction() as connection:
        methods = methods_of(connection, configuration_id)
        keys = _sequence_keys(connection, [one.digest for one in scored])
        ids = [keys[one.digest] for one in scored]
        execute(
            connection,
            "claim_scored",
            configuration_id=configuration_id,
            run_id=run_id,
            sequence_ids=ids,
            segments=[len(one.segments) for one in scored],
            errors=[one.error or None for one in scored],
            embedding_run_ids=[one.run_id for one in embedded],
            engines=[one.engine for one in embedded],
            cargo=[one.cargo for one in scored],
            training=[one.training and one.training.relation.value for one in scored],
            training_accessions=[(one.training and one.training.accession) or None for one in scored],
            training_shares=[(one.training and one.training.share) or None for one in scored],
        )
        for statement in ("forget_scores", "forget_segments"):
            execute(connection, statement, configuration_id=configuration_id, sequence_ids=ids)
        numbered = list(zip(ids, scored, strict=True))
        into = [[SCHEMA, partition(table, configuration_id)] for table in ("segment", "method_score")]
        copy_rows(connection, into[0], _SEGMENT, _segment_rows(configuration_id, numbered))
        copy_rows(connection, into[1], _SCORE, _score_rows(configuration_id, numbered, methods))


def _sequence_keys(connection: Connection, digests: list[str]) -> dict[str, int]:
    keys = {row.sha256: row.id for row in execute(connection, "sequence_ids", digests=digests)}
    if len(keys) != len(digests):
        missing = sorted(set(digests) - keys.keys())
        raise InternalError(f"not stored: sequence {missing[0]}" if missing else "a sequence was scored twice at once")
    return keys


def _segment_rows(
    configuration_id: int, numbered: Iterable[tuple[int, ScoredSequence]]
) -> Iterator[tuple[object, ...]]:
    for key, sequence in numbered:
        for number, segment in enumerate(sequence.segments, 1):
            ends = (segment.span.first, segment.span.last)
            yield configuration_id, key, number, *ends, segment.pooled, segment.first_stage, segment.competition


def _score_rows(
    configuration_id: int, numbered: Iterable[tuple[int, ScoredSequence]], methods: Mapping[str, int]
) -> Iterator[tuple[object, ...]]:
    for key, sequence in numbered:
        for number, segment in enumerate(sequence.segments, 1):
            for score in segment.scores:
                if score.method not in methods:
                    raise InternalError(f"method {score.method!r} is not one of configuration {configuration_id}")
                evidence = psycopg.types.json.Jsonb(score.evidence, str) if score.evidence else None
                yield configuration_id, key, number, methods[score.method], score.raw, score.calibrated, evidence


def discard(store: Store, configuration_id: int) -> None:
    """Forget all scores of a configuration; its space is free at once. Rankings of them stay until they are rebuilt."""
    tables = ", ".join(f"{SCHEMA}.{partition(table, configuration_id)}" for table in PARTITIONED)
    with store.transaction() as connection:
        connection.execute(text(f"TRUNCATE {tables}"))
