"""What a site said of the pages that are kept, and when each was last looked at: what asks for it again politely."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from ..files.atomic import write_atomically, write_errors_named
from ..records import Json
from .partial import read_object

_DAY = 86_400.0
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""Header of an answer -> header of the next request (RFC 9110, 13.1)."""


class Seen:
    """Reads and writes a small JSON file beside the pages; one that is damaged is as if it were not there.

    Args:
        path: of the JSON file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pages: dict[str, dict[str, Json]] | None = None

    def is_older(self, page: Path, days: float) -> bool:
        """Whether a page that is kept was looked at more than `days` ago; by its own date if nothing is known."""
        looked = self._read().get(page.name, {}).get("looked", page.stat().st_mtime)
        return time.time() - float(str(looked)) > days * _DAY

    def conditions(self, page: Path) -> dict[str, str]:
        """Headers that ask for the page only if it is other than the one kept; none if none is kept."""
        known = self._read().get(page.name, {}) if page.is_file() else {}
        return {asked: str(known[said]) for said, asked in _VALIDATORS.items() if said in known}

    def look(self, page: Path, headers: Mapping[str, str]) -> None:
        """Note that a page was looked at now, and what the site said of it.

        Raises:
            CannotWriteError: if the file cannot be written.
        """
        pages = self._read()
        stated = {name: headers[name] for name in _VALIDATORS if name in headers}
        pages[page.name] = {**pages.get(page.name, {}), **stated, "looked": time.time()}
        with write_errors_named(self._path, "set NESANNOT_CACHE_DIR"):
            write_atomically(self._path, json.dumps(pages))

    def _read(self) -> dict[str, dict[str, Json]]:
        if self._pages is None:
            self._pages = {name: page for name, page in read_object(self._path).items() if isinstance(page, dict)}
        return self._pages
