"""FASTA: proteomes in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..identifiers import ACCESSION_PATTERN, MAXIMUM_IDENTIFIER
from ..records import ProteinRecord, Reject, Repeat
from ..residues import ALPHABET, MAXIMUM_LENGTH, ResidueError, clean_residues
from .compression import is_plain_file, is_stream, name_of, typed
from .copied_text import letter_advice, piped, without_copied_marks
from .lines import line_pieces
from .uniprot_header import MAXIMUM_HEADER, parse_header

_COLLECTED = 2 * MAXIMUM_LENGTH  # letters kept of one record; more can only be over-long, white space or damage
_64_BITS = 2**64 - 1
_LEAST_RESIDUES = 20  # of a first line that is taken for residues; a word such as "accession" is shorter
_INDENTED = re.compile("^[[:space:]\"\u201c\u201d\u2018\u2019]+>".replace("[:space:]", " \t\u00a0"))
_EFETCH = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?db=protein&rettype=fasta&id="
_FOREIGN = {"<": "HTML or XML", "{": "JSON", "[": "JSON"}


@dataclass(slots=True)
class _Open:
    """The record that is being read. `letters` counts all characters of its lines, kept or not."""

    line: int
    header: str
    pieces: list[str] = field(default_factory=list)
    letters: int = 0

    def add(self, piece: str) -> None:
        """One more line of residues."""
        if self.letters <= _COLLECTED:
            self.pieces.append(piece)
        self.letters += len(piece)


def _check_beginning(path: Path | str, number: int, text: str) -> None:
    kind, source = _FOREIGN.get(text.lstrip()[:1]), name_of(path)
    if kind:
        raise InputError(f"{source} is {kind}, not FASTA", remedy="fetch the file again: it may be an error page")
    why = f"line {number} is {text[:40]!r}; the first record must begin with '>'"
    raise InputError(f"{source} is not FASTA", where=f"{source}:{number}", why=why, remedy=_remedy(path, text))


def _remedy(path: Path | str, text: str) -> str:
    """Return what to type for a file that begins with the line `text`."""
    if _INDENTED.match(text):
        return piped(path, f"sed -E 's/{_INDENTED.pattern}/>/'")
    if ACCESSION_PATTERN.fullmatch(text.split(maxsplit=1)[0]) and is_plain_file(path):
        return f"nesannot ingest proteome @{typed(path)} --name NAME reads a list of accessions of UniProt"
    if text.startswith("LOCUS "):
        return f"this is GenPept; fetch the same proteins as FASTA: curl -fL '{_EFETCH}ACCESSION,ACCESSION'"
    if text.startswith("ID   "):
        given = f"{typed(path)} --kind flat" if is_stream(path) else typed(path)
        return f"nesannot ingest uniprot {given} reads what a flat file says of proteins; fetch these as FASTA"
    letters = text.strip().upper().removesuffix("*")
    if len(letters) >= _LEAST_RESIDUES and set(letters) <= set(ALPHABET) and is_plain_file(path):  # without a header
        return f"(echo '>NAME'; cat {typed(path)}) | nesannot ingest proteome - --name NAME"
    return "name a FASTA file, or fetch one: nesannot ingest proteome UP000002311"


def _raw_records(path: Path | str) -> Iterator[_Open]:
    current: _Open | None = None
    previous = 0
    for number, text in line_pieces(path):
        if text[:1] == ">" and number != previous:
            if current:
                yield current
            current = _Open(number, text[1:])
        elif current and number == previous == current.line:
            current.header = current.header[: MAXIMUM_HEADER + 1]  # a piece of a header is a mebibyte
        elif current:
            current.add(text)
        elif text.strip():
            _check_beginning(path, number, text)
        previous = number
    if current:
        yield current


def _bad_header(header: str, path: Path | str) -> str:
    if len(header) > MAXIMUM_HEADER:
        return f"header of more than {MAXIMUM_HEADER:,} characters"
    if "\0" in header:
        return "header holds a NUL character"
    if "\r" in header:
        return "header holds a carriage return (old Mac line ends: " + piped(path, "tr '\\r' '\\n'") + ")"
    return ""


def _residues(raw: _Open, path: Path | str, cleaned: Counter[str]) -> str:
    """Return the residues of a record; if they have marks that copying adds, without these marks, and counted."""
    if raw.letters > _COLLECTED:
        raise ResidueError(f"{raw.letters:,} letters, more than the limit of {MAXIMUM_LENGTH:,} residues")
    try:
        return clean_residues("".join(raw.pieces))
    except ResidueError as error:
        text, removed = without_copied_marks(raw.pieces) if error.letter else ("", set())
        try:
            residues = clean_residues(text) if removed else ""
        except ResidueError:
            residues = ""
        if not residues:
            raise ResidueError(f"{error}{letter_advice(error.letter, path)}", error.letter) from error
        cleaned.update(removed)
        return residues


def _as_record(raw: _Open, path: Path | str, cleaned: Counter[str]) -> ProteinRecord | Reject:
    source = name_of(path)
    header = None if (reason := _bad_header(raw.header, path)) else parse_header(raw.header)
    if header is None:
        return Reject(
            source,
            raw.line,
            raw.header[:40],
            reason or f"header names no accession of at most {MAXIMUM_IDENTIFIER} characters",
            "header",
        )
    try:
        residues = _residues(raw, path, cleaned)
    except ResidueError as error:
        return Reject(source, raw.line, header.accession, str(error), "residues")
    return ProteinRecord(
        header.accession,
        residues,
        raw.header,
        raw.line,
        header.isoform,
        header.entry_name,
        header.reviewed,
        header.protein_name,
        header.organism,
        header.taxon_id,
        header.gene,
        header.existence,
        header.sequence_version,
        header.fragment,
    )


class _Seen:
    """Accessions read so far, each with its line and a 64-bit hash of its residues."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}  # one number each, for the sake of a million accessions

    def duplicate(self, record: ProteinRecord, source: str) -> Reject | None:
        """A `Repeat` or a `Reject` for an accession that was read before, else None."""
        here = record.line << 64 | hash(record.residues) & _64_BITS
        known = self._known.setdefault(record.accession, here)
        line = known >> 64
        if line == record.line:
            return None
        same = known & _64_BITS == here & _64_BITS
        reason = f"duplicate of line {line}" if same else f"other residues than in line {line} under the same accession"
        return (Repeat if same else Reject)(source, record.line, record.accession, reason, "accession")


def read_fasta(path: Path | str, cleaned: Counter[str] | None = None) -> Iterator[ProteinRecord | Reject]:
    """Proteins of a FASTA file (``-`` is standard input; gz, bz2, xz, zst, zip are recognised) in file order.

    White space and one trailing ``*`` are removed, lower case is accepted. Rejected, each with its line: a header
    without an accession or longer than `MAXIMUM_HEADER`; residues that are missing, too many or not amino acids; an
    accession that was read before with other residues. An accession that was read before with the same residues is a
    `Repeat`.

    Args:
        path: the file, or ``-``.
        cleaned: counts the records from which line numbers, invisible spaces or quotation marks were removed, by name.

    Raises:
        InputError: if the file is no FASTA, holds no record, breaks off or is not UTF-8.
    """
    source, seen, found = name_of(path), _Seen(), False
    for raw in _raw_records(path):
        found = True
        record = _as_record(raw, path, Counter() if cleaned is None else cleaned)
        if isinstance(record, ProteinRecord):
            yield seen.duplicate(record, source) or record
        else:
            yield record
    if not found:
        remedy = "fetch or copy the file again, or: nesannot ingest proteome UP000002311"
        raise InputError(f"{source} holds no records", why="not one line begins with '>'", remedy=remedy)
