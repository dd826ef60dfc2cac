"""Motifs that this package annotates: pure data, one file each. To add one is to add a file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import ConfigurationError
from .motif import Motif, SpacingPattern, Verdicts
from .nes import NES

__all__ = ["MOTIFS", "NES", "Motif", "SpacingPattern", "Verdicts", "motif_of"]

MOTIFS: Mapping[str, Motif] = MappingProxyType({motif.key: motif for motif in (NES,)})
"""All motifs by key."""


def motif_of(key: str) -> Motif:
    """Return the motif of that key.

    Raises:
        ConfigurationError: if this version knows no such motif.

    Example:
        >>> motif_of("NES").ontology
        ('SO:0001531', 'nuclear_export_signal')
    """
    if key not in MOTIFS:
        why = f"this version of nesannot knows {', '.join(MOTIFS)}"
        raise ConfigurationError(f"there is no motif {key!r}", why=why, remedy="nesannot train")
    return MOTIFS[key]
