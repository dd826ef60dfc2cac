"""Which proteome a user means, and which release of it: from the command line, the file's name, or UniProt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..errors import ConfigurationError, InputError, UsageError
from ..identifiers import PROTEOME_PATTERN
from ..records import Reject, Release
from ..settings import Settings
from .progress import Progress, Silent
from .rejects import Rejects
from .source_names import check_name, offline_remedy

UNSTATED = Release("unstated")
"""Release of a file whose user stated none."""

_UPID_IN_NAME = re.compile(r"(?<![A-Z0-9])(UP\d{9})(?:_(\d+))?(?!\d)")


@dataclass(frozen=True, slots=True)
class ProteomeSource:
    """A FASTA file (or standard input) and what is known of the proteome in it.

    Attributes:
        source: path, or ``-``.
        key: UPID, or a name of the user's own.
        release: as the user or UniProt stated it, or `UNSTATED`, since a FASTA file names no release.
        rejects: what was asked of UniProt and is not in the file.
    """

    source: str
    key: str
    taxon_id: int | None
    release: Release
    rejects: tuple[Reject, ...] = ()


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
    if upid and not PROTEOME_PATTERN.fullmatch(upid):
        raise UsageError(f"{upid!r} is no UPID", why="a UPID is UP and 9 digits", remedy="--upid UP000002311")
    _check_words(upid, name, release)
    check_name(source, "ingest proteome")
    if source != "-":
        _check_file(Path(source))
    found = _UPID_IN_NAME.search(Path(source).name)
    key = upid or name or (found.group(1) if found else "")
    if not key:
        raise UsageError(
            f"which proteome is {source}?", why="its name holds no UPID", remedy="--upid UP... or --name NAME"
        )
    taxon = int(found.group(2)) if found and found.group(2) and key == found.group(1) else None
    return ProteomeSource(source, key, taxon, _release(release, released))


def _check_words(*words: str | None) -> None:
    bad = next((word for word in words if word is not None and not (word.isprintable() and word.strip())), None)
    if bad is not None:
        why = "a name holds letters that can be printed, and is not empty"
        raise UsageError(f"{bad!r} is no name", why=why, remedy="--name mine")


def _check_file(path: Path) -> None:
    from ..formats.compression import is_stream, typed

    try:
        if path.is_file() or is_stream(path):
            return
        kind = "a directory" if path.is_dir() else "no file" if path.exists() else ""
    except OSError as error:
        remedy = f"ls -ld {typed(path.parent)}; - reads standard input"
        raise InputError(f"cannot read {path}", why=error.strerror or str(error), remedy=remedy) from error
    if kind:
        raise InputError(f"{path} is {kind}", remedy="name a FASTA file; - reads standard input")
    raise InputError(f"there is no file {path}", remedy="check the path; - reads standard input")


def _release(name: str | None, released: str | None) -> Release:
    if released is not None and name is None:
        raise UsageError("--released without --release", remedy="--release 2026_02 --released 2026-06-10")
    try:
        day = date.fromisoformat(released) if released else None
    except ValueError as error:
        raise UsageError(f"{released!r} is no date", remedy="--released YYYY-MM-DD") from error
    return Release(name, day) if name else UNSTATED


def fetched_source(
    settings: Settings,
    wanted: str,
    name: str | None,
    progress: Progress | None = None,
    *,
    stated: Mapping[str, str | None] | None = None,
    rejects: Rejects | None = None,
) -> ProteomeSource:
    """Fetch a proteome (``UP...``) or the accessions in a file (``@FILE``, one a line) from UniProt.

    Args:
        rejects: keeps the accessions that were refused if all of them are; else they come with the source.

    Raises:
        InputError: if UniProt has nothing of what is wanted.
        UsageError: for a list without a name of its own, a UPID with one, or if something was `stated` (options by
            name) that UniProt states itself.
        ConfigurationError: offline.
        TryLaterError: if UniProt does not answer; what was fetched is kept, and the next call goes on.
    """
    from ..sources.uniprot import UniprotSource
    from ..sources.uniprot_accessions import NoEntryError
    from .told import entries_told

    needless = [option for option, value in (stated or {}).items() if value]
    if not wanted.startswith("@") and name:
        needless.append("--name")
    if needless:
        raise UsageError(f"{needless[0]} goes with a file", why="UniProt states this itself", remedy="leave it out")
    if settings.offline and PROTEOME_PATTERN.fullmatch(wanted):
        remedy = offline_remedy(wanted, "ingest proteome", settings.uniprot_url)
        raise ConfigurationError(f"{wanted} is not fetched", why="offline is set", remedy=remedy)
    progress = progress or Silent()
    source = UniprotSource(settings, told=entries_told(progress, "UniProt"))
    progress.note(f"asking {settings.uniprot_url} for {wanted}")
    if not wanted.startswith("@"):
        download = source.proteome(wanted)
        return ProteomeSource(str(download.path), wanted, None, download.release, download.rejects)
    if not name:
        raise UsageError(f"{wanted} has no name of its own", remedy="--name NAME")
    try:
        download = source.accessions(_listed(Path(wanted[1:])))
    except NoEntryError as error:
        if rejects:
            rejects.all.extend(error.rejects)
        raise
    return ProteomeSource(str(download.path), name, None, download.release, download.rejects)


def _listed(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        remedy = "nesannot ingest proteome @FILE --name NAME, with one accession a line in FILE"
        raise InputError(f"cannot read the list {path}", why=why, remedy=remedy) from error
    if lines and lines[0].startswith(">"):
        remedy = f"nesannot ingest proteome {path} --name NAME"
        raise UsageError(f"@{path} is FASTA, not a list of accessions", remedy=remedy)
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def is_remote(source: str) -> bool:
    """Whether `source` names something to fetch rather than a file."""
    return source.startswith("@") or (bool(PROTEOME_PATTERN.fullmatch(source)) and not Path(source).exists())
