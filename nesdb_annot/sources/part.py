"""What an interrupted fetch left of a file, and which version of the file the server said that is.

The rest is asked for with ``If-Range`` (RFC 9110, 13.1.5): a server whose file is another one by now sends all of it,
so that two versions are never joined. A part of which no version is known is not gone on with.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def version_of(headers: Mapping[str, str]) -> str:
    """What tells a file from a later one at the same address, and ``If-Range`` may name; empty if the server says none.

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


class Part:
    """The bytes that came so far, under the name of the file with ``.part`` added.

    Args:
        target: the file that it is to become.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(target.name + ".part")
        self._stated = target.with_name(target.name + ".part-version")

    @property
    def version(self) -> str:
        """Of the file that the bytes are of; empty if it is not known."""
        return self._stated.read_text(encoding="latin-1") if self._stated.is_file() else ""

    @property
    def size(self) -> int:
        """Bytes that can be gone on from: 0 if there is nothing, or nobody knows of which version."""
        return self.path.stat().st_size if self.version and self.path.is_file() else 0

    def asking(self) -> dict[str, str]:
        """Headers of a request for what is missing."""
        asked = {"Accept-Encoding": "identity"}
        return asked | {"Range": f"bytes={self.size}-", "If-Range": self.version} if self.size else asked

    def goes_on(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer with a part of a file (206) is of the same version and begins where this one ends."""
        begins = headers.get("content-range", "").startswith(f"bytes {self.size}-")
        return begins and version_of(headers) in ("", self.version)

    def begin(self, version: str) -> None:
        """Throw away what is there; what comes now is of `version`."""
        self.discard()
        if version:
            self._stated.write_text(version, encoding="latin-1")

    def discard(self) -> None:
        """Leave nothing."""
        self.path.unlink(missing_ok=True)
        self._stated.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Give the whole file its name."""
        self.path.replace(target)
        self._stated.unlink(missing_ok=True)
