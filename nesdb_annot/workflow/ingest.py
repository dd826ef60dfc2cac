"""Ingest: proteomes, references and annotations, from files or from their sources, into the database.

Every function streams: a reader yields good records and rejects, `Rejects` keeps the latter, the store takes the former a
chunk at a time and makes them visible when the last one has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..records import ProteinRecord, ReferenceEntry, Reject, Release
from .rejects import Rejects

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.proteomes import ReleaseReport
    from ..store.references import ReferenceReport


@dataclass(frozen=True, slots=True)
class ProteomeIngest:
    """What an ingest of a proteome did."""

    key: str
    release: Release
    report: ReleaseReport
    rejects: Rejects

    def sentences(self) -> list[str]:
        """The outcome in words."""
        r = self.report
        name = f"{self.key} release {self.release.name}"
        if r.nothing_new:
            return [f"{name}: {r.total:,} proteins, all of them known already; 0 rows added"]
        counts = f"{r.new:,} new, {r.changed:,} with another sequence, {r.header_only:,} with another header"
        return [f"{name}: {r.total:,} proteins: {counts}, {r.gone:,} gone, {r.unchanged:,} unchanged"]
