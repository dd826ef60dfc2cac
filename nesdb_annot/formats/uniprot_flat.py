"""UniProtKB entries in the flat-file format (``.dat``, ``.txt``; the feature syntax of release 2019_11 and later)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..records import AnnotationKind, ProteinRecord, Reject
from .compression import name_of
from .lines import whole_lines
from .uniprot_entry import (
    EntryBuilder,
    UniprotEntry,
    checked_residues,
    parse_locations,
    split_evidences,
    whole_number,
    without_evidence,
)

MAXIMUM_ENTRY_LINES = 500_000
_FEATURE = re.compile(r"([A-Z_]+)\s+(\S+)((?:\s+/\w+=\"(?:[^\"]|\"\")*\"|\s+/\w+=[^\s\"]\S*)*)\s*$", re.DOTALL)
_QUALIFIER = re.compile(r'/(\w+)="((?:[^"]|"")*)"')
_KEPT = frozenset(("ID", "AC", "DT", "DE", "GN", "OS", "OX", "PE", "KW", "FT", "CC", "DR", "  "))
_VERSION = re.compile(r"sequence version (\d+)\.")
_TAXON = re.compile(r"NCBI_TaxID=(\d+)")
_FULL = re.compile(r"(?:RecName|SubName): Full=([^;]{1,2000});")
_GENE = re.compile(r"(?:Name|OrderedLocusNames|ORFNames)=([^;,{]+)")
_LOCATION = re.compile(r"-!- SUBCELLULAR LOCATION:(.*?)(?=-!-|-----|$)", re.DOTALL)
_GO_LINE = re.compile(r"GO; (GO:\d{7}); ([^;]*); (.*?)\.?$")


@dataclass(slots=True)
class _Raw:
    """The lines of one entry by their two-letter code."""

    line: int
    lines: dict[str, list[str]] = field(default_factory=dict)

    def all(self, code: str) -> list[str]:
        """The lines of `code`, without it."""
        return self.lines.get(code, [])

    def text(self, code: str) -> str:
        """The lines of `code` as running text; a line that ends in a hyphen joins the next without a blank."""
        return re.sub(r"(?<=\w-)\s+", "", " ".join(line.strip() for line in self.all(code)))


def _raw_entries(path: Path | str, source: str) -> Iterator[_Raw]:
    raw, count = _Raw(1), 0
    for number, text in whole_lines(path):
        if number == 1 and not text.startswith("ID   "):
            why = f"it begins with {text[:40]!r}, not with an ID line"
            told, remedy = f"{source} is no flat file of UniProt", "--kind json or --kind tsv, if it is one of these"
            raise InputError(told, where=f"{source}:1", why=why, remedy=remedy)
        if text.startswith("//"):
            yield raw
            raw, count = _Raw(number + 1), 0
        elif text[:2] in _KEPT:
            raw.lines.setdefault(text[:2], []).append(text[5:])
            count += 1
        if count > MAXIMUM_ENTRY_LINES:
            where, why = f"{source}:{raw.line}", "no line '//' follows"
            raise InputError("an entry has no end", where=where, why=why, remedy="fetch the file again")
    if raw.lines:
        raise InputError(f"{source} ends inside an entry", where=f"{source}:{raw.line}", remedy="fetch the file again")


def _features(raw: _Raw) -> Iterator[str]:
    """The text of each feature: key, location, qualifiers."""
    pending: list[str] = []
    for line in raw.all("FT"):
        if not line.startswith(" ") and pending:
            yield "\n".join(pending)
            pending = []
        pending.append(line)
    if pending:
        yield "\n".join(pending)


def _unwrapped(text: str) -> str:
    joined = " ".join(line.strip() for line in text.split("\n"))
    return re.sub(r"(?<=\w[-|])\s+", "", joined).replace('""', '"')


def _add_features(builder: EntryBuilder, raw: _Raw) -> None:
    for text in _features(raw):
        match = _FEATURE.match(text)
        if not match:
            builder.refuse("FT", f"{text.split(chr(10))[0][:60]!r} is no feature of the present syntax")
            continue
        key, location, qualifiers = match.groups()
        named = {name: _unwrapped(value) for name, value in _QUALIFIER.findall(qualifiers)}
        builder.feature(key, location, named.get("note", ""), split_evidences(named.get("evidence", "")))


def _add_annotations(builder: EntryBuilder, raw: _Raw) -> None:
    for comment in _LOCATION.findall(raw.text("CC")):
        for location, evidence in parse_locations(comment):
            builder.note(AnnotationKind.LOCATION, location, location, evidence)
    for keyword in raw.text("KW").rstrip(". ").split(";"):
        name = without_evidence(keyword)
        if name:
            builder.note(AnnotationKind.KEYWORD, name, name)
    for line in raw.all("DR"):
        match = _GO_LINE.match(line.strip())
        if match:
            builder.note(AnnotationKind.GO, match.group(1), match.group(2), [match.group(3)])
    _add_features(builder, raw)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return without_evidence(match.group(1)) or None if match else None


def _record(raw: _Raw, accession: str, residues: str) -> ProteinRecord:
    identity = raw.all("ID")[0].split()
    version, taxon = _first(_VERSION, raw.text("DT")), _first(_TAXON, raw.text("OX"))
    existence = raw.text("PE")[:1]
    return ProteinRecord(
        accession=accession,
        residues=residues,
        line=raw.line,
        entry_name=identity[0] if identity else None,
        reviewed="Reviewed;" in identity,
        protein_name=_first(_FULL, raw.text("DE")),
        organism=raw.text("OS").rstrip(".") or None,
        taxon_id=whole_number(taxon),
        gene=_first(_GENE, raw.text("GN")),
        existence=whole_number(existence),
        sequence_version=whole_number(version),
        fragment="Flags:" in raw.text("DE") and "Fragment" in raw.text("DE").partition("Flags:")[2],
    )


def _parsed(raw: _Raw, source: str) -> Iterator[UniprotEntry | Reject]:
    accession, *secondary = [part.strip() for part in raw.text("AC").rstrip("; ").split(";")]
    residues = checked_residues(source, raw.line, accession, "".join(raw.all("  ")))
    if isinstance(residues, Reject):
        yield residues
        return
    builder = EntryBuilder(source, accession, residues, raw.line)
    _add_annotations(builder, raw)
    yield from builder.rejects
    yield builder.entry(_record(raw, accession, residues), secondary)


def read_uniprot_flat(path: Path | str) -> Iterator[UniprotEntry | Reject]:
    """Entries of a UniProtKB flat file, in file order; rejects of an entry's parts come before it.

    Raises:
        InputError: if the file is no flat file or ends inside an entry.
    """
    source, found = name_of(path), False
    for raw in _raw_entries(path, source):
        found = True
        if raw.all("ID"):
            yield from _parsed(raw, source)
        else:
            yield Reject(source, raw.line, "", "entry without an ID line", "ID")
    if not found:
        raise InputError(f"{source} holds no entries", remedy="fetch the file again: format=txt of UniProt's REST API")
