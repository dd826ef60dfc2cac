"""UniProtKB entries as the REST API gives them in JSON: ``search``, ``stream``, ``accessions``, or a single entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..former import InactiveEntry, inactive_fate
from ..records import AnnotationKind, ProteinRecord, Reject
from .compression import name_of
from .json_stream import json_objects
from .uniprot_entry import EntryBuilder, UniprotEntry, checked_residues, whole_number

FEATURE_KEYS = {"Motif": "MOTIF", "Signal": "SIGNAL", "Transmembrane": "TRANSMEM", "Coiled coil": "COILED"}
_Node = dict[str, Any]


def _evidence(node: _Node) -> tuple[str, ...]:
    codes = []
    for evidence in node.get("evidences", []):
        source = ":".join(evidence[key] for key in ("source", "id") if key in evidence)
        codes.append(evidence["evidenceCode"] + (f"|{source}" if source else ""))
    return tuple(codes)


def _text(value: object) -> str | None:
    return str(value) if value else None


def _protein_name(description: _Node) -> str | None:
    names = [description.get("recommendedName"), *description.get("submissionNames", [])]
    return next((str(name["fullName"]["value"]) for name in names if name), None)


def _gene(entry: _Node) -> str | None:
    for gene in entry.get("genes", []):
        for key in ("geneName", "orderedLocusNames", "orfNames"):
            names = gene.get(key) or []
            names = [names] if isinstance(names, dict) else names
            if names:
                return str(names[0]["value"])
    return None


def _record(entry: _Node, residues: str) -> ProteinRecord:
    description = entry.get("proteinDescription", {})
    existence = str(entry.get("proteinExistence", ""))[:1]
    return ProteinRecord(
        accession=entry["primaryAccession"],
        residues=residues,
        entry_name=_text(entry.get("uniProtkbId")),
        reviewed="reviewed (" in entry["entryType"] and "unreviewed" not in entry["entryType"],
        protein_name=_protein_name(description),
        organism=_text(entry.get("organism", {}).get("scientificName")),
        taxon_id=whole_number(entry.get("organism", {}).get("taxonId")),
        gene=_gene(entry),
        existence=whole_number(existence),
        sequence_version=whole_number(entry.get("entryAudit", {}).get("sequenceVersion")),
        fragment="Fragment" in description.get("flag", ""),
    )


def _position(end: _Node) -> str:
    exact = end.get("modifier", "EXACT") == "EXACT" and end.get("value") is not None
    return str(end["value"]) if exact else f"{end.get('modifier', '?')} {end.get('value', '?')}"


def _location(location: _Node) -> str:
    span = f"{_position(location['start'])}..{_position(location['end'])}"
    return f"{location['sequence']}:{span}" if location.get("sequence") else span


def _add_annotations(builder: EntryBuilder, entry: _Node) -> None:
    for comment in entry.get("comments", []):
        for place in comment.get("subcellularLocations", []) if "SUBCELL" in comment["commentType"] else []:
            node = place["location"]
            name = node["value"]
            builder.note(AnnotationKind.LOCATION, node.get("id") or name, name, _evidence(node))
    for keyword in entry.get("keywords", []):
        builder.note(AnnotationKind.KEYWORD, keyword["id"], keyword["name"], _evidence(keyword))
    for reference in entry.get("uniProtKBCrossReferences", []):
        if reference["database"] == "GO":
            properties = {p["key"]: p["value"] for p in reference.get("properties", [])}
            kind = properties.get("GoEvidenceType")
            builder.note(AnnotationKind.GO, reference["id"], properties.get("GoTerm", ""), [kind] if kind else [])
    for feature in entry.get("features", []):
        key = FEATURE_KEYS.get(feature["type"], "")
        builder.feature(key, _location(feature["location"]), feature.get("description", ""), _evidence(feature))


def _inactive(source: str, entry: _Node) -> InactiveEntry:
    accession = str(entry.get("primaryAccession", ""))
    former = inactive_fate(accession, entry)
    targets = ", ".join(one.present for one in former if one.present)
    reason = next((one.reason for one in former), "")
    told = f" into {targets}" if targets else f": {reason}" if reason else ""
    kind = str(entry.get("inactiveReason", {}).get("inactiveReasonType", "inactive")).lower()
    return InactiveEntry(source, 0, accession, f"UniProt has {kind} this entry{told}", "accession", former)


def parse_entry(entry: _Node, source: str) -> Iterator[UniprotEntry | Reject]:
    """One entry, after the rejects of its parts; or the reject of the whole.

    Args:
        entry: the decoded JSON object.
        source: named in rejects.
    """
    accession = str(entry.get("primaryAccession", ""))
    try:
        if entry["entryType"] == "Inactive":
            yield _inactive(source, entry)
            return
        residues = None
        if "sequence" in entry:
            residues = checked_residues(source, 0, accession, entry["sequence"]["value"])
        if isinstance(residues, Reject):
            yield residues
            return
        builder = EntryBuilder(source, accession, residues)
        _add_annotations(builder, entry)
        record = None if residues is None else _record(entry, residues)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"not shaped as an entry of UniProtKB ({type(error).__name__}: {error})"
        yield Reject(source, 0, accession[:40], reason)
        return
    yield from builder.rejects
    yield builder.entry(record, map(str, entry.get("secondaryAccessions") or ()))


def read_uniprot_json(path: Path | str) -> Iterator[UniprotEntry | Reject]:
    """Entries of a JSON file of UniProt's REST API, in file order; rejects of an entry's parts come before it.

    Rejected: inactive entries (with where they went), entries without a proper sequence or of another shape, features
    with uncertain ends or on another isoform. JSON has no lines; rejects name accession and field.

    Raises:
        InputError: if the file is no JSON or breaks off.
    """
    source = name_of(path)
    for entry in json_objects(path):
        yield from parse_entry(entry, source)
