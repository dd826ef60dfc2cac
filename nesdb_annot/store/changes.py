"""Changes of releases, references and pipeline, recorded as they are found.

What changed between two releases follows from what is stored (memberships, and UniProt's statements about former
accessions), so that it is made anew whenever one of these comes in later or a release is put in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from ..former import FormerAccession
from ..records import Json, ReferenceEntry
from .engine import Store
from .queries import count, execute
from .releases import releases_of


def record_release(connection: Connection, proteome_id: int, at: date, before: date | None) -> dict[str, int]:
    """Record how the release of date `at` differs from the one of date `before`, instead of what was recorded so far.

    Args:
        connection: in a transaction.
        proteome_id: whose.
        at: `effective` of the release.
        before: `effective` of the one before it; None for the oldest, of which there is nothing to say.

    Returns:
        Number of proteins for each kind of change.
    """
    release = execute(connection, "release_by_date", proteome_id=proteome_id, at=at).one()
    execute(connection, "forget_changes", release_id=release.id)
    if before is None:
        return {}
    place = {"proteome_id": proteome_id, "release_id": release.id, "run_id": release.run_id}
    count(connection, "record_changes", **place, at=at, before=before)
    return {row.kind: row.proteins for row in execute(connection, "count_changes", release_id=release.id)}


def settle_former(store: Store, stated: Iterable[FormerAccession], run_id: int) -> int:
    """Keep what UniProt says about accessions that are no longer primary ones, and see past losses in that light.

    Returns:
        Number of statements that were not known.
    """
    distinct = list({(one.former, one.present): one for one in stated}.values())
    if not distinct:
        return 0
    names = ("former", "present", "fate", "basis", "reason")
    columns = {name: [getattr(one, name) for one in distinct] for name in names}
    with store.transaction() as connection:
        learned = count(connection, "write_former_accessions", **columns, run_id=run_id)
        if learned:
            for lost in execute(connection, "releases_that_lost", accessions=columns["former"]).all():
                _again(connection, lost.proteome_id, lost.id)
    return learned


def _again(connection: Connection, proteome_id: int, release_id: int) -> None:
    """Record a release anew."""
    releases = releases_of(connection, proteome_id)
    place = [release.id for release in releases].index(release_id)
    before = releases[place - 1].effective if place else None
    record_release(connection, proteome_id, releases[place].effective, before)


def unexplained_losses(store: Store, release_id: int, limit: int) -> list[str]:
    """Accessions that a release no longer has and about which UniProt said nothing yet; at most `limit`."""
    with store.transaction() as connection:
        found = execute(connection, "unexplained_losses", release_id=release_id, limit=limit)
        return list(found.scalars())


def record_curation(
    connection: Connection, before: ReferenceEntry | None, after: ReferenceEntry | None, run_id: int
) -> bool:
    """Record that a curated motif was added, changed or removed; False if only names or citations differ.

    Args:
        connection: in a transaction that holds both sequences.
        before: the entry so far; None if it is new.
        after: the entry as its source states it now; None if it is gone.
        run_id: the run that found it.
    """
    entry = after or before
    assert entry is not None
    old, new = _sites(before), _sites(after)
    if before and after and (old, before.digest, before.doubtful) == (new, after.digest, after.doubtful):
        return False
    other = before is not None and after is not None and before.digest != after.digest
    facts: dict[str, Json] = {
        "source": entry.source,
        "entry": entry.entry_id,
        "added": [list(site) for site in new if other or site not in old],
        "removed": [list(site) for site in old if other or site not in new],
    }
    digests = {"old": before.digest if before else "", "new": after.digest if after else ""}
    execute(
        connection, "record_curation", accession=entry.accession, facts=json.dumps(facts), run_id=run_id, **digests
    )
    return True


def _sites(entry: ReferenceEntry | None) -> list[tuple[str, str, int, int]]:
    """Kind, sign, first and last residue of each site."""
    return [(str(s.kind), str(s.sign), s.span.first, s.span.last) for s in entry.sites] if entry else []


def curated_since(store: Store, moment: datetime | None) -> frozenset[str]:
    """Digests of the sequences whose reference motifs changed after `moment`; at any time for None."""
    with store.transaction() as connection:
        return frozenset(execute(connection, "curation_since", moment=moment).scalars())


def record_pipeline(
    store: Store, place: tuple[int, int], ranking_id: int, configuration_id: int, run_id: int
) -> Mapping[str, Json]:
    """Record that a release is ranked under another configuration than it, or the release before it, was so far.

    Args:
        store: where.
        place: keys of proteome and release.
        ranking_id: the ranking so far.
        configuration_id: what ranks now.
        run_id: the run that ranks.

    Returns:
        The parts that differ (``language_model``, ``segmentation``, ``head_set``, ``methods``), with both digests.
    """
    proteome_id, release_id = place
    with store.transaction() as connection:
        old_id = execute(connection, "configuration_of_ranking", ranking_id=ranking_id).scalar_one()
        old, new = (
            execute(connection, "parts_of_configuration", configuration_id=key).mappings().one()
            for key in (old_id, configuration_id)
        )
        facts: dict[str, Json] = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
        whose = {"proteome_id": proteome_id, "release_id": release_id, "ranking_id": ranking_id}
        told = {"facts": json.dumps(facts), "configuration_id": configuration_id, "run_id": run_id}
        count(connection, "record_pipeline_change", **whose, **told)
    return facts


def last_count(store: Store, kind: str, name: str) -> str | None:
    """What the last run of a kind that ended well counted under `name`; None if none did."""
    with store.transaction() as connection:
        found: str | None = execute(connection, "last_counts", kind=kind, count=name).scalar()
        return found
