"""Entries of a UniProtKB file, whichever of the three formats it is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError, UsageError
from ..records import Reject
from .compression import is_stream, open_input
from .uniprot_entry import UniprotEntry
from .uniprot_flat import read_uniprot_flat
from .uniprot_json import read_uniprot_json
from .uniprot_tsv import read_uniprot_tsv

READERS = {"json": read_uniprot_json, "tsv": read_uniprot_tsv, "flat": read_uniprot_flat}


def uniprot_format(path: Path | str) -> str:
    """``json``, ``tsv`` or ``flat``, by the first characters.

    Raises:
        InputError: if the file is HTML or FASTA, or cannot be read.
    """
    with open_input(path) as stream:
        head = stream.peek(64)[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] in (b"<", b">", b""):
        kind = {b"<": "HTML or XML", b">": "FASTA, which carries no annotations", b"": "empty"}[head[:1]]
        raise InputError(f"{path} is {kind}", remedy="format=json, tsv or txt of UniProt's REST API")
    return "json" if head[:1] in (b"{", b"[") else "flat" if head.startswith(b"ID   ") else "tsv"


def read_uniprot(path: Path | str, kind: str = "") -> Iterator[UniprotEntry | Reject]:
    """Entries of `path`; see the readers of `READERS`.

    Args:
        path: a file, or ``-``, for which `kind` must be given.
        kind: a key of `READERS`; found out by content if empty.

    Raises:
        InputError: if the file is in none of the formats.
        UsageError: for standard input without `kind`, or an unknown `kind`.
    """
    if not kind and is_stream(path):
        raise UsageError("the format of standard input must be named", remedy="json, tsv or flat")
    if kind and kind not in READERS:
        raise UsageError(f"no such format: {kind!r}", remedy="json, tsv or flat")
    return READERS[kind or uniprot_format(path)](path)
