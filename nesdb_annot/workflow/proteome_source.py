"""Which proteome a user means, and which release of it: from the command line and the file's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..errors import InputError, UsageError
from ..records import Release

UNSTATED = Release("unstated")
UPID = re.compile(r"UP\d{9}")
_UPID_IN_NAME = re.compile(r"(?<![A-Z0-9])(UP\d{9})(?:_(\d+))?(?!\d)")


@dataclass(frozen=True, slots=True)
class ProteomeSource:
    """A FASTA file (or standard input) and what is known of the proteome in it.

    Attributes:
        source: path, or ``-``.
        key: UPID, or a name of the user's own.
        release: as the user stated it, or `UNSTATED`, since a FASTA file names no release.
    """

    source: str
    key: str
    taxon_id: int | None
    release: Release


def proteome_source(
    source: str, *, upid: str | None, name: str | None, release: str | None, released: str | None
) -> ProteomeSource:
    """Settle key and release of a file.

    Args:
        source: path, or ``-`` for standard input.
        upid: overrides the UPID in the file's name.
        name: a name of one's own, for sequences that are no UniProt proteome.
        release: name of the release, such as ``2026_02``.
        released: its date, ``YYYY-MM-DD``; it orders releases.

    Raises:
        InputError: if there is no such file.
        UsageError: if neither UPID nor name is known, both are given, or a value is malformed.
    """
    if upid and name:
        raise UsageError("--upid and --name exclude each other", remedy="give one of them")
    if upid and not UPID.fullmatch(upid):
        raise UsageError(f"{upid!r} is no UPID", why="a UPID is UP and 9 digits", remedy="--upid UP000002311")
    if source != "-" and not Path(source).is_file():
        raise InputError(f"there is no file {source}", remedy="check the path; - reads standard input")
    found = _UPID_IN_NAME.search(Path(source).name)
    key = upid or name or (found.group(1) if found else "")
    if not key:
        raise UsageError(
            f"which proteome is {source}?", why="its name holds no UPID", remedy="--upid UP... or --name NAME"
        )
    taxon = int(found.group(2)) if found and found.group(2) and key == found.group(1) else None
    return ProteomeSource(source, key, taxon, _release(release, released))


def _release(name: str | None, released: str | None) -> Release:
    if released is not None and name is None:
        raise UsageError("--released without --release", remedy="--release 2026_02 --released 2026-06-10")
    try:
        day = date.fromisoformat(released) if released else None
    except ValueError:
        raise UsageError(f"{released!r} is no date", remedy="--released YYYY-MM-DD") from None
    return Release(name, day) if name else UNSTATED
