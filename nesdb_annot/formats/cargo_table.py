"""A table of proteins that were sorted by their affinity to CRM1: accession, category, sequence."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..records import Reject, Repeat
from ..residues import clean_residues, sequence_digest
from .compression import name_of
from .lines import whole_lines, with_titles


@dataclass(frozen=True, slots=True)
class ScreenedProtein:
    """A protein as a screen for CRM1 cargoes sorted it; `category` is the screen's own word."""

    accession: str
    category: str
    residues: str

    @property
    def digest(self) -> str:
        """Digest of the residues."""
        return sequence_digest(self.residues)

REQUIRED = ("accession", "category", "sequence")


def read_cargo_table(path: Path | str) -> Iterator[ScreenedProtein | Reject]:
    """One protein per row; further columns are ignored. Rejected: rows without residues, accessions with two contents.

    Args:
        path: tab-separated, with a header row; ``-`` is standard input.

    Raises:
        InputError: if a required column is missing, or the text is no table.
    """
    name, seen = name_of(path), dict[str, ScreenedProtein]()
    reader = csv.DictReader((text + "\n" for _, text in whole_lines(path)), delimiter="\t")
    missing = [column for column in REQUIRED if column not in (reader.fieldnames or ())]
    if missing:
        why = f"no column {missing[0]!r}; the first line must name {', '.join(REQUIRED)}"
        told = f"{name} is no table of screened proteins"
        raise InputError(told, where=f"{name}:1", why=why, remedy=with_titles(REQUIRED))
    for row in reader:
        accession, category = row["accession"] or "", (row["category"] or "").strip()
        try:
            if not accession:
                raise ValueError("no accession")
            protein = ScreenedProtein(accession, category, clean_residues(row["sequence"] or ""))
            if seen.setdefault(accession, protein) != protein:
                raise ValueError("other category or sequence than before under the same accession")
        except ValueError as error:
            yield Reject(name, reader.line_num, accession, str(error))
        else:
            first = seen[accession] is protein
            yield protein if first else Repeat(name, reader.line_num, accession, "duplicate accession")
