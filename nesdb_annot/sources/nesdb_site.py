"""The NESdb site: its two index pages, then the page of each entry, at most one request a second, kept on disk.

A page that is kept is asked for again when it was last looked at longer ago than the caller says, and then with what
the site said of it (``ETag``, ``Last-Modified``), so that a site that can answers "not modified" instead of sending it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError, TryLaterError
from ..files.atomic import atomic_file, write_errors_named
from ..records import Reject
from ..settings import Settings
from .http import HttpClient
from .revalidation import Seen

TERMS = (
    "NESdb (UT Southwestern Medical Center; Mol. Biol. Cell 23:3673, 2012) is freely available to nonprofit "
    "organizations. It states no licence for any other use, nor for passing its contents on."
)
INDEX_PAGES = {"namesGood.php": False, "namesDoubt.php": True}
"""Index pages, and whether the entries that they list are doubtful."""

SECONDS_BETWEEN = 1.0
NOT_MODIFIED = 304
_MARK = "NES ID"

ReadIndex = Callable[[Path], list[tuple[str, str]]]
"""Reads NES IDs and names from a saved index page: ``formats.nesdb_page.read_nesdb_index``."""


@dataclass(frozen=True, slots=True)
class SitePage:
    """A saved details page; `doubtful` if the index of doubtful entries names it, alone or beside the other one."""

    entry_id: str
    name: str
    doubtful: bool
    path: Path


def cached_index(settings: Settings) -> bool:
    """Whether the index pages of the site are in the cache."""
    return all((settings.cache_dir / "nesdb" / page.replace(".php", ".html")).is_file() for page in INDEX_PAGES)


class NesdbSite:
    """Fetches the pages of ``settings.nesdb_url`` into ``settings.cache_dir``.

    Pages that are on disk are not fetched again before they are old, so that an interrupted crawl goes on where it
    stopped.

    Args:
        settings: address, cache, offline.
        accepted_terms: whether the user has accepted `TERMS`.
        told: called with pages done and pages in all.

    Raises:
        ConfigurationError: if the terms were not accepted.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        accepted_terms: bool,
        told: Callable[[int, int], None] = lambda _, __: None,
        http: HttpClient | None = None,
    ) -> None:
        if not accepted_terms:
            remedy = "add --accept-terms if you may use it, or ingest an export file that you were given"
            raise ConfigurationError("the terms of NESdb were not accepted", why=TERMS, remedy=remedy)
        self._http = http or HttpClient(settings.nesdb_url, offline=settings.offline, pause=SECONDS_BETWEEN)
        self._directory = settings.cache_dir / "nesdb"
        self._told = told
        self._seen = Seen(self._directory / "seen.json")

    def pages(
        self, read_index: ReadIndex, *, refresh_index: bool = False, oldest_days: float = math.inf
    ) -> Iterator[SitePage | Reject]:
        """One saved page per entry, by ascending NES ID; a page that the site does not have is a `Reject`.

        Args:
            read_index: reads a saved index page.
            refresh_index: look at the two index pages again.
            oldest_days: look again at pages of entries that were looked at longer ago; 0 for all.

        Raises:
            TryLaterError: if the site does not answer; the pages fetched so far are kept.
            InputError: from `read_index`, if an index page is none.
            CannotWriteError: if the cache cannot be written.
        """
        names: dict[str, str] = {}
        doubtful: set[str] = set()
        for page, in_doubt in INDEX_PAGES.items():
            listed = dict(self._index(page, read_index, refresh_index))
            names = {**listed, **names}
            doubtful |= set(listed) if in_doubt else set()
        for count, (entry_id, name) in enumerate(sorted(names.items(), key=lambda pair: int(pair[0])), 1):
            path = self._directory / f"details-{int(entry_id)}.html"
            known = path.is_file() and not self._seen.is_older(path, oldest_days)
            reason = "" if known else self._fetch_details(entry_id, path)
            self._told(count, len(names))
            if reason:
                yield Reject(f"NESdb {path.name}", 0, "", f"NES ID {entry_id} ({name}): {reason}")
            else:
                yield SitePage(entry_id, name, entry_id in doubtful, path)

    def _index(self, page: str, read_index: ReadIndex, refresh: bool) -> list[tuple[str, str]]:
        path = self._directory / page.replace(".php", ".html")
        if path.is_file() and not refresh:
            return read_index(path)
        answer = self._http.get(page, headers=self._seen.conditions(path))
        if answer.status == NOT_MODIFIED:
            self._seen.look(path, answer.headers)
            return read_index(path)
        if answer.status != 200:
            why, remedy = f"HTTP status {answer.status}", "nesannot ingest nesdb EXPORT.csv, if that lasts"
            raise TryLaterError(f"{answer.url} is not there", why=why, remedy=remedy)
        with self._written(path) as fresh:
            fresh.write_text(answer.text(), encoding="utf-8", newline="")
            listed = read_index(fresh)  # a page that is no index is not kept
        self._seen.look(path, answer.headers)
        return listed

    def _fetch_details(self, entry_id: str, path: Path) -> str:
        """Fetch and save one page; returns why not, or an empty string."""
        answer = self._http.get("details.php", {"name": entry_id}, self._seen.conditions(path))
        if answer.status == NOT_MODIFIED:
            self._seen.look(path, answer.headers)
            return ""
        if answer.status != 200:
            return f"HTTP status {answer.status}"
        if _MARK not in answer.text():
            return f"the page does not hold {_MARK!r}"
        with self._written(path) as fresh:
            fresh.write_text(answer.text(), encoding="utf-8", newline="")
        self._seen.look(path, answer.headers)
        return ""

    @contextmanager
    def _written(self, path: Path) -> Iterator[Path]:
        """Yield the file to write a page into that is stored as `path`."""
        with write_errors_named(path, "set NESANNOT_CACHE_DIR"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as fresh:
                yield fresh
