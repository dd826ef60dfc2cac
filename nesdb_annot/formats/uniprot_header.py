"""The text behind ``>``: UniProt's header grammar, NCBI's pipes, and bare names.

Grammar: uniprot.org/help/fasta-headers,
``db|accession|entry_name protein_name OS=organism OX=taxon [GN=gene] PE=existence SV=version``; headers of isoforms
carry ``accession-n`` and neither PE nor SV.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..identifiers import ACCESSION, ACCESSION_PATTERN, MAXIMUM_IDENTIFIER
from .ncbi_identifiers import number, piped_accession

MAXIMUM_HEADER = 2**16
"""Characters of a header; the longest of UniProt has fewer than 1,000."""

_UNIPROT = re.compile(rf"(sp|tr)\|({ACCESSION}(?:-(\d+))?)\|(\S+)\s*(.*)", re.DOTALL)
_TAGS = re.compile(r"(?:^|\s)(OS|OX|GN|PE|SV)=")
_FRAGMENTS = ("(Fragment)", "(Fragments)")
_FULL_NAME = re.compile(r"RecName:\s*Full=([^;]+)")


@dataclass(frozen=True, slots=True)
class Header:
    """What a FASTA header says.

    Attributes:
        accession: with the isoform's suffix where there is one (``P06778-2``), without the sequence version.
        isoform: the number of that suffix.
        reviewed: True for ``sp``, False for ``tr``, None where the header does not say.
        fragment: the protein name ended in ``(Fragment)``, which is taken off.
    """

    accession: str
    isoform: int | None = None
    reviewed: bool | None = None
    entry_name: str | None = None
    protein_name: str | None = None
    organism: str | None = None
    taxon_id: int | None = None
    gene: str | None = None
    existence: int | None = None
    sequence_version: int | None = None
    fragment: bool = False


def _from_uniprot(match: re.Match[str]) -> Header:
    database, accession, isoform, entry_name, description = match.groups()
    parts = _TAGS.split(description)
    tags = dict(zip(parts[1::2], parts[2::2], strict=True))
    name = parts[0].strip()
    fragment = name.endswith(_FRAGMENTS)
    name = name.rpartition("(")[0].rstrip() if fragment else name
    return Header(
        accession=accession,
        isoform=number(isoform),
        reviewed=database == "sp",
        entry_name=entry_name,
        protein_name=name or None,
        organism=tags.get("OS", "").strip() or None,
        taxon_id=number(tags.get("OX")),
        gene=tags.get("GN", "").strip() or None,
        existence=number(tags.get("PE")),
        sequence_version=number(tags.get("SV")),
        fragment=fragment,
    )


def _description(text: str) -> tuple[str | None, str | None]:
    full = _FULL_NAME.search(text)
    if full:
        return full.group(1).strip(), None
    name, bracket, species = text.strip().rpartition("[")
    if bracket and species.endswith("]"):
        return name.strip() or None, species[:-1].strip() or None
    return text.strip() or None, None


def _from_pipes(header: str) -> Header | None:
    fields = header.partition("\x01")[0].split("|")  # NCBI joins the headers of equal sequences with this character
    accession, version, reviewed = piped_accession(fields)
    if not accession:
        return None
    first, _, rest = fields[-1].partition(" ")
    entry = first if reviewed is not None and "_" in first else None
    name, organism = _description(rest if entry else fields[-1])
    isoform = ACCESSION_PATTERN.fullmatch(accession)
    return Header(
        accession=accession,
        isoform=number(isoform.group(1)) if isoform else None,
        reviewed=reviewed,
        entry_name=entry,
        protein_name=name,
        organism=organism,
        sequence_version=version,
    )


def _from_bare(header: str) -> Header | None:
    accession, rest = [*header.split(None, 1), "", ""][:2]
    match = ACCESSION_PATTERN.fullmatch(accession)
    isoform = number(match.group(1)) if match else None
    return Header(accession=accession, isoform=isoform, protein_name=rest.strip() or None) if accession else None


def parse_header(header: str) -> Header | None:
    """Read a header without its ``>``; None if it names nothing, or something of more than `MAXIMUM_IDENTIFIER`.

    Example:
        >>> parse_header("sp|P06778-2|RAD52_YEAST Isoform 2 of RAD52 OS=S. cerevisiae OX=559292 GN=RAD52").accession
        'P06778-2'
        >>> h = parse_header("gi|215274241|sp|P15336.4|ATF2_HUMAN RecName: Full=Factor ATF-2; Short=cAMP")
        >>> h.accession, h.sequence_version, h.entry_name, h.protein_name
        ('P15336', 4, 'ATF2_HUMAN', 'Factor ATF-2')
        >>> parse_header("my_protein two words").accession
        'my_protein'
    """
    match = _UNIPROT.match(header)
    if match:
        return _from_uniprot(match)
    found = (_from_pipes(header) if "|" in header else None) or _from_bare(header)
    return found if found and len(found.accession) <= MAXIMUM_IDENTIFIER else None
