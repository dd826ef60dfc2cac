"""Columns of the tables of changes, each once."""

from __future__ import annotations

from .columns import Column

SCHEMAS = {"candidates": "nesannot.candidate_changes/1", "proteins": "nesannot.release_changes/1"}
"""Name and version of each table's rows."""

_PLACE = (
    Column("proteome", "text", "", "UPID or the name under which the proteins were ingested"),
    Column("previous_release", "text", "", "release before"),
    Column("release", "text", "", "release that brought the change"),
)

CANDIDATE_CHANGES: tuple[Column, ...] = (
    *_PLACE,
    Column("outcome", "text", "", "gained, lost or moved"),
    Column("cause", "text", "", "kind of change that caused it"),
    Column("old_accession", "text", "", "accession before"),
    Column("accession", "text", "", "accession since, empty if the protein is gone"),
    Column("old_first_residue", "integer", "residue", "first residue before, 1-based, empty if gained"),
    Column("old_last_residue", "integer", "residue", "last residue before, included"),
    Column("first_residue", "integer", "residue", "first residue since, 1-based, empty if lost"),
    Column("last_residue", "integer", "residue", "last residue since, included"),
    Column("peptide", "text", "", "residues of the candidate"),
    Column("old_rank", "integer", "", "rank before"),
    Column("rank", "integer", "", "rank since"),
    Column("old_probability", "number", "", "probability before"),
    Column("probability", "number", "", "probability since"),
)

RELEASE_CHANGES: tuple[Column, ...] = (
    *_PLACE,
    Column("kind", "text", "", "kind of change"),
    Column("accession", "text", "", "the protein, empty if the pipeline changed"),
    Column("successors", "list", "", "accessions that took its place, or whose place it took"),
    Column("basis", "text", "", "what says so"),
    Column("gained", "integer", "", "candidates gained"),
    Column("lost", "integer", "", "candidates lost"),
    Column("moved", "integer", "", "candidates moved"),
    Column("facts", "text", "", "details as JSON"),
)
