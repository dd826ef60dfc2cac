"""Candidates as GFF3 on the protein: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..motifs import NES, Motif
from .tables import provenance_lines
from .writing import open_output

SOURCE = "nesannot"
_IN_COLUMN = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")
_IN_ATTRIBUTE = re.compile(r"[\x00-\x1f\x7f%;=&,]")
_ATTRIBUTES = (
    *("gene", "peptide", "nes_class", "rank", "q_value"),
    *("training", "training_accession", "training_share"),
)
"""Columns of a candidate that are attributes of its feature."""


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def escaped_column(text: str) -> str:
    """Percent-escaped as the first column of GFF3 wants it."""
    return _IN_COLUMN.sub(_percent, text)


def escaped_attribute(text: str) -> str:
    """Percent-escaped as a value in the ninth column wants it: control characters and ``%;=&,``."""
    return _IN_ATTRIBUTE.sub(_percent, text)


def _attributes(row: Mapping[str, object], identifier: str, name: str, term: str) -> str:
    pairs = {"ID": identifier, "Name": name, "Ontology_term": term}
    pairs |= {name: str(row[name]) for name in _ATTRIBUTES if row.get(name) not in (None, "")}
    return ";".join(
        f"{tag}={value if tag == 'Ontology_term' else escaped_attribute(value)}" for tag, value in pairs.items()
    )


def _score(row: Mapping[str, object]) -> str:
    value = row.get("probability")
    return "." if value is None else f"{float(str(value)):.6g}"


def gff3_lines(rows: Iterable[Mapping[str, object]], *, sofa: bool = False, motif: Motif = NES) -> Iterator[str]:
    """One feature line per candidate, without line ends. The score is the probability; proteins have no strand.

    Every ``ID`` is unique: accession, span, and a count where both are the same.
    """
    term, name = motif.broader_ontology if sofa else motif.ontology
    seen: dict[str, int] = {}
    for row in rows:
        identifier = f"{motif.key}:{row['accession']}:{row['first_residue']}-{row['last_residue']}"
        seen[identifier] = count = seen.get(identifier, 0) + 1
        unique = identifier if count == 1 else f"{identifier}:{count}"
        columns = [escaped_column(str(row["accession"])), SOURCE, name, row["first_residue"], row["last_residue"]]
        columns += [_score(row), ".", ".", _attributes(row, unique, motif.key, term)]
        yield "\t".join(map(str, columns))


def write_gff3(
    path: Path | str,
    rows: Iterable[Mapping[str, object]],
    *,
    sofa: bool = False,
    motif: Motif = NES,
    provenance: Mapping[str, object] | None = None,
    force: bool = False,
) -> int:
    """Write candidates as GFF3 and return how many; see `gff3_lines`.

    Raises:
        CannotWriteError: if the file stands there and `force` is not given, or cannot be written.
    """
    count = 0
    with open_output(path, force=force) as out:
        out.write("##gff-version 3\n")
        out.writelines(f"{line}\n" for line in provenance_lines(provenance or {}))
        for count, line in enumerate(gff3_lines(rows, sofa=sofa, motif=motif), 1):  # noqa: B007 - returned
            out.write(line + "\n")
    return count
