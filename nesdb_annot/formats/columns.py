"""The columns of ranked candidates, each once: name, type, unit and meaning. All writers take them from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..relation import MEANINGS, Relation
from ..scoring_methods import SCORING_METHODS as METHODS


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        type: ``text``, ``integer``, ``number`` or ``list`` (of texts; joined by semicolons in TSV and CSV).
        unit: of a number; empty for counts and texts.
        meaning: one sentence for the column dictionary.
    """

    name: str
    type: str
    unit: str
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("proteome", "text", "", "UPID or the name under which the proteins were ingested"),
    Column("release", "text", "", "release of the proteome"),
    Column("rank", "integer", "", "place in the ranking of the proteome, 1 is best; proteins of one sequence share it"),
    Column("accession", "text", "", "UniProtKB accession, or the first word of the header; each protein has its rows"),
    Column("entry_name", "text", "", "UniProtKB entry name"),
    Column("gene", "text", "", "gene name"),
    Column("protein_name", "text", "", "recommended or submitted protein name"),
    Column("accessions", "list", "", "all accessions of the proteome with this sequence; each has a row of its own"),
    Column("first_residue", "integer", "residue", "first residue of the candidate, 1-based"),
    Column("last_residue", "integer", "residue", "last residue of the candidate, 1-based, included"),
    Column("peptide", "text", "", "residues of the candidate"),
    Column("nes_class", "text", "", "class of the best consensus pattern (1a..4, -R for reverse), empty if none"),
    Column("core_positions", "list", "residue", "positions of the core Phi0..Phi4, 1-based; one may lie outside"),
    Column("probability", "number", "", "calibrated probability of an NES under the cargo prior of the ranking"),
    Column("q_value", "number", "", "expected share of false ones with as high a combined score, by decoys, at most"),
    Column("e_value", "number", "", "candidates as good that chance gives in a protein of this length, by decoys"),
    *(Column(method.name, "number", "probability", f"calibrated score of the {method.meaning}") for method in METHODS),
    Column("combined", "number", "probability", "calibrated score of all methods, where one protein in ten is a cargo"),
    Column("training", "text", "", f"relation to the training set; none: {MEANINGS[Relation.NONE]}; related; same"),
    Column("training_accession", "text", "", "training protein that shares most words of five residues with it"),
    Column("training_share", "number", "", "share of the words of the shorter of both that they have in common"),
    Column("run_id", "text", "", "the run that ranked"),
    Column("configuration_id", "text", "", "language model, segmentation and method versions"),
)
NAMES = tuple(column.name for column in COLUMNS)

CARGO_PROBABILITY = Column("cargo_probability", "number", "probability", "that the protein is a cargo, under the prior")
"""Further column of a list of proteins."""

_BY_NAME = {column.name: column for column in (*COLUMNS, CARGO_PROBABILITY)}


def chosen_columns(names: Sequence[str] | None = None) -> tuple[Column, ...]:
    """The columns called `names`, in that order; all of them for None.

    Raises:
        UsageError: for a name that is no column.
    """
    unknown = [name for name in names or () if name not in _BY_NAME]
    if unknown:
        raise UsageError(f"no such column: {unknown[0]!r}", remedy=f"choose from {', '.join(NAMES)}")
    return tuple(_BY_NAME[name] for name in (NAMES if names is None else names))
