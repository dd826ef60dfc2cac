"""Reads the proteins that a user names: sequences, FASTA files, accessions, and lists of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..formats.fasta import read_fasta
from ..identifiers import ACCESSION_PATTERN
from ..records import ProteinRecord, Reject
from ..residues import ResidueError, clean_residues
from ..settings import Settings
from .progress import Progress

LEAST_RESIDUES = 8
"""Letters from which on a word is read as a sequence; shorter ones may be gene names."""


@dataclass(slots=True)
class ProteinInput:
    """Proteins in the order in which they were named, and records that were refused."""

    proteins: list[ProteinRecord] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read_proteins(inputs: Sequence[str], settings: Settings, progress: Progress) -> ProteinInput:
    """Read every input: ``-``, a FASTA file, ``@FILE`` (one input per line), an accession or isoform, or a sequence.

    Raises:
        InputError: if an input is none of these, or no protein is left.
        ConfigurationError: if an accession must be fetched and the settings are offline.
        TryLaterError: if UniProt does not answer.
    """
    result = ProteinInput()
    words = list(_words(inputs))
    accessions = [word for word in words if _is_accession(word)]
    fetched = _fetched(accessions, settings, progress, result.rejects) if accessions else {}
    sequences = sum(1 for word in words if _residues(word))
    number = 0
    for word in words:
        if word in fetched:
            result.proteins.append(fetched[word])
        elif not _is_accession(word) and (residues := _residues(word)):
            number += 1
            name = "sequence" if sequences == 1 else f"sequence_{number}"
            result.proteins.append(ProteinRecord(name, residues, name, 0))
        elif not _is_accession(word):
            _read_file(word, result)
    if not result.proteins:
        why = "; ".join(f"{one.accession or 'record'} in line {one.line}: {one.reason}" for one in result.rejects[:3])
        raise InputError("no protein can be read", why=why, remedy="name a sequence, a FASTA file or an accession")
    return result


def _words(inputs: Iterable[str]) -> Iterator[str]:
    for word in inputs:
        if word.startswith("@"):
            try:
                lines = Path(word[1:]).read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"the list {word[1:]} cannot be read", why=str(error), remedy="@FILE") from error
            yield from (line.split()[0] for line in lines if line.strip() and not line.startswith("#"))
        else:
            yield word


def _is_accession(word: str) -> bool:
    return bool(ACCESSION_PATTERN.fullmatch(word)) and not _exists(word)


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except OSError:  # a sequence is too long for a file name
        return False


def _residues(word: str) -> str:
    """Residues of a bare sequence; empty if `word` is not one."""
    letters = "".join(word.split())
    if word == "-" or _is_accession(word) or _exists(word) or not letters.rstrip("*").isalpha():
        return ""
    try:
        residues = clean_residues(letters)
    except ResidueError:
        return ""
    return residues if len(residues) >= LEAST_RESIDUES else ""


def _read_file(word: str, result: ProteinInput) -> None:
    if word != "-" and not _exists(word):
        raise InputError(
            f"{word[:60]!r} is neither a sequence, a file, nor an accession",
            why=_why_no_sequence(word),
            remedy="a gene name needs its organism: look up its accession at https://www.uniprot.org",
        )
    for record in read_fasta(word):
        if isinstance(record, Reject):
            result.rejects.append(record)
        else:
            result.proteins.append(record)


def _why_no_sequence(word: str) -> str:
    letters = "".join(word.split())
    if letters.isalpha() and len(letters) < LEAST_RESIDUES:
        return f"a sequence has at least {LEAST_RESIDUES} residues"
    try:
        clean_residues(letters)
    except ResidueError as error:
        return f"as a sequence: {error}; there is no such file"
    return "there is no such file"


def _fetched(
    accessions: Sequence[str], settings: Settings, progress: Progress, rejects: list[Reject]
) -> dict[str, ProteinRecord]:
    """Entries of UniProt by accession; those without an entry are added to `rejects`."""
    from ..sources.uniprot import UniprotSource

    progress.note(f"asking {settings.uniprot_url} for {len(accessions):,} accessions")
    download = UniprotSource(settings).accessions(list(dict.fromkeys(accessions)))
    rejects.extend(download.rejects)
    records = [record for record in read_fasta(download.path) if isinstance(record, ProteinRecord)]
    return {record.accession: record for record in records}
