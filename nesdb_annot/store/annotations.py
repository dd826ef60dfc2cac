"""UniProt's statements about proteins: replaced as a whole for each protein that is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..records import Annotation
from .bulk import chunks, copy_rows
from .engine import Store
from .queries import count, execute

_COLUMNS = {
    "accession": "text",
    "kind": "text",
    "identifier": "text",
    "text": "text",
    "first_residue": "int4",
    "last_residue": "int4",
    "evidence": "text[]",
}


@dataclass(frozen=True, slots=True)
class AnnotationCounts:
    """What a replacement did: proteins given, annotations added and removed."""

    proteins: int
    added: int
    removed: int


def replace_annotations(
    store: Store, annotated: Iterable[tuple[str, Sequence[Annotation]]], run_id: int, *, chunk: int = 1000
) -> AnnotationCounts:
    """Make the stored annotations of each given accession equal to the given ones; repeating it changes nothing.

    Args:
        store: where to.
        annotated: accession and all its annotations, consumed lazily; an accession need not be in a proteome.
        run_id: the run that ingests; it is recorded with annotations that are new.
        chunk: proteins per transaction.
    """
    proteins = added = removed = 0
    for part in chunks(annotated, chunk):
        accessions = sorted({accession for accession, _ in part})
        rows = (_row(accession, annotation) for accession, annotations in part for annotation in annotations)
        with store.transaction() as connection:
            execute(connection, "add_accessions", accessions=accessions)
            execute(connection, "stage_annotations")
            copy_rows(connection, ["staged_annotation"], _COLUMNS, rows)
            removed += count(connection, "forget_annotations", accessions=accessions)
            added += count(connection, "publish_annotations", run_id=run_id)
        proteins += len(accessions)
    return AnnotationCounts(proteins, added, removed)


def stated_stretches(store: Store, keys: Sequence[str]) -> dict[str, tuple[tuple[str, int, int], ...]]:
    """Features with a place, by the digest of the sequence that their protein has now: key, first, last residue.

    Args:
        store: where.
        keys: of the features, e.g. TRANSMEM; those that end beyond the sequence are left out.
    """
    found: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
    with store.transaction() as connection:
        for row in execute(connection, "stated_stretches", keys=list(keys)):
            found[row.sha256].append((row.identifier, row.first_residue, row.last_residue))
    return {digest: tuple(stretches) for digest, stretches in found.items()}


def _row(accession: str, annotation: Annotation) -> tuple[object, ...]:
    span = annotation.span
    return (
        accession,
        str(annotation.kind),
        annotation.identifier,
        annotation.text,
        span.first if span else None,
        span.last if span else None,
        list(annotation.evidence),
    )
