"""UniProtKB entries as the REST API gives them in TSV, with the column titles of the site."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..identifiers import ACCESSION_PATTERN
from ..records import AnnotationKind, ProteinRecord, Reject
from .compression import name_of
from .lines import whole_lines
from .uniprot_entry import EntryBuilder, UniprotEntry, checked_residues, parse_locations, split_evidences, whole_number

FEATURE_COLUMNS = ("Motif", "Signal peptide", "Transmembrane", "Coiled coil")
GO_COLUMNS = {
    "Gene Ontology (cellular component)": "C:",
    "Gene Ontology (biological process)": "P:",
    "Gene Ontology (molecular function)": "F:",
    "Gene Ontology (GO)": "",
}
LOCATION = "Subcellular location [CC]"
KNOWN = frozenset((*FEATURE_COLUMNS, *GO_COLUMNS, LOCATION, "Keywords", "Keyword ID", "Sequence"))
_FEATURE = re.compile(r'([A-Z_]+) ([^;"]+?)((?:;\s*/\w+="(?:[^"]|"")*")*)(?:;\s*|$)')
_QUALIFIER = re.compile(r'/(\w+)="((?:[^"]|"")*)"')
_GO = re.compile(r"(.*) \[(GO:\d{7})\]")
_EXISTENCE = {
    "evidence at protein level": 1,
    "evidence at transcript level": 2,
    "inferred from homology": 3,
    "predicted": 4,
    "uncertain": 5,
}
_Row = Mapping[str, str | None]


def _cell(row: _Row, column: str) -> str:
    return (row.get(column) or "").strip()


def _add_features(builder: EntryBuilder, column: str, text: str) -> None:
    begin = 0
    while begin < len(text):
        match = _FEATURE.match(text, begin)
        if not match:
            builder.refuse(column, f"{text[begin : begin + 60]!r} is no feature")
            return
        key, location, qualifiers = match.groups()
        named = {name: value.replace('""', '"') for name, value in _QUALIFIER.findall(qualifiers)}
        builder.feature(key, location, named.get("note", ""), split_evidences(named.get("evidence", "")))
        begin = match.end()


def _add_keywords(builder: EntryBuilder, row: _Row) -> None:
    names = [name.strip() for name in _cell(row, "Keywords").split(";") if name.strip()]
    identifiers = [name.strip() for name in _cell(row, "Keyword ID").split(";") if name.strip()]
    pairs = zip(identifiers, names, strict=True) if len(identifiers) == len(names) else zip(names, names, strict=True)
    for identifier, name in pairs:
        builder.note(AnnotationKind.KEYWORD, identifier, name)


def _add_go(builder: EntryBuilder, row: _Row) -> None:
    aspects = [column for column in list(GO_COLUMNS)[:3] if column in row]
    for column in aspects or ["Gene Ontology (GO)"]:
        for term in _cell(row, column).split(";"):
            match = _GO.fullmatch(term.strip())
            if match:
                builder.note(AnnotationKind.GO, match.group(2), GO_COLUMNS[column] + match.group(1))
            elif term.strip():
                builder.refuse(column, f"{term.strip()[:60]!r} is no GO term")


def _add_annotations(builder: EntryBuilder, row: _Row) -> None:
    for location, evidence in parse_locations(_cell(row, LOCATION)):
        builder.note(AnnotationKind.LOCATION, location, location, evidence)
    _add_keywords(builder, row)
    _add_go(builder, row)
    for column in FEATURE_COLUMNS:
        _add_features(builder, column, _cell(row, column))


def _record(row: _Row, residues: str, line: int) -> ProteinRecord:
    reviewed = _cell(row, "Reviewed").lower()
    gene = _cell(row, "Gene Names (primary)") or _cell(row, "Gene Names").partition(" ")[0]
    return ProteinRecord(
        accession=_cell(row, "Entry"),
        residues=residues,
        line=line,
        entry_name=_cell(row, "Entry Name") or None,
        reviewed={"reviewed": True, "unreviewed": False}.get(reviewed),
        protein_name=_cell(row, "Protein names") or None,
        organism=_cell(row, "Organism") or None,
        taxon_id=whole_number(_cell(row, "Organism (ID)") or _cell(row, "Organism ID")),
        gene=gene.partition(";")[0] or None,
        existence=_EXISTENCE.get(_cell(row, "Protein existence").lower()),
        sequence_version=whole_number(_cell(row, "Sequence version")),
        fragment="fragment" in _cell(row, "Fragment").lower(),
    )


def _parsed(row: _Row, source: str, line: int) -> Iterator[UniprotEntry | Reject]:
    accession = _cell(row, "Entry")
    residues: str | Reject | None = None
    if "Sequence" in row:
        residues = checked_residues(source, line, accession, _cell(row, "Sequence"))
    elif not ACCESSION_PATTERN.fullmatch(accession):
        residues = Reject(source, line, accession[:40], f"{accession[:40]!r} is no UniProtKB accession", "Entry")
    if isinstance(residues, Reject):
        yield residues
        return
    builder = EntryBuilder(source, accession, residues, line)
    _add_annotations(builder, row)
    yield from builder.rejects
    yield builder.entry(None if residues is None else _record(row, residues, line))


def read_uniprot_tsv(path: Path | str) -> Iterator[UniprotEntry | Reject]:
    """Entries of a TSV file of UniProt's REST API, in file order; rejects of an entry's parts come before it.

    Columns that are absent leave their part out; without ``Sequence`` the entries carry annotations only.

    Raises:
        InputError: if there is no column ``Entry``, or none of the columns that are read beside it.
    """
    source = name_of(path)
    numbered = whole_lines(path)
    reader = csv.reader((text + "\n" for _, text in numbered), delimiter="\t")
    try:
        titles = next(reader, [])
        if "Entry" not in titles or not KNOWN & set(titles):
            why = "a first line of column titles, with 'Entry' and e.g. 'Motif' or 'Sequence', is needed"
            remedy = (
                "format=tsv&fields=accession,sequence,ft_motif of UniProt's REST API, or: nesannot ingest uniprot UP..."
            )
            raise InputError(f"{source} is no TSV of UniProt", where=f"{source}:1", why=why, remedy=remedy)
        for cells in reader:
            if len(cells) == len(titles):
                yield from _parsed(dict(zip(titles, cells, strict=True)), source, reader.line_num)
            elif cells:
                reason = f"{len(cells)} cells where the first line has {len(titles)}"
                yield Reject(source, reader.line_num, cells[0][:40], reason)
    except csv.Error as error:
        where, remedy = f"{source}:{reader.line_num}", "fetch the file again"
        raise InputError(f"{source} is not valid TSV", where=where, why=str(error), remedy=remedy) from error
