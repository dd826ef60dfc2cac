"""Where reference NESs come from: NESdb, UniProt, the user's own table, and the bundled sample."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING

from ..records import ReferenceEntry, Reject
from ..settings import Settings
from . import sample
from .progress import Progress, Silent

if TYPE_CHECKING:
    from ..store.engine import Store

Entries = Iterator[ReferenceEntry | Reject]

ACCEPTED = "nesdb_terms_accepted"
"""File in the data directory that remembers that its user accepted NESdb's terms."""

OLDEST_DAYS = 28
"""Age from which a re-annotation looks at a page of NESdb again: some 300 small requests, one a second, a month."""


def nesdb_entries(
    settings: Settings,
    file: Path | None,
    *,
    accepted_terms: bool = False,
    look_again: bool = False,
    progress: Progress | None = None,
) -> Entries:
    """Entries of NESdb from an export file, or from its site if `file` is None.

    With `look_again` the site's lists of entries are asked for again, and the pages of new entries and of those that
    were last looked at more than `OLDEST_DAYS` ago.

    The terms need to be accepted once per data directory, and for the site only: who has an export got it from NESdb.

    Raises:
        ConfigurationError: if the site is asked and the terms were never accepted.
    """
    from ..formats.nesdb_export import read_nesdb_export

    if file is not None:
        return read_nesdb_export(file)
    return _from_site(settings, accepted_terms, look_again, progress or Silent())


def nesdb_source(file: Path | None) -> str:
    """Name of the source: an export of NESdb and its site are two, so that neither replaces the other's entries."""
    from ..formats.nesdb_fields import EXPORT, SITE

    return EXPORT if file is not None else SITE


def nesdb_site_is_read(settings: Settings) -> bool:
    """Whether NESdb's site was read into this cache before, by someone who accepted its terms."""
    from ..sources.nesdb_site import cached_index

    return (settings.data_dir / ACCEPTED).is_file() and cached_index(settings)


def _from_site(settings: Settings, accepted_terms: bool, look_again: bool, progress: Progress) -> Entries:
    from ..formats.nesdb_page import read_nesdb_index, read_nesdb_page
    from ..sources.nesdb_site import TERMS, NesdbSite
    from .told import entries_told

    memory = settings.data_dir / ACCEPTED
    told = entries_told(progress, "NESdb", "pages")
    site = NesdbSite(settings, accepted_terms=accepted_terms or memory.is_file(), told=told)
    progress.note(TERMS)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.touch()
    oldest = OLDEST_DAYS if look_again else math.inf
    for page in site.pages(read_nesdb_index, refresh_index=look_again, oldest_days=oldest):
        if isinstance(page, Reject):
            yield page
        else:
            yield from read_nesdb_page(page.path, doubtful=page.doubtful)


def user_entries(store: Store, source: str, name: str) -> Entries:
    """The user's own sites; residues come from the database unless the table brings them."""
    from ..formats.reference_tsv import read_reference_tsv
    from ..store.proteomes import residues_of

    return read_reference_tsv(source, lambda accession: residues_of(store, accession), name=name)


def bundled_entries() -> Entries:
    """The published sites that come with this package."""
    from ..formats.fasta import read_fasta
    from ..formats.reference_tsv import read_reference_tsv
    from ..records import ProteinRecord

    with as_file(sample.proteins()) as fasta, as_file(sample.references()) as table:
        proteins = {p.accession: p for p in read_fasta(fasta) if isinstance(p, ProteinRecord)}
        for entry in read_reference_tsv(table, lambda accession: proteins[accession].residues):
            if isinstance(entry, Reject):
                yield entry
            else:
                protein = proteins[entry.accession]
                yield replace(
                    entry,
                    source=sample.SOURCE,
                    protein_name=protein.protein_name,
                    gene=protein.gene,
                    organism=protein.organism,
                )
