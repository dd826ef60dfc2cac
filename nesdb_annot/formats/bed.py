"""Candidates as BED6 on the protein: 0-based, half-open coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..motifs import NES, Motif
from ..relation import Relation
from ..residues import ResidueSpan
from .tables import provenance_lines
from .writing import open_output

_NOT_IN_NAMES = re.compile(r"\s")


def _word(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text) or "."


def bed_lines(rows: Iterable[Mapping[str, object]], motif: Motif = NES) -> Iterator[str]:
    """One line per candidate, without line ends: accession, begin, end, name, score, strand.

    The name is gene and class, then ``related`` or ``same`` where the training set has a relative of the protein. The
    score is the probability times 1,000, rounded, as BED wants an integer of 0 to 1,000.
    """
    for row in rows:
        begin, end = ResidueSpan(int(str(row["first_residue"])), int(str(row["last_residue"]))).as_bed()
        name = "_".join(str(row[key]) for key in ("gene", "nes_class") if row.get(key)) or motif.key
        score = round(1000 * float(str(row.get("probability") or 0)))
        if row.get("training") in (Relation.RELATED, Relation.SAME):
            name = f"{name}_{row['training']}"
        yield "\t".join([_word(str(row["accession"])), str(begin), str(end), _word(name), str(score), "."])


def write_bed(
    path: Path | str,
    rows: Iterable[Mapping[str, object]],
    *,
    motif: Motif = NES,
    provenance: Mapping[str, object] | None = None,
    force: bool = False,
) -> int:
    """Write candidates as BED6 and return how many; see `bed_lines`.

    Raises:
        CannotWriteError: if the file stands there and `force` is not given, or cannot be written.
    """
    count = 0
    with open_output(path, force=force) as out:
        out.writelines(f"{line}\n" for line in provenance_lines(provenance or {}))
        out.write("# 0-based, half-open: residues 1 to 9 are 0-9\n")
        for count, line in enumerate(bed_lines(rows, motif), 1):  # noqa: B007 - returned
            out.write(line + "\n")
    return count
