"""UniProt's REST API: proteomes, lists of accessions, all annotated NESs, each as one complete file of one release."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from ..errors import InputError, TryLaterError, UsageError
from ..former import FormerAccession
from ..identifiers import PROTEOME_PATTERN
from ..records import Release
from ..settings import Settings
from .download import MAXIMUM_DOWNLOAD, Download, GrowingFile, Progress, as_release
from .http import AGAIN, WHERE_SET, Answer, HttpClient
from .uniprot_accessions import AccessionFetcher
from .uniprot_answers import FORMATS, Page, read_page
from .uniprot_fates import ask_fates

PAGE_SIZE = 500
RESTARTS = 3
NES_QUERY = '(reviewed:true) AND (ft_motif:"nuclear export signal")'
_SEARCH = "uniprotkb/search"

Told = Callable[[int, int], None]
"""Called with records read and records in all, after each page."""


class _ReleaseChangedError(Exception):
    """UniProt published a release between two pages."""


def _nobody(_: int, __: int) -> None:
    """Tells nobody."""


def checked_page(answer: Answer, kind: str, first: bool) -> Page:
    """The page in `answer`.

    Raises:
        InputError: if UniProt refuses the query.
        TryLaterError: if it says neither its release nor how many entries there are.
    """
    if answer.status != 200:
        why = answer.text()[:300].strip()
        where = f"HTTP status {answer.status}"
        raise InputError(f"UniProt refuses {answer.url}", where=where, why=why, remedy=WHERE_SET)
    page = read_page(answer, kind, first)
    if not page.release:
        why = "header x-uniprot-release is missing"
        raise TryLaterError(f"{answer.url} names no release", why=why, remedy=AGAIN)
    return page


class UniprotSource:
    """Fetches from ``settings.uniprot_url`` into ``settings.cache_dir``.

    What is there already for UniProt's present release is not fetched again (one request finds that out); an
    interrupted download goes on where it stopped. All methods raise:

    - ``ConfigurationError`` offline, before any socket is opened;
    - ``TryLaterError`` if the server does not answer, or did not deliver as many entries as it announced;
    - ``InputError`` if it refuses the query, or there is nothing to fetch.
    """

    def __init__(self, settings: Settings, *, told: Told = _nobody, http: HttpClient | None = None) -> None:
        self._http = http or HttpClient(settings.uniprot_url, offline=settings.offline)
        self._directory = settings.cache_dir / "uniprot"
        self._told = told

    def proteome(self, upid: str, *, kind: str = "fasta", isoforms: bool = False) -> Download:
        """All entries of a proteome.

        Args:
            upid: ``UP000005640``.
            kind: ``fasta``, or ``json`` (as JSON Lines) for annotations as well.
            isoforms: the alternative isoforms too; FASTA only.
        """
        if not PROTEOME_PATTERN.fullmatch(upid):
            why, remedy = "a UPID is UP and nine digits", "nesannot ingest proteome UP000005640"
            raise UsageError(f"{upid!r} is no proteome", why=why, remedy=remedy)
        if isoforms and kind != "fasta":
            raise UsageError("isoforms have no entries of their own", remedy="fetch them as FASTA")
        extra = {"includeIsoform": "true"} if isoforms else {}
        name = f"{upid}.isoforms" if isoforms else upid
        return self.query(f"proteome:{upid}", name, kind=kind, extra=extra)

    def nes_motifs(self) -> Download:
        """All reviewed entries with a MOTIF feature that mentions a nuclear export signal, as JSON Lines."""
        return self.query(NES_QUERY, "nes_motifs", kind="json")

    def accessions(self, accessions: list[str], *, kind: str = "fasta") -> Download:
        """The entries of `accessions`; those that were merged, split or deleted are in `Download.rejects`, by name."""
        wanted = list(dict.fromkeys(accessions))
        name = "accessions-" + hashlib.sha256(",".join(sorted(wanted)).encode()).hexdigest()[:16]
        fetched = AccessionFetcher(self._http, kind, self._told).fetch(wanted)
        growing = GrowingFile(self._path(fetched.release, name, kind))
        begin = Progress(name, fetched.release, fetched.released, fetched.records)
        after = replace(begin, records=fetched.records, size=len(fetched.content))
        growing.append(fetched.content, begin, after)
        return replace(growing.finish(after), rejects=fetched.rejects)

    def query(self, query: str, name: str, *, kind: str, extra: Mapping[str, str] | None = None) -> Download:
        """All entries that `query` finds, in one file ``name.kind`` of the cache.

        Args:
            query: in UniProt's query syntax.
            name: of the file, without its ending.
            kind: ``fasta``, ``json`` or ``tsv``.
            extra: further parameters (``fields``, ``includeIsoform``).
        """
        if kind not in FORMATS:
            raise UsageError(f"no such format: {kind!r}", remedy=f"choose from {', '.join(FORMATS)}")
        parameters = {"query": query, "format": kind, "size": str(PAGE_SIZE), **(extra or {})}
        for _ in range(RESTARTS):
            try:
                return self._all_pages(parameters, name, kind)
            except _ReleaseChangedError:
                continue  # from the beginning, in the new release
        raise TryLaterError(f"UniProt's release changed {RESTARTS} times while {query} was read", remedy=AGAIN)

    def _path(self, release: str, name: str, kind: str) -> Path:
        safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in release)
        return self._directory / safe / f"{name}.{'jsonl' if kind == 'json' else kind}"

    def _all_pages(self, parameters: Mapping[str, str], name: str, kind: str) -> Download:
        page = checked_page(self._http.get(_SEARCH, parameters), kind, first=True)
        if page.total is None:
            raise TryLaterError(f"UniProt does not say how many entries {parameters['query']} has", remedy=AGAIN)
        if page.total == 0:
            told = f"UniProt has no entries for {parameters['query']}"
            remedy = "look for it at https://www.uniprot.org/proteomes: it may be excluded, or known by another UPID"
            raise InputError(told, where=f"release {page.release}", remedy=remedy)
        growing = GrowingFile(self._path(page.release, name, kind))
        begin = Progress(urlencode(parameters), page.release, page.released, page.total)
        if done := growing.complete(begin.question, page.total):
            self._told(page.total, page.total)
            return done
        progress = growing.resume(begin) or self._added(growing, begin, page)
        return self._rest(growing, progress, kind)

    def _added(self, growing: GrowingFile, before: Progress, page: Page) -> Progress:
        after = replace(
            before,
            records=before.records + page.records,
            size=before.size + len(page.content),
            next_url=page.next_url,
        )
        if after.size > MAXIMUM_DOWNLOAD:
            told = f"{growing.path.name} is larger than {MAXIMUM_DOWNLOAD:,} bytes"
            raise InputError(told, remedy="nesannot ingest proteome @ACCESSIONS.txt --name NAME, for a part of it")
        growing.append(page.content, before, after)
        self._told(after.records, after.total)
        return after

    def _rest(self, growing: GrowingFile, progress: Progress, kind: str) -> Download:
        while progress.next_url:
            answer = self._http.get(progress.next_url)
            if answer.status != 200:
                growing.discard()  # the cursor is too old: the next call begins anew
                told = f"UniProt refuses to go on with {growing.path.name}"
                raise TryLaterError(told, why=f"status {answer.status}", remedy=AGAIN)
            page = checked_page(answer, kind, first=False)
            if page.release != progress.release or page.total not in (None, progress.total):
                growing.discard()
                raise _ReleaseChangedError
            progress = self._added(growing, progress, page)
        more_allowed = "includeIsoform" in progress.question  # whether the total counts isoforms is nowhere stated
        if progress.records < progress.total or (progress.records > progress.total and not more_allowed):
            growing.discard()
            why = f"{progress.records:,} of {progress.total:,} entries came"
            raise TryLaterError(f"{growing.path.name} is not complete", why=why, remedy="run the command again")
        return growing.finish(progress)

    def present(self) -> Release:
        """UniProt's present release, with its date: one small request, of whose answer only the headers count."""
        parameters = {"query": "accession:P04637", "format": "fasta", "size": "1"}
        page = checked_page(self._http.get(_SEARCH, parameters), "fasta", first=True)
        return as_release(page.release, page.released)

    def fates(self, accessions: Iterable[str]) -> list[FormerAccession]:
        """What became of accessions that are no longer in a proteome: one small request for each."""
        return list(ask_fates(self._http, accessions, self._told))
