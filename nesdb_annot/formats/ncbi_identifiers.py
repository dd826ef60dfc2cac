"""NCBI's piped identifiers, ``tag|value|tag|value``: one identifier for each protein.

The forms are those of the table "FASTA identifiers" in the NCBI C++ Toolkit book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..identifiers import ACCESSION

_VERSIONED = re.compile(rf"({ACCESSION}(?:-\d+)?)(?:\.(\d+))?")
_UNIPROT = {"sp": True, "tr": False}
_NAMED = (*_UNIPROT, "ref", "gb", "emb", "dbj", "tpg", "tpe", "tpd", "gpp", "nat", "pir", "prf")
"""Tags that are followed by an accession and a name; either may be empty."""

_OTHER = {"pdb": 2, "pat": 3, "pgp": 3, "gnl": 2, "lcl": 1, "bbs": 1, "bbm": 1, "gim": 1, "gi": 1}
_FIELDS = dict.fromkeys(_NAMED, 2) | _OTHER
"""Fields behind each tag, in the order in which an identifier is chosen."""

_SEPARATORS = {"pdb": "_", "pat": "_", "pgp": "_", "gnl": ":"}


def number(text: str | None) -> int | None:
    """Return the number that `text` begins with; None without one, or with more than 9 digits."""
    digits = re.match(r"\d+", text or "")
    return int(digits.group()) if digits and len(digits.group()) < 10 else None


def piped_accession(fields: Sequence[str]) -> tuple[str, int | None, bool | None]:
    """Return accession, sequence version and reviewed flag; UniProt's accession comes first.

    Args:
        fields: the header, split at its pipes; the last field of the identifiers may go on with the description.

    Returns:
        An empty accession if no tag of NCBI is among `fields`.

    Example:
        >>> piped_accession("gi|129295|sp|P01013.1|OVAX_CHICK GENE X".split("|"))
        ('P01013', 1, True)
        >>> piped_accession("pdb|1I4L|D Chain D".split("|"))[0], piped_accession("pir||G36364".split("|"))[0]
        ('1I4L_D', 'G36364')
    """
    identifiers = list(_identifiers(fields))
    for tag, values in identifiers:
        for value in values if tag in _NAMED else ():
            match = _VERSIONED.fullmatch(value)
            if match and (tag in _UNIPROT or match.group(2)):
                return match.group(1), number(match.group(2)), _UNIPROT.get(tag)
    for wanted in _FIELDS:
        for tag, values in identifiers:
            if tag == wanted and (text := _joined(tag, values)):
                return text, None, None
    return "", None, None


def _identifiers(fields: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Return each tag of NCBI with its values; the description ends the identifiers."""
    position, last = 0, next((i for i, field in enumerate(fields) if len(field.split()) > 1), len(fields) - 1)
    words = [(field.split() or [""])[0] for field in fields[: last + 1]]
    if fields[last][:1].isspace() and len(fields[last].split()) > 1:
        words[-1] = ""  # the description begins behind the last pipe
    while position < len(words) - 1:
        tag = words[position]
        size = _FIELDS.get(tag, 0)
        values = words[position + 1 : position + 1 + size]
        if tag in _NAMED and len(values) == 2 and values[1] in _FIELDS and position + 3 < len(words):
            values = values[:1]  # the name is left out, and the next tag follows
        if values:
            yield tag, values
        position += 1 + len(values)


def _joined(tag: str, values: Sequence[str]) -> str:
    """Return the identifier that the values of a tag make up."""
    if tag in _SEPARATORS:
        return _SEPARATORS[tag].join(filter(None, values))
    return next(filter(None, values), "")
