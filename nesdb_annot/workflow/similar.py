"""Similar: the references and the stored segments whose vectors are nearest to those of a protein or a segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError
from ..residues import ResidueSpan
from ..settings import Settings
from .segment_vectors import VectorSource, vector_source

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.vectors import ScoredProtein, StoredSegment

COLUMNS = ("kind", "distance", "query", "accession", "gene", "organism", "first_residue", "last_residue", "peptide")
"""Columns of the rows: `kind` is motif or other for references and segment for stored segments; `query` is the span of
the protein's segment that is nearest; `distance` is Euclidean, between unit vectors, from 0 to 2."""

Distances = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Similar:
    """What is nearest to some segments of a protein.

    Attributes:
        accession: of the protein.
        spans: its segments that were compared.
        references: rows of the nearest references, nearest first.
        segments: rows of the nearest stored segments of other sequences, nearest first.
        compared: number of stored segments in the database.
    """

    accession: str
    spans: Sequence[ResidueSpan]
    references: Sequence[Mapping[str, object]]
    segments: Sequence[Mapping[str, object]]
    compared: int

    def sentence(self) -> str:
        """What was compared with what."""
        queries = f"{len(self.spans):,} segments" if len(self.spans) > 1 else f"segment {self.spans[0]}"
        return f"{queries} of {self.accession} compared with {self.compared:,} stored segments."


def parse_query(text: str) -> tuple[str, ResidueSpan | None]:
    """Accession and span of ``ACCESSION`` or ``ACCESSION:FIRST-LAST``.

    Raises:
        UsageError: if it is neither.

    Example:
        >>> parse_query("P04637:340-351")
        ('P04637', ResidueSpan(first=340, last=351))
    """
    accession, colon, span = text.partition(":")
    try:
        if accession:
            return accession, ResidueSpan.parse(span) if colon else None
    except ValueError:
        pass
    why = "a span is FIRST-LAST, 1-based and inclusive"
    raise UsageError(f"{text!r} names no segment", why=why, remedy="nesannot similar P04637:340-351")


def find_similar(store: Store, settings: Settings, query: str, count: int) -> Similar:
    """The `count` references and the `count` stored segments nearest to a segment, or to any segment of a protein.

    Args:
        query: see `parse_query`; of a span, the stored segment that shares most residues with it is compared.
        count: 1 or more.

    Raises:
        UsageError: if `query` is malformed.
        InputError: if the protein is not stored or not scored, or no stored segment shares a residue with the span.
    """
    from ..store.vectors import scored_protein

    accession, span = parse_query(query)
    protein = scored_protein(store, accession)
    chosen = _overlapping(protein, span) if span else protein.segments
    source = vector_source(store, settings, protein.configuration_id)
    queries = source.whitened(b"".join(segment.pooled for segment in chosen), len(chosen))
    spans = [segment.span for segment in chosen]
    references = _references(source, queries, spans, count)
    segments, compared = _segments(source, protein, queries, spans, count)
    return Similar(accession, spans, references, segments, compared)


def _overlapping(protein: ScoredProtein, span: ResidueSpan) -> tuple[StoredSegment]:
    """The stored segment that shares most residues with `span`."""
    best = max(protein.segments, key=lambda segment: (segment.span.overlap(span), -len(segment.span)))
    if best.span.overlap(span) < 1:
        listed = ", ".join(str(segment.span) for segment in protein.segments)
        why = f"its stored segments are {listed}"
        raise InputError(f"no stored segment of {protein.accession} lies in {span}", why=why)
    return (best,)


def _nearest(distances: Distances, rows: Numbers, count: int) -> list[tuple[int, float, int]]:
    """Row, distance and number of the query of the `count` nearest rows; of each row the nearest query."""
    found: list[tuple[int, float, int]] = []
    seen: set[int] = {-1}
    for flat in np.argsort(distances, axis=None, kind="stable").tolist():
        query, column = divmod(flat, distances.shape[1])
        row = int(rows[query, column])
        if row not in seen:
            seen.add(row)
            found.append((row, float(distances[query, column]), query))
        if len(found) == count:
            break
    return found


def _references(
    source: VectorSource, queries: Distances, spans: Sequence[ResidueSpan], count: int
) -> list[dict[str, object]]:
    from ..store.vectors import describe_sequences

    references = source.similarity.references
    every = np.ones(len(references.vectors), dtype=bool)
    distances, rows = source.similarity.index.nearest(queries, min(count, len(every)), every)
    nearest = _nearest(distances, rows, count)
    described = describe_sequences(source.store, [references.digests[row] for row, _, _ in nearest])
    result: list[dict[str, object]] = []
    for row, distance, query in nearest:
        first, last = references.spans[row].tolist()
        digest = references.digests[row]
        facts = described.get(digest, {})
        accession = source.accessions.get(digest) or facts.get("accession") or f"sequence {digest[:12]}"
        result.append(
            {
                "kind": "motif" if references.is_motif[row] else "other",
                "distance": round(distance, 4),
                "query": str(spans[query]),
                "accession": accession,
                "gene": facts.get("gene"),
                "organism": facts.get("organism"),
                "first_residue": first,
                "last_residue": last,
                "peptide": str(facts["residues"])[first - 1 : last] if facts else None,
            }
        )
    return result


def _segments(
    source: VectorSource, protein: ScoredProtein, queries: Distances, spans: Sequence[ResidueSpan], count: int
) -> tuple[list[dict[str, object]], int]:
    from ..methods.segment_index import SegmentIndex
    from ..store.vectors import describe_segments

    stored, _ = source.current()
    distances, rows = SegmentIndex(stored).nearest(queries, count, stored.sequence == protein.sequence_id)
    nearest = _nearest(distances, rows, count)
    keys = [(int(stored.sequence[row]), int(stored.segment[row])) for row, _, _ in nearest]
    described = describe_segments(source.store, source.configuration_id, keys)
    by_number = {int(str(facts["number"])): facts for facts in described}
    result: list[dict[str, object]] = [
        {"kind": "segment", "distance": round(distance, 4), "query": str(spans[query])}
        | {name: by_number[number][name] for name in COLUMNS[3:]}
        for number, (_, distance, query) in enumerate(nearest, 1)
        if number in by_number
    ]
    return result, len(stored.vectors)
