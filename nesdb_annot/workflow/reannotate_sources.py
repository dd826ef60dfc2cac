"""What changed outside: a new release of UniProt, curated NESs, NESdb. Looks, and ingests what is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NesannotError
from ..identifiers import PROTEOME_PATTERN
from ..settings import Settings
from .ingest import Ingest, ingest_proteome, ingest_references
from .progress import Progress

if TYPE_CHECKING:
    from ..records import Release
    from ..sources.uniprot import UniprotSource
    from ..store.engine import Store
    from ..store.proteomes import StoredProteome

MOST_ASKED = 500
"""Accessions gone from a release that UniProt is asked about one by one; beyond that the two files have to do."""

MOTIFS_RELEASE = "motifs_release"
"""Count of a run: the release of UniProt whose curated NESs are in the database."""

KIND = "reannotate"
"""Kind of the run."""


@dataclass(slots=True)
class News:
    """What was found outside.

    Attributes:
        counts: for the run's record.
        problem: the first error of a source; all else goes on, and it is raised at the end.
    """

    counts: dict[str, str | int] = field(default_factory=dict)
    problem: NesannotError | None = None


class Looking:
    """One look at the sources.

    Args:
        store: where to.
        settings: addresses, cache, offline.
        progress: who is told.
        dry_run: say what is new, and ingest nothing.
        replace: accept that a reference source loses any number of its entries.
    """

    def __init__(
        self, store: Store, settings: Settings, progress: Progress, dry_run: bool, replace: bool = False
    ) -> None:
        self._store, self._settings, self._progress, self._dry_run = store, settings, progress, dry_run
        self._replace = replace
        self.news = News()

    def uniprot(self, proteomes: list[StoredProteome]) -> None:
        """A new release of UniProt: proteomes that have a UPID, and the NESs that its curators annotate."""
        ours = [proteome for proteome in proteomes if PROTEOME_PATTERN.fullmatch(proteome.name)]
        if self._settings.offline:
            self._progress.note("offline: UniProt is not asked for a new release")
            return
        if not ours and not self._has("uniprot"):
            return
        try:
            self._uniprot(ours)
        except NesannotError as error:
            self._failed("UniProt", error)

    def _uniprot(self, ours: list[StoredProteome]) -> None:
        from ..sources.uniprot import UniprotSource
        from .told import entries_told

        source = UniprotSource(self._settings, told=entries_told(self._progress, "UniProt"))
        present = source.present()
        self.news.counts["uniprot_release"] = present.name
        behind = [proteome for proteome in ours if _is_behind(proteome, present)]
        if not behind:
            self._progress.note(f"UniProt is at release {present.name}: no proteome is behind it")
        for proteome in behind:
            told = f"UniProt is at release {present.name}, {proteome.name} at {proteome.release}"
            self._progress.note(told + (": it would be fetched and compared" if self._dry_run else ""))
            if not self._dry_run:
                self._next_release(source, proteome)
        self._motifs(source, present)

    def _next_release(self, source: UniprotSource, proteome: StoredProteome) -> None:
        from ..store.changes import settle_former, unexplained_losses
        from ..store.proteomes import has_isoforms, proteome_of
        from ..store.runs import run
        from .proteome_source import ProteomeSource

        fetched = source.proteome(proteome.name, isoforms=has_isoforms(self._store, proteome))
        taxon = proteome.taxon_id
        self._said(
            ingest_proteome(self._store, ProteomeSource(str(fetched.path), proteome.name, taxon, fetched.release))
        )
        self.news.counts["releases"] = int(self.news.counts.get("releases", 0)) + 1
        newest = proteome_of(self._store, proteome.name)
        lost = unexplained_losses(self._store, newest.release_id, MOST_ASKED)
        if lost:
            with run(self._store, "ingest accessions", {"proteome": proteome.name}) as (run_id, counts):
                counts["asked"] = len(lost)
                counts["learned"] = settle_former(self._store, source.fates(lost), run_id)
            self._progress.note(f"UniProt was asked what became of {len(lost):,} accessions")

    def _motifs(self, source: UniprotSource, present: Release) -> None:
        """NESs that UniProt's curators annotate, once a release, if the database has any of them."""
        from ..store.changes import last_count
        from .annotate import ingest_uniprot

        known = last_count(self._store, KIND, MOTIFS_RELEASE)
        if not self._has("uniprot") or known == present.name:
            self.news.counts |= {MOTIFS_RELEASE: known} if known else {}
            return
        if self._dry_run:
            self._progress.note(f"NESs annotated in UniProt {present.name} would be fetched and compared")
            return
        self._said(ingest_uniprot(self._store, str(source.nes_motifs().path), complete=True, replace=self._replace))
        self.news.counts[MOTIFS_RELEASE] = present.name

    def nesdb(self, file: Path | None) -> None:
        """NESdb: an export, or the site if it was read from there before; the site is looked at anew."""
        from .reference_sources import nesdb_entries, nesdb_site_is_read, nesdb_source

        source = nesdb_source(file)
        if file is None and not (nesdb_site_is_read(self._settings) and self._has(source)):
            return
        if file is None and self._settings.offline:
            self._progress.note("offline: the NESdb site is not asked")
            return
        if self._dry_run:
            self._progress.note(f"NESdb would be compared with {file or self._settings.nesdb_url}")
            return
        try:
            entries = nesdb_entries(self._settings, file, progress=self._progress, look_again=True)
            self._said(ingest_references(self._store, source, entries, replace=self._replace))
        except NesannotError as error:
            self._failed("NESdb", error)

    def _has(self, source: str) -> bool:
        from ..store.references import load_entries

        return bool(load_entries(self._store, sources=[source]))

    def _said(self, done: Ingest) -> None:
        for line in (*done.rejects.lines(), *done.sentences):
            self._progress.note(line)
        self.news.problem = self.news.problem or done.problem

    def _failed(self, source: str, error: NesannotError) -> None:
        self._progress.note(f"{source} could not be read, what is here already goes on: {error.what}")
        self.news.problem = self.news.problem or error


def _is_behind(proteome: StoredProteome, present: Release) -> bool:
    """Whether the proteome's newest release is older than UniProt's present one, or of unknown age."""
    if proteome.release == present.name:
        return False
    return proteome.released is None or present.released is None or proteome.released < present.released
