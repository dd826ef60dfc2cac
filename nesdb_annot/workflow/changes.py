"""What changed between two releases: proteins by kind of change, and candidates gained, lost and moved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.releases import StoredRelease

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of a proteome between two of its releases.

    Attributes:
        first: the earlier release; empty where `last` is the first one, whose only changes are of the pipeline.
        proteins: rows of ``nes.release_change``.
        candidates: rows of ``nes.candidate_change``.
    """

    proteome: str
    first: str
    last: str
    proteins: Sequence[Row]
    candidates: Sequence[Row]

    def kinds(self) -> Counter[str]:
        """Number of changes of each kind."""
        return Counter(str(row["kind"]) for row in self.proteins)

    def outcomes(self) -> Counter[str]:
        """Number of candidates gained, lost and moved."""
        total: Counter[str] = Counter()
        for row in self.proteins:
            total.update({name: int(str(row[name])) for name in ("gained", "lost", "moved")})
        return total

    def sentences(self) -> list[str]:
        """The numbers in words."""
        kinds = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(self.kinds().items()))
        total = self.outcomes()
        gained = ", ".join(f"{total[name]:,} {name}" for name in ("gained", "lost", "moved"))
        place = f"{self.proteome}, {f'{self.first} to {self.last}' if self.first else self.last}"
        return [f"{place}: {kinds or 'no change'}", f"candidates: {gained}"]


def changes_of(
    store: Store,
    proteome: str,
    first: str | None = None,
    last: str | None = None,
    *,
    minimum: float = 0.0,
    limit: int | None = None,
) -> Changes:
    """What changed after the release `first`, up to and with `last`; step by step where there are others in between.

    Args:
        store: where.
        proteome: whose.
        first: name of a release; the one before `last` for None.
        last: name of a release; the newest for None.
        minimum: least probability of candidates, before or since.
        limit: candidates at most.

    Raises:
        UsageError: if there is no such proteome or release; if it is the first one and the pipeline did not change
            either; if `first` is not older than `last`.
    """
    from ..store.change_reports import candidate_changes, release_changes
    from ..store.proteomes import all_releases, proteome_of, release_of

    found = proteome_of(store, proteome)
    releases = all_releases(store, found)
    until = release_of(store, found, last)
    begin = release_of(store, found, first) if first else _before(releases, until)
    if begin and begin.effective >= until.effective:
        told = f"{begin.name} is not older than {until.name}"
        raise UsageError(told, why="releases are ordered by their dates", remedy="change --from and --to over")
    place: tuple[str, date, date] = (found.name, begin.effective if begin else date.min, until.effective)
    proteins = release_changes(store, *place)
    if not begin and not proteins:
        told = f"there is no release before {until.name}"
        raise UsageError(told, why="changes are between two releases", remedy="nesannot reannotate")
    candidates = candidate_changes(store, *place, minimum=minimum, limit=limit)
    return Changes(found.name, begin.name if begin else "", until.name, proteins, candidates)


def reference_changes(store: Store) -> Sequence[Row]:
    """Rows of ``nes.release_change`` of reference motifs that came, changed or went, in order."""
    from ..store.change_reports import release_changes

    return release_changes(store, None, date.min, date.max)


def proteomes_with_changes(store: Store) -> list[str]:
    """Names of the proteomes that have two releases or more, or changes of the pipeline in their only one."""
    from ..store.change_reports import release_changes
    from ..store.proteomes import list_proteomes

    found = list_proteomes(store)
    return [p.name for p in found if p.releases > 1 or release_changes(store, p.name, date.min, date.max)]


def _before(releases: list[StoredRelease], until: StoredRelease) -> StoredRelease | None:
    earlier = [release for release in releases if release.effective < until.effective]
    return earlier[-1] if earlier else None


def write_changes(changes: Changes, path: str, format_: str, *, proteins: bool, force: bool = False) -> int:
    """Write candidates, or `proteins`, as TSV, CSV or JSON Lines; returns the number of rows.

    Raises:
        CannotWriteError: if the file stands there and `force` is not set, or cannot be written.
    """
    from ..formats.change_columns import CANDIDATE_CHANGES, RELEASE_CHANGES, SCHEMAS
    from ..formats.tables import WRITERS
    from ..formats.writing import open_output

    rows = changes.proteins if proteins else changes.candidates
    columns = RELEASE_CHANGES if proteins else CANDIDATE_CHANGES
    facts = {"schema": SCHEMAS["proteins" if proteins else "candidates"], "proteome": changes.proteome}
    facts |= {"from": changes.first, "to": changes.last}
    with open_output(path, force=force) as out:
        return WRITERS[format_](out, map(_plain, rows), columns, facts)


def _plain(row: Row) -> Row:
    return {name: json.dumps(value, default=str) if isinstance(value, dict) else value for name, value in row.items()}
