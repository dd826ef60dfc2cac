"""Reads the proteins that a user names: sequences, FASTA files, accessions, and lists of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError, TryLaterError
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
            _read(word, result, only=len(words) == 1)
    if not result.proteins:
        why = "; ".join(f"{one.source}: {one.accession or 'record'}: {one.reason}" for one in result.rejects[:3])
        raise InputError("no protein can be read", why=why, remedy="name a sequence, a FASTA file or an accession")
    return result


def _read(word: str, result: ProteinInput, *, only: bool) -> None:
    """Read a file; a bad one beside other inputs is refused like a record."""
    try:
        _read_file(word, result)
    except InputError as error:
        if only:
            raise
        result.rejects.append(Reject(word[:60], 0, word[:60], f"{error.what}: {error.why}".removesuffix(": ")))


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
        raise _unreadable(word)
    for record in read_fasta(word):
        if isinstance(record, Reject):
            result.rejects.append(record)
        else:
            result.proteins.append(record)


def _unreadable(word: str) -> InputError:
    """Return what is wrong with a word that is neither a file, a sequence nor an accession."""
    letters = "".join(word.split())
    if not letters.isalpha():
        if letters.isalnum():
            return InputError(
                f"{word[:60]!r} is neither a sequence, a file nor an accession",
                why="a gene name needs its organism",
                remedy="look up its accession at https://www.uniprot.org, then: nesannot predict ACCESSION",
            )
        what = f"there is no file {word[:60]}"
        return InputError(what, why="it is no sequence either", remedy="check the path, or paste the sequence")
    if len(letters) < LEAST_RESIDUES:
        return InputError(
            f"{word!r} is too short for a sequence",
            why=f"a sequence has at least {LEAST_RESIDUES} residues; a gene name needs its organism",
            remedy="paste more residues, or look up the accession at https://www.uniprot.org",
        )
    try:
        clean_residues(letters)
        why = "it cannot be read"
    except ResidueError as error:
        why = str(error)
    return InputError(f"{word[:60]} is no protein sequence", why=why, remedy="paste amino acids in one-letter code")


def _fetched(
    accessions: Sequence[str], settings: Settings, progress: Progress, rejects: list[Reject]
) -> dict[str, ProteinRecord]:
    """Entries of UniProt by accession; those without an entry are added to `rejects`."""
    from ..sources.uniprot import UniprotSource

    source = UniprotSource(settings)
    progress.note(f"asking {settings.uniprot_url} for {len(accessions):,} accessions")
    try:
        download = source.accessions(list(dict.fromkeys(accessions)))
    except TryLaterError as error:
        remedy = "paste the sequence or name a FASTA file; with network, run the command again"
        raise TryLaterError(error.what, where=error.where, why=error.why, remedy=remedy) from error
    rejects.extend(download.rejects)
    records = [record for record in read_fasta(download.path) if isinstance(record, ProteinRecord)]
    return {record.accession: record for record in records}
