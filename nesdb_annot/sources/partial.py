"""What came so far of a file, and how to go on with it: page by page, or by a range of bytes.

A range is asked for with ``If-Range`` (RFC 9110, 13.1.5): a server whose file is another one by now sends all of it,
so that two versions are never joined. A part of a file of unknown version is not continued.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..files.atomic import write_atomically
from ..records import Json


def read_object(path: Path) -> dict[str, Json]:
    """Return the JSON object in a small file; empty if the file is absent or damaged by a crash."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


class PartialFile:
    """The bytes that came so far, as ``NAME.part``, and what is needed to go on, as ``NAME.state.json``.

    Args:
        target: the file that it becomes.

    Raises:
        OSError: from the methods that write.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._state = target.with_name(target.name + ".state.json")

    @property
    def size(self) -> int:
        """Bytes that came so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def state(self) -> dict[str, Json]:
        """Return what was recorded last; empty if nothing was."""
        return read_object(self._state)

    def record(self, state: Mapping[str, Json]) -> None:
        """Store what is needed to go on; the directory is made if it is missing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._state, json.dumps(dict(state)))

    def discard(self) -> None:
        """Delete all that came."""
        self._state.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the whole file its name."""
        self.path.replace(self.target)
        self._state.unlink(missing_ok=True)


def version_of(headers: Mapping[str, str]) -> str:
    """Return what ``If-Range`` may name to tell a file from a later one at the same address; empty if nothing may.

    A strong ETag, or, where there is no ETag at all, the date of the last change, if the answer is not of that second.

    Example:
        >>> version_of({"etag": '"abc"'}), version_of({"etag": 'W/"abc"'})
        ('"abc"', '')
    """
    tag = headers.get("etag", "")
    if tag:
        return "" if tag.startswith("W/") else tag
    changed = headers.get("last-modified", "")
    return "" if changed == headers.get("date") else changed


def range_headers(partial: PartialFile) -> dict[str, str]:
    """Return the headers of a request for the bytes that are missing, or for all where no version is recorded."""
    headers = {"Accept-Encoding": "identity"}
    version = str(partial.state().get("version", ""))
    return headers | {"Range": f"bytes={partial.size}-", "If-Range": version} if version and partial.size else headers


def continues(partial: PartialFile, headers: Mapping[str, str]) -> bool:
    """Whether an answer with a part of a file (206) has the recorded version and begins where `partial` ends."""
    begins = headers.get("content-range", "").startswith(f"bytes {partial.size}-")
    return begins and version_of(headers) in ("", partial.state().get("version"))
