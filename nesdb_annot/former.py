"""What UniProt says about accessions that are no longer primary ones: merged, split, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .records import Reject

_INACTIVE = "inactive_entry"


@dataclass(frozen=True, slots=True)
class FormerAccession:
    """What UniProt says about an accession that is no longer a primary one.

    Attributes:
        present: the accession that took its place; empty if it was deleted.
        fate: ``merged``, ``demerged`` or ``deleted``.
        basis: ``secondary_accession`` (of an entry) or ``inactive_entry`` (the answer to a request for it).
        reason: of a deletion, where UniProt gives one.
    """

    former: str
    present: str
    fate: str
    basis: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InactiveEntry(Reject):
    """An entry of UniProt without content, refused, with what it says about its accession."""

    former: tuple[FormerAccession, ...] = ()


def inactive_fate(accession: str, entry: Mapping[str, Any]) -> tuple[FormerAccession, ...]:
    """What an inactive entry of UniProt's REST API says about its accession; empty if `entry` is a live one.

    Example:
        >>> reason = {"inactiveReasonType": "MERGED", "mergeDemergeTo": ["P23141"]}
        >>> inactive_fate("Q00015", {"entryType": "Inactive", "inactiveReason": reason})[0].present
        'P23141'
    """
    if entry.get("entryType") != "Inactive":
        return ()
    reason = entry.get("inactiveReason") or {}
    targets = [str(target) for target in reason.get("mergeDemergeTo") or ()]
    if not targets:
        return (FormerAccession(accession, "", "deleted", _INACTIVE, str(reason.get("deletedReason", ""))),)
    fate = "demerged" if str(reason.get("inactiveReasonType")).upper() == "DEMERGED" else "merged"
    return tuple(FormerAccession(accession, target, fate, _INACTIVE) for target in targets)
