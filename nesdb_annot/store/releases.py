"""Where a release stands among the others of its proteome, and what changes in the database when it comes or goes.

A statement about a protein (its sequence and header) is stored once, with the releases for which it holds as an
interval of dates. Releases may be ingested in any order: one in between splits, shortens or extends intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from ..errors import InputError
from ..records import Release
from .queries import count, execute

UNDATED = date(1, 1, 1)
"""Where the only release of a proteome stands if it has no date: before every dated one."""


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release as it is stored; `effective` is the date that orders it."""

    id: int
    name: str
    released: date | None
    effective: date
    proteins: int
    content_digest: str


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a release in time: its own date and those of its neighbours."""

    at: date
    before: date | None
    after: date | None
    previous: str | None = None


def releases_of(connection: Connection, proteome_id: int) -> list[StoredRelease]:
    """Releases of a proteome, oldest first."""
    return [StoredRelease(**row) for row in execute(connection, "releases_of", proteome_id=proteome_id).mappings()]


def slot_for(release: Release, others: list[StoredRelease], newest: bool) -> Slot:
    """The slot of `release` among `others`.

    Raises:
        InputError: if it has no date and others exist (unless it is said to be the newest), or another has its date.
    """
    at = _effective(release, others, newest)
    twin = next((other for other in others if other.effective == at), None)
    if twin is not None:
        raise InputError(
            f"release {release.name} has the date of release {twin.name}, {at}",
            why="releases are ordered by their dates",
            remedy="--released YYYY-MM-DD",
        )
    earlier = [other for other in others if other.effective < at]
    later = [other.effective for other in others if other.effective > at]
    before = earlier[-1] if earlier else None
    return Slot(at, before.effective if before else None, min(later, default=None), before.name if before else None)


def _effective(release: Release, others: list[StoredRelease], newest: bool) -> date:
    if release.released is not None:
        return release.released
    if not others:
        return UNDATED
    if newest:
        return others[-1].effective + timedelta(days=1)
    raise InputError(
        f"release {release.name} has no date, and release {others[-1].name} is there already",
        why="releases are ordered by date, never by the order of ingestion",
        remedy="--released YYYY-MM-DD",
    )


def publish(connection: Connection, proteome_id: int, slot: Slot) -> int:
    """Fit the incoming statements into time; returns the number of new ones."""
    dates: dict[str, object] = {"at": slot.at, "before": slot.before, "after": slot.after, "proteome_id": proteome_id}
    added = 0
    if slot.before is not None and slot.after is not None:
        added += count(connection, "split_memberships", **_only(dates, "before", "after", "proteome_id"))
    if slot.before is not None:
        count(connection, "close_memberships", **_only(dates, "at", "before", "proteome_id"))
    if slot.after is not None:
        count(connection, "extend_memberships", **_only(dates, "at", "after", "proteome_id"))
    return added + count(connection, "open_memberships", **_only(dates, "at", "after", "proteome_id"))


def remove(connection: Connection, proteome_id: int, release: StoredRelease, others: list[StoredRelease]) -> None:
    """Take a release out of time, with its rankings; what other releases say stays as it is."""
    after = min((other.effective for other in others if other.effective > release.effective), default=None)
    dates = {"proteome_id": proteome_id, "at": release.effective, "after": after}
    execute(connection, "forget_only_here", **dates)
    if after is not None:
        execute(connection, "forget_beginnings", **dates)
    execute(connection, "forget_ends", **dates)
    execute(connection, "forget_release", release_id=release.id)
    execute(connection, "show_best_ranking", proteome_id=proteome_id)


def dated_like(release: Release, stored: StoredRelease) -> Release:
    """`release` with the stored date where it brings none of its own."""
    return release if release.released or not stored.released else replace(release, released=stored.released)


def _only(values: dict[str, object], *names: str) -> dict[str, object]:
    return {name: values[name] for name in names}
