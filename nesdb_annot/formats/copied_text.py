"""Residues as they are copied from documents and from GenPept: what copying adds is removed and named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from .compression import is_plain_file, typed

_QUOTES = frozenset("\"'\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb")
_SPACES = frozenset(("Zs", "Zl", "Zp", "Cf"))
_NUMBERS = re.compile(r"^\s*\d+\s+|\s+\d+\s*$")
_FRAME = frozenset(("ORIGIN", "//"))  # lines of GenPept around the residues

NUMBERS, SPACES, QUOTES = "line numbers", "non-breaking or invisible spaces", "quotation marks"

_READ_AS = {
    "J": ("leucine or isoleucine; to read it as X", "s/[Jj]/X/g"),
    "*": ("a stop codon inside the protein; to read it as X", "s/[*]\\(.\\)/X\\1/g"),
    "-": ("a gap of an alignment; to remove gaps", "s/[-.~]//g"),
    ".": ("a gap of an alignment; to remove gaps", "s/[-.~]//g"),
    "~": ("a gap of an alignment; to remove gaps", "s/[-.~]//g"),
}
"""Letters that are no residues: their meaning, and the sed command for the lines of residues."""


def without_copied_marks(lines: Sequence[str]) -> tuple[str, set[str]]:
    """Return the residues of `lines` without marks that copying added, and the names of what was removed.

    Example:
        >>> without_copied_marks(["ORIGIN", "        1 meepqsdpsv epplsqetfs", "//"])
        ('meepqsdpsvepplsqetfs', {'line numbers'})
    """
    removed: set[str] = set()
    text = []
    for line in "\n".join(lines).splitlines():
        if line.strip() in _FRAME:
            continue
        bare = _NUMBERS.sub("", line)
        removed |= {NUMBERS} if bare != line else set()
        text.append(bare)
    joined = re.sub(r"[ \t\r\n\v\f]+", "", "".join(text))
    for name, letters in ((QUOTES, _QUOTES), (SPACES, {c for c in set(joined) if unicodedata.category(c) in _SPACES})):
        shorter = "".join(c for c in joined if c not in letters)
        removed |= {name} if shorter != joined else set()
        joined = shorter
    return joined, removed


def piped(path: Path | str, program: str) -> str:
    """Return the command line that sends a FASTA file through `program` into an ingest.

    Example:
        >>> piped("-", "tr a b")
        '... | tr a b | nesannot ingest proteome - --name NAME'
    """
    begin = f"{program} < {typed(path)}" if is_plain_file(path) else f"... | {program}"
    return f"{begin} | nesannot ingest proteome - --name NAME"


def letter_advice(letter: str, path: Path | str) -> str:
    """Return what a letter that is no residue means, and what to type; empty for any other letter."""
    if letter not in _READ_AS:
        return ""
    meaning, script = _READ_AS[letter]
    return f" ({meaning}: " + piped(path, f"sed '/^>/!{script}'") + ")"
