"""Ingest: proteomes, references and annotations, from files or from their sources, into the database.

Every function streams: a reader yields good records and rejects, `Rejects` keeps the latter, the store takes the
former a chunk at a time and makes them visible when the last one has arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import IncompleteError, InputError, NesannotError
from ..former import FormerAccession, InactiveEntry
from ..records import ReferenceEntry, Reject, Repeat
from .proteome_source import ProteomeSource
from .rejects import Rejects

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.proteomes import ReleaseReport
    from ..store.references import ReferenceReport


SHOWN_MISSING = 5
"""Identifiers of missing entries that an error shows."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Outcome of an ingest.

    Attributes:
        sentences: the outcome in words.
        rejects: the refused records.
        changed: whether anything is other than it was.
        problem: raised by the command at its end, after all else is done; None if nothing was left undone.
    """

    sentences: tuple[str, ...]
    rejects: Rejects
    changed: bool = False
    problem: NesannotError | None = None


def ingest_proteome(
    store: Store,
    source: ProteomeSource,
    *,
    rejects: Rejects | None = None,
    replace: bool = False,
    queued_run: int | None = None,
) -> Ingest:
    """Ingest a FASTA file as a release of its proteome.

    Args:
        rejects: keeps the refused records, also those that end an ingest; if it is strict they do, and nothing is
            written.
        replace: take the place of an earlier file under the same release name.
        queued_run: see `store.runs.run`.

    Raises:
        InputError: if the file is no FASTA, if `rejects` is strict and a record was refused, or, without `replace`,
            if another file stands under this release or the proteome is of another organism.
    """
    from ..formats.compression import inspect_file, is_stream
    from ..formats.fasta import read_fasta
    from ..store.changes import settle_former
    from ..store.proteomes import ProteomeKey, ingest_release
    from ..store.runs import run

    rejects = rejects or Rejects()
    rejects.all.extend(source.rejects)
    key = ProteomeKey(source.key, taxon_id=source.taxon_id)
    stated = {"proteome": source.key, "release": source.release.name, "file": source.source, "strict": rejects.strict}
    if not is_stream(source.source):  # a file that breaks off or is no text ends here, with nothing written
        stated["sha256"] = inspect_file(source.source).sha256
    with run(store, "ingest proteome", stated, queued_run=queued_run) as (run_id, counts):
        cleaned: Counter[str] = Counter()
        proteins = rejects.passing(read_fasta(source.source, cleaned))
        try:
            report = ingest_release(store, key, source.release, proteins, run_id, replace=replace)
        except InputError as error:
            if not rejects.passed:  # the refused records are why nothing could be ingested
                error.why = error.why or "; ".join(rejects.lines())
            raise
        counts |= {"proteins": report.total, "rows_added": report.rows_added, **rejects.counts()}
        settle_former(store, (one for reject in source.rejects for one in former_in(reject)), run_id)
    notes = [f"removed {name} from the residues of {number:,} records" for name, number in cleaned.items()]
    return Ingest((*notes, _proteome_sentence(source, report)), rejects, changed=not report.nothing_new)


def former_in(reject: Reject) -> tuple[FormerAccession, ...]:
    """What a refused entry says about accessions that are no longer primary ones."""
    return reject.former if isinstance(reject, InactiveEntry) else ()


def _proteome_sentence(source: ProteomeSource, report: ReleaseReport) -> str:
    name = f"{source.key} release {source.release.name}: {report.total:,} proteins"
    if report.nothing_new:
        return f"{name}, all of them known already; 0 rows added"
    counts = f"{report.new:,} new, {report.changed:,} with another sequence, {report.header_only:,} with another header"
    left = {word: report.kinds.get(word, 0) for word in ("merged", "demerged", "deleted")}
    gone = ", ".join(f"{number:,} {word}" for word, number in left.items() if number)
    of_them = f"; gone: {gone}" if gone else ""
    return f"{name}: {counts}, {report.gone:,} gone, {report.unchanged:,} unchanged{of_them}"


def ingest_references(
    store: Store,
    source: str,
    entries: Iterable[ReferenceEntry | Reject],
    *,
    rejects: Rejects | None = None,
    complete: bool = True,
    without: Collection[str] = (),
    queued_run: int | None = None,
    replace: bool = False,
) -> Ingest:
    """Ingest entries of a reference source. A source that would lose too many keeps its entries; see `Ingest.problem`.

    Args:
        source: ``nesdb``, ``nesdb_site``, ``uniprot``, ``bundled``, ``user:NAME``.
        rejects: as in `ingest_proteome`.
        complete: `entries` are all that the source has; what it no longer has is taken out of the database.
        without: identifiers of entries that the source states to have no motif.
        queued_run: see `store.runs.run`.
        replace: accept the loss of any number of entries.

    Raises:
        InputError: if every entry was refused, or `rejects` is strict and one was.
    """
    from ..store.references import ingest_entries
    from ..store.runs import run

    rejects = rejects or Rejects()
    stated = {"source": source, "strict": rejects.strict}
    with run(store, "ingest references", stated, queued_run=queued_run) as (run_id, counts):
        good = list(rejects.passing(_each_once(source, entries)))
        rejects.refuse_nothing_else(source)
        # An entry may be missing only because it was refused this time: then nothing is taken to be gone.
        whole = complete and not rejects.all
        report = ingest_entries(store, source, good, run_id, complete=whole, without=without, replace=replace)
        counts |= {"new": report.new, "changed": report.changed, "gone": report.gone, **rejects.counts()}
        counts["missing"] = len(report.missing)
    changed = bool(report.new or report.changed or report.gone)
    return Ingest(tuple(_reference_sentences(source, report)), rejects, changed, _loss(source, report))


def _loss(source: str, report: ReferenceReport) -> IncompleteError | None:
    """The error of a source that keeps its entries because it would lose too many of them."""
    if not report.missing:
        return None
    shown = ", ".join(report.missing[:SHOWN_MISSING]) + (", ..." if len(report.missing) > SHOWN_MISSING else "")
    return IncompleteError(
        f"{source} would lose {len(report.missing):,} of its {report.unchanged:,} entries; the stored ones were kept",
        where=f"entries {shown}",
        why="a reference source may lose at most 10 % of its entries at once",
        remedy="check the input; the same command with --replace accepts the loss",
    )


def _each_once(source: str, entries: Iterable[ReferenceEntry | Reject]) -> Iterator[ReferenceEntry | Reject]:
    """The same stream; an entry whose identifier came before is a `Repeat` if it is equal, else a `Reject`."""
    seen: dict[tuple[str, str], ReferenceEntry] = {}
    for entry in entries:
        if isinstance(entry, Reject):
            yield entry
            continue
        key = (entry.motif, entry.entry_id)
        if key not in seen:
            seen[key] = entry
            yield entry
        elif seen[key] == entry:
            yield Repeat(source, 0, entry.accession, f"entry {entry.entry_id} came before")
        else:
            yield Reject(source, 0, entry.accession, f"entry {entry.entry_id} came before with other content", "entry")


def _reference_sentences(source: str, report: ReferenceReport) -> list[str]:
    shared = [f"{source}: entries {' and '.join(ids)} have the same sequence" for ids in report.shared_sequences]
    if report.missing:
        return [f"{source}: nothing was changed; {len(report.missing):,} of {report.unchanged:,} entries are missing"]
    if not report.total and not report.gone:
        return [f"{source}: there is no entry to ingest; nothing changed"]
    if not (report.new or report.changed or report.gone):
        return [*shared, f"{source}: {report.unchanged:,} entries, all known already; nothing changed"]
    counts = f"{report.new:,} new, {report.changed:,} changed, {report.gone:,} gone, {report.unchanged:,} unchanged"
    return [*shared, f"{source}: {counts} entries"]
