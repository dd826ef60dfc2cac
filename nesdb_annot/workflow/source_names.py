"""Names given in place of a file: what such a name stands for, and the command that fetches it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from ..errors import NesannotError, UsageError
from ..identifiers import ACCESSION_PATTERN, PROTEOME_PATTERN

_SEPARATORS = re.compile(r"[\s,;]+")
_ADDRESS = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_ALMOST_UPID = re.compile(r"(UP\d+)(_\d+)?", re.IGNORECASE)
_NCBI = re.compile(r"(?:[ANXYW]P_\d{6,9}|[A-Z]{3}\d{5,7})(?:\.\d+)?")
_ENSEMBL = re.compile(r"ENS[A-Z]*[PTG]\d{11}(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]*")
_IN_ADDRESS = re.compile(rf"/({PROTEOME_PATTERN.pattern}|{ACCESSION_PATTERN.pattern})(?=$|[/?#.])")
_EFETCH = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?db=protein&rettype=fasta&id="


def check_name(source: str, command: str) -> None:
    """Refuse the name of a protein, gene, organism or web address that was given in place of a file.

    Args:
        source: as typed; the name of an existing file passes, and so does a name that looks like a file's.
        command: ``ingest proteome`` or ``ingest uniprot``; the remedy is a call of this command.

    Raises:
        UsageError: with what to type.
    """
    try:
        if source == "-" or source.startswith("@") or PROTEOME_PATTERN.fullmatch(source) or Path(source).exists():
            return
    except OSError:
        return
    error = _address(source, command) if _ADDRESS.match(source) else _identifier(source, command)
    if error:
        raise error


def _piped(url: str, command: str) -> str:
    """Return the command line that fetches `url` and reads it from standard input."""
    name = "- --name NAME" if command == "ingest proteome" else "- --kind flat"
    return f"curl -fL '{url}' | nesannot {command} {name}"


def _listed(accessions: list[str], command: str) -> str:
    if command == "ingest proteome":
        words = " ".join(accessions)
        return f"printf '%s\\n' {words} > accessions.txt; nesannot {command} @accessions.txt --name NAME"
    return _piped(f"https://rest.uniprot.org/uniprotkb/{accessions[0]}.txt", command)


def _address(source: str, command: str) -> NesannotError:
    match = _IN_ADDRESS.search(source)
    if match and PROTEOME_PATTERN.fullmatch(match[1]):
        remedy = f"nesannot {command} {match[1]}"
    elif match:
        remedy = _listed([match[1]], command)
    else:
        remedy = _piped(source, command)
    return UsageError(f"{source} is a web address, not a file", why="addresses are not fetched", remedy=remedy)


def _identifier(source: str, command: str) -> NesannotError | None:
    words = [word for word in _SEPARATORS.split(source) if word]
    if words and all(ACCESSION_PATTERN.fullmatch(word.upper()) for word in words):
        what = f"{source} is {'an accession' if len(words) == 1 else 'a list of accessions'} of UniProt, not a file"
        return UsageError(what, remedy=_listed([word.upper() for word in words], command))
    match = _ALMOST_UPID.fullmatch(source)
    if match:
        upid = match[1].upper()
        upid = upid if PROTEOME_PATTERN.fullmatch(upid) else "UP000002311"
        return UsageError(f"{source} is no UPID", why="a UPID is UP and 9 digits", remedy=f"nesannot {command} {upid}")
    if _NCBI.fullmatch(source) and command == "ingest proteome":
        return UsageError(f"{source} is an accession of NCBI, not a file", remedy=_piped(_EFETCH + source, command))
    if _ENSEMBL.fullmatch(source) or _WORD.fullmatch(source):
        address = f"https://www.uniprot.org/uniprotkb?query={quote(source)}"
        organisms = f"https://www.uniprot.org/proteomes?query={quote(source)}"
        why = "a gene, an entry name or an organism has several proteins; name accessions or a UPID"
        remedy = f"{_listed(['ACCESSION'], command)}  (accessions: {address}; UPIDs: {organisms})"
        return UsageError(f"there is no file {source}, and it is neither accession nor UPID", why=why, remedy=remedy)
    return None


def offline_remedy(upid: str, command: str, base_url: str) -> str:
    """Return what to type to fetch the proteome `upid` on a computer with a network, and to read it here."""
    kind = "fasta" if command == "ingest proteome" else "json"
    address = f"{base_url.rstrip('/')}/uniprotkb/stream?format={kind}&query=proteome:{upid}"
    return f"elsewhere: curl -fL '{address}' > {upid}.{kind}; here: nesannot {command} {upid}.{kind}"
