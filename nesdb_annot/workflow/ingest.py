"""Ingest: proteomes, references and annotations, from files or from their sources, into the database.

Every function streams: a reader yields good records and rejects, `Rejects` keeps the latter, the store takes the
former a chunk at a time and makes them visible when the last one has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError
from ..records import ReferenceEntry, Reject
from .proteome_source import ProteomeSource
from .rejects import Rejects

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.proteomes import ReleaseReport
    from ..store.references import ReferenceReport


@dataclass(frozen=True, slots=True)
class Ingest:
    """What an ingest did: the outcome in words, and what was refused."""

    sentences: tuple[str, ...]
    rejects: Rejects


def ingest_proteome(store: Store, source: ProteomeSource, *, strict: bool = False, replace: bool = False) -> Ingest:
    """Ingest a FASTA file as a release of its proteome.

    Args:
        strict: refused records are fatal; nothing is written then.
        replace: take the place of an earlier file under the same release name.

    Raises:
        InputError: if the file is no FASTA, if `strict` and a record was refused, or if another file stands under this
            release and `replace` is not set.
    """
    from ..formats.compression import STDIN, inspect_file
    from ..formats.fasta import read_fasta
    from ..store.proteomes import ProteomeKey, ingest_release
    from ..store.runs import run

    rejects = Rejects(strict=strict)
    rejects.all.extend(source.rejects)
    key = ProteomeKey(source.key, taxon_id=source.taxon_id)
    stated = {"proteome": source.key, "release": source.release.name, "file": source.source, "strict": strict}
    if source.source != STDIN:  # a file that breaks off or is no text ends here, with nothing written
        stated["sha256"] = inspect_file(source.source).sha256
    with run(store, "ingest proteome", stated) as (run_id, counts):
        proteins = rejects.passing(read_fasta(source.source))
        try:
            report = ingest_release(store, key, source.release, proteins, run_id, replace=replace)
        except InputError as error:
            error.why = error.why or "; ".join(rejects.lines())  # why nothing may be left to ingest
            raise
        counts |= {"proteins": report.total, "rows_added": report.rows_added, "rejects": len(rejects.all)}
    return Ingest((_proteome_sentence(source, report),), rejects)


def _proteome_sentence(source: ProteomeSource, report: ReleaseReport) -> str:
    name = f"{source.key} release {source.release.name}: {report.total:,} proteins"
    if report.nothing_new:
        return f"{name}, all of them known already; 0 rows added"
    counts = f"{report.new:,} new, {report.changed:,} with another sequence, {report.header_only:,} with another header"
    return f"{name}: {counts}, {report.gone:,} gone, {report.unchanged:,} unchanged"


def ingest_references(
    store: Store,
    source: str,
    entries: Iterable[ReferenceEntry | Reject],
    *,
    strict: bool = False,
    complete: bool = True,
) -> Ingest:
    """Ingest entries of a reference source.

    Args:
        source: ``nesdb``, ``uniprot``, ``bundled``, ``user:NAME``.
        complete: `entries` are all that the source has; what it no longer has is taken out of the database.

    Raises:
        InputError: if `strict` and something was refused.
    """
    from ..store.references import ingest_entries
    from ..store.runs import run

    rejects = Rejects(strict=strict)
    with run(store, "ingest references", {"source": source, "strict": strict}) as (run_id, counts):
        good = list(rejects.passing(entries))
        # An entry may be missing only because it was refused this time: then nothing is taken to be gone.
        whole = complete and not rejects.all
        report = ingest_entries(store, source, good, run_id, complete=whole)
        counts |= {"new": report.new, "changed": report.changed, "gone": report.gone, "rejects": len(rejects.all)}
    return Ingest(tuple(_reference_sentences(source, report)), rejects)


def _reference_sentences(source: str, report: ReferenceReport) -> list[str]:
    shared = [f"{source}: entries {' and '.join(ids)} have the same sequence" for ids in report.shared_sequences]
    if not (report.new or report.changed or report.gone):
        return [*shared, f"{source}: {report.unchanged:,} entries, all known already; nothing changed"]
    counts = f"{report.new:,} new, {report.changed:,} changed, {report.gone:,} gone, {report.unchanged:,} unchanged"
    return [*shared, f"{source}: {counts} entries"]
