"""UniProt entries: annotations of proteins, and the NESs that its curators annotate as reference entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InputError
from ..former import FormerAccession
from ..identifiers import PROTEOME_PATTERN
from ..records import Annotation, ReferenceEntry, Reject
from ..settings import Settings
from .ingest import Ingest, former_in, ingest_references
from .progress import Progress, Silent
from .rejects import Rejects
from .source_names import check_name, offline_remedy

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
    from ..formats.compression import is_stream
    from ..sources.uniprot import UniprotSource
    from .told import entries_told

    if is_stream(source) or Path(source).is_file():
        return source
    if source != NES_MOTIFS:
        check_name(source, "ingest uniprot")
    if source != NES_MOTIFS and not PROTEOME_PATTERN.fullmatch(source):
        raise InputError(f"there is no file {source}", remedy=f"check the path; or a UPID, or {NES_MOTIFS}")
    if settings.offline and source != NES_MOTIFS:
        remedy = offline_remedy(source, "ingest uniprot", settings.uniprot_url)
        raise ConfigurationError(f"{source} is not fetched", why="offline is set", remedy=remedy)
    (progress or Silent()).note(f"asking {settings.uniprot_url} for {source}")
    fetcher = UniprotSource(settings, told=entries_told(progress or Silent(), "UniProt"))
    download = fetcher.nes_motifs() if source == NES_MOTIFS else fetcher.proteome(source, kind="json")
    return str(download.path)


def ingest_uniprot(
    store: Store,
    source: str,
    *,
    kind: str = "",
    rejects: Rejects | None = None,
    complete: bool = False,
    queued_run: int | None = None,
    replace: bool = False,
) -> Ingest:
    """Ingest a UniProt file: annotations, MOTIF features of NESs as reference entries, and former accessions.

    A whole entry (JSON or flat file) without an NES states that it has none: a reference of it is removed.

    Args:
        kind: ``json``, ``tsv`` or ``flat``; found out by content if empty, which standard input does not allow.
        rejects: as in `ingest.ingest_proteome`.
        complete: the file holds all entries that have an NES.
        queued_run: see `store.runs.run`; the references get a run of their own.
        replace: accept the loss of any number of reference entries.

    Raises:
        InputError: if the file is none of UniProt's, or `rejects` is strict and something was refused.
    """
    from ..formats.compression import is_stream
    from ..formats.uniprot import read_uniprot, uniprot_format
    from ..formats.uniprot_entry import SOURCE
    from ..store.annotations import replace_annotations
    from ..store.changes import settle_former
    from ..store.references import load_entries
    from ..store.runs import run

    rejects = rejects or Rejects()
    seen = _Seen()
    told = kind or ("" if is_stream(source) else uniprot_format(source))
    stated = {"source": source, "strict": rejects.strict}
    with run(store, "ingest annotations", stated, queued_run=queued_run) as (run_id, counts):
        report = replace_annotations(store, _annotations(store, rejects, read_uniprot(source, kind), seen), run_id)
        rejects.refuse_nothing_else(source)
        seen.former += [one for reject in rejects.all for one in former_in(reject)]
        counts |= {"proteins": report.proteins, "added": report.added, "removed": report.removed}
        counts |= {**rejects.counts(), "former_accessions": settle_former(store, seen.former, run_id)}
    said = f"{report.proteins:,} proteins: {report.added:,} annotations added, {report.removed:,} removed"
    if not seen.entries and not load_entries(store, sources=[SOURCE]):
        return Ingest((said, "no NES motif among them"), rejects)
    without = seen.whole if told != "tsv" else []
    references = ingest_references(store, SOURCE, seen.entries, complete=complete, without=without, replace=replace)
    rejects.all += references.rejects.all
    return Ingest((said, *references.sentences), rejects, references.changed, references.problem)


@dataclass(slots=True)
class _Seen:
    """What is gathered while annotations stream by: reference entries, former accessions, whole entries."""

    entries: list[ReferenceEntry] = field(default_factory=list)
    former: list[FormerAccession] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    _contents: dict[str, int] = field(default_factory=dict)

    def came_before(self, entry: UniprotEntry, rejects: Rejects) -> bool:
        """Whether an entry of this accession came before: an equal one is merged with it, another one refused."""
        record = entry.record
        stated = (entry.annotations, entry.secondary, record and (record.residues, record.sequence_version))
        content = hash(stated)
        if entry.accession not in self._contents:
            self._contents[entry.accession] = content
            return False
        if self._contents[entry.accession] == content:
            rejects.merged += 1
        else:
            reason = "other content than before under the same accession"
            rejects.all.append(Reject("UniProt", record.line if record else 0, entry.accession, reason, "accession"))
        return True


def _annotations(
    store: Store, rejects: Rejects, stream: Iterator[UniprotEntry | Reject], seen: _Seen
) -> Iterator[tuple[str, tuple[Annotation, ...]]]:
    """Annotations of each entry, by accession; all else is put into `seen` on the way."""
    from ..formats.uniprot_entry import nes_reference
    from ..store.proteomes import residues_of

    for entry in rejects.passing(stream):
        if seen.came_before(entry, rejects):
            continue
        found = nes_reference(entry, lambda accession: residues_of(store, accession))
        if isinstance(found, Reject):
            rejects.all.append(found)
        elif found:
            seen.entries.append(found)
        elif entry.record is not None and entry.record.sequence_version is not None:
            seen.whole.append(entry.accession)
        seen.former += entry.former
        yield entry.accession, entry.annotations
