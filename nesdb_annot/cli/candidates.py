"""Ranked candidates on a terminal: one line each, the core marked in the peptide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..scoring_methods import METHOD_NAMES
from .console import print_table

HEADER = ("rank", "accession", "gene", "residues", "peptide", "class", *METHOD_NAMES, "probability", "q", "")
CARGO = "cargo_probability"


def marked(peptide: str, first_residue: int, core: Collection[int]) -> str:
    """The peptide in lower case, its hydrophobic core residues in upper case.

    Example:
        >>> marked("LALKLAGLDI", 38, [38, 42, 45, 47])
        'LalkLagLdI'
    """
    return "".join(
        letter if position in core else letter.lower() for position, letter in enumerate(peptide, first_residue)
    )


def print_candidates(rows: Iterable[Mapping[str, object]], known: Collection[str] = ()) -> None:
    """Print candidates.

    Args:
        rows: with the columns of ``nes.candidate``; of proteins, also how likely each is a cargo.
        known: accessions of proteins that the heads were trained on; they get a star.
    """
    lines = [(_line(row, known), row.get(CARGO)) for row in rows]
    if any(cargo is not None for _, cargo in lines):
        print_table((*HEADER[:-1], "cargo", ""), [(*line[:-1], cargo, line[-1]) for line, cargo in lines])
    else:
        print_table(HEADER, [line for line, _ in lines])


def _line(row: Mapping[str, object], known: Collection[str]) -> tuple[object, ...]:
    first = int(str(row["first_residue"]))
    core = row["core_positions"] or ()
    return (
        row["rank"],
        row["accession"],
        row["gene"],
        f"{first}-{row['last_residue']}",
        marked(str(row["peptide"]), first, list(core)),  # type: ignore[call-overload]
        row["nes_class"],
        *(row.get(method) for method in METHOD_NAMES),
        row["probability"],
        row.get("q_value"),
        "*" if row["accession"] in known else "",
    )
