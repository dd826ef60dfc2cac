"""Ranked candidates on a terminal: one line each, the core marked in the peptide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..relation import relation_text
from ..scoring_methods import METHOD_NAMES
from .console import print_table, shown_cell

HEADER = ("rank", "accession", "gene", "span", "peptide", "class")
SCORES = ("probability", "q", "training")
CARGO = "cargo_probability"

WIDTH = 100
"""Columns of the terminal that the table takes at most, unless the methods are asked for."""

NARROWEST = {"gene": 4, "training": 8, "accession": 10, "peptide": 16}
"""Columns that are cut where the table is too wide, in this order, and how far."""


def marked(peptide: str, first_residue: int, core: Collection[int]) -> str:
    """The peptide in lower case, its hydrophobic core residues in upper case.

    Example:
        >>> marked("LALKLAGLDI", 38, [38, 42, 45, 47])
        'LalkLagLdI'
    """
    return "".join(
        letter if position in core else letter.lower() for position, letter in enumerate(peptide, first_residue)
    )


def print_candidates(rows: Iterable[Mapping[str, object]], *, methods: bool = False) -> None:
    """Print candidates.

    Args:
        rows: with the columns of ``nes.candidate``; of proteins, also how likely each is a cargo.
        methods: also print the calibrated score of each method.
    """
    rows = list(rows)
    names = METHOD_NAMES if methods else ()
    extra = ("cargo",) if any(row.get(CARGO) is not None for row in rows) else ()
    header = (*HEADER, *names, *SCORES[:-1], *extra, SCORES[-1])
    lines = [_line(row, names, bool(extra)) for row in rows]
    print_table(header, lines if methods else fitted(header, lines))


def fitted(header: Sequence[str], lines: Sequence[Sequence[object]], width: int = WIDTH) -> list[list[str]]:
    """The cells as text, those of `NARROWEST` cut so that a line has at most `width` characters.

    Example:
        >>> fitted(["rank", "gene"], [[1, "abcdefghij"]], width=12)
        [['1', 'abcde…']]
    """
    cells = [[shown_cell(value) for value in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    for name, narrowest in NARROWEST.items():
        if excess > 0 and name in header:
            i = header.index(name)
            narrower = max(widths[i] - excess, min(widths[i], narrowest), len(name))
            excess -= widths[i] - narrower
            for line in cells:
                line[i] = line[i] if len(line[i]) <= narrower else line[i][: narrower - 1] + "…"
    return cells


def _line(row: Mapping[str, object], methods: Sequence[str], with_cargo: bool) -> tuple[object, ...]:
    first = int(str(row["first_residue"]))
    core = row["core_positions"] or ()
    return (
        row["rank"],
        row["accession"],
        row["gene"],
        f"{first}-{row['last_residue']}",
        marked(str(row["peptide"]), first, list(core)),  # type: ignore[call-overload]
        row["nes_class"],
        *(row.get(method) for method in methods),
        row["probability"],
        row.get("q_value"),
        *([row.get(CARGO)] if with_cargo else []),
        relation_text(row),
    )
