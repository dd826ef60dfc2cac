"""UniProt entries: annotations of proteins, and the NESs that its curators annotate as reference entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..identifiers import PROTEOME_PATTERN
from ..records import Annotation, ReferenceEntry, Reject
from ..settings import Settings
from .ingest import Ingest, ingest_references
from .progress import Progress, Silent
from .rejects import Rejects

if TYPE_CHECKING:
    from ..formats.uniprot_entry import UniprotEntry
    from ..store.engine import Store


NES_MOTIFS = "nes-motifs"
"""Stands for all reviewed UniProt entries with an annotated NES."""


def uniprot_file(settings: Settings, source: str, progress: Progress | None = None) -> str:
    """The file to read: `source` itself, or what is fetched from UniProt for a UPID or `NES_MOTIFS`.

    Raises:
        InputError: if `source` is none of these.
        ConfigurationError: if it had to be fetched and the settings say offline.
    """
    from ..sources.uniprot import UniprotSource

    if source == "-" or Path(source).is_file():
        return source
    if source != NES_MOTIFS and not PROTEOME_PATTERN.fullmatch(source):
        raise InputError(f"there is no file {source}", remedy=f"check the path; or a UPID, or {NES_MOTIFS}")
    (progress or Silent()).note(f"asking {settings.uniprot_url} for {source}")
    fetcher = UniprotSource(settings)
    download = fetcher.nes_motifs() if source == NES_MOTIFS else fetcher.proteome(source, kind="json")
    return str(download.path)


def ingest_uniprot(store: Store, source: str, *, kind: str = "", strict: bool = False) -> Ingest:
    """Ingest a UniProt file: annotations, and MOTIF features of NESs as reference entries.

    Args:
        kind: ``json``, ``tsv`` or ``flat``; found out by content if empty, which standard input does not allow.

    Raises:
        InputError: if the file is none of UniProt's, or `strict` and something was refused.
    """
    from ..formats.uniprot import read_uniprot
    from ..store.annotations import replace_annotations
    from ..store.runs import run

    rejects = Rejects(strict=strict)
    entries: list[ReferenceEntry] = []
    with run(store, "ingest annotations", {"source": source, "strict": strict}) as (run_id, counts):
        report = replace_annotations(store, _annotations(store, rejects, read_uniprot(source, kind), entries), run_id)
        counts |= {"proteins": report.proteins, "added": report.added, "removed": report.removed}
        counts["rejects"] = len(rejects.all)
    said = f"{report.proteins:,} proteins: {report.added:,} annotations added, {report.removed:,} removed"
    if not entries:
        return Ingest((said, "no NES motif among them"), rejects)
    references = ingest_references(store, "uniprot", entries, complete=False)
    return Ingest((said, *references.sentences), rejects)


def _annotations(
    store: Store, rejects: Rejects, stream: Iterator[UniprotEntry | Reject], entries: list[ReferenceEntry]
) -> Iterator[tuple[str, tuple[Annotation, ...]]]:
    """Annotations of each entry, by accession; its NESs are put into `entries` on the way."""
    from ..formats.uniprot_entry import nes_reference
    from ..store.proteomes import residues_of

    for entry in rejects.passing(stream):
        found = nes_reference(entry, lambda accession: residues_of(store, accession))
        if isinstance(found, Reject):
            rejects.all.append(found)
        elif found:
            entries.append(found)
        yield entry.accession, entry.annotations
