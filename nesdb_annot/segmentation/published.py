"""Segment boundaries that others published, to be measured beside our own.

A file has a line for each protein: accession, a tab, and a list of 0-based half-open pairs, as ``[[0, 35], [35, 62]]``.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import InputError
from ..residues import ResidueSpan

_EXPECTED = "a line holds an accession, a tab, and pairs as [[0, 35], [35, 62]]"


def read_boundaries(path: Path) -> dict[str, list[ResidueSpan]]:
    """Segments of each protein by accession, in ascending order.

    A protein that its authors failed on (any word in place of the list) is left out.

    Raises:
        InputError: if the file cannot be read, or a line is not of that form; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}", why=str(error)) from error
    found = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            accession, segments = _segments(line, f"{path}:{number}")
            if segments:
                found[accession] = segments
    if not found:
        raise InputError(f"{path} holds no segment", why=_EXPECTED)
    return found


def _segments(line: str, where: str) -> tuple[str, list[ResidueSpan]]:
    accession, tab, text = line.partition("\t")
    if not tab or not accession.strip():
        raise InputError("this is no line of boundaries", where=where, why=_EXPECTED)
    if text.strip().strip('"').isalpha():
        return accession.strip(), []
    try:
        pairs = json.loads(text)
        return accession.strip(), sorted(ResidueSpan.from_bed(int(begin), int(end)) for begin, end in pairs)
    except (TypeError, ValueError) as error:
        raise InputError(f"the boundaries of {accession} cannot be read", where=where, why=str(error)) from error
