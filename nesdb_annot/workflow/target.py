"""What a command works on: a release of a proteome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class Target:
    """A release of a proteome, with its keys in the database."""

    name: str
    release: str
    proteome_id: int
    release_id: int
    proteins: int

    @property
    def key(self) -> tuple[int, int]:
        """Keys of proteome and release, as the store's verbs take them."""
        return self.proteome_id, self.release_id


def find_target(store: Store, proteome: str, release: str | None = None) -> Target:
    """The release called `release`, or the newest by date.

    Raises:
        UsageError: if there is no such proteome or release, naming what there is.
    """
    from ..store.proteomes import proteome_of, release_of

    found = proteome_of(store, proteome)
    chosen = release_of(store, found, release)
    return Target(found.name, chosen.name, found.id, chosen.id, chosen.proteins)
