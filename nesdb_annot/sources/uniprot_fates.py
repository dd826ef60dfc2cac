"""What became of accessions that a proteome no longer has: one small request to UniProt for each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator

from ..former import FormerAccession, inactive_fate
from ..identifiers import ACCESSION_PATTERN
from .http import Answer, HttpClient

_MERGED = re.compile(r"/uniprotkb/([A-Z0-9]+)")
_BASIS = "inactive_entry"
_GONE = {404: "not found", 410: ""}


def fates_in(accession: str, answer: Answer) -> tuple[FormerAccession, ...]:
    """What UniProt's answer to a request for the entry of `accession` says; empty if the entry lives.

    303 is a merger, 404 and 410 are deletions, and inactive entries also come with status 200.
    """
    if answer.status == 303:
        target = _MERGED.search(answer.headers.get("location", ""))
        return (FormerAccession(accession, target.group(1), "merged", _BASIS),) if target else ()
    if answer.status in _GONE:
        return (FormerAccession(accession, "", "deleted", _BASIS, _GONE[answer.status]),)
    try:
        entry = json.loads(answer.body)
        return inactive_fate(accession, entry) if isinstance(entry, dict) else ()
    except (ValueError, TypeError, AttributeError):
        return ()


def ask_fates(
    http: HttpClient, accessions: Iterable[str], told: Callable[[int, int], None]
) -> Iterator[FormerAccession]:
    """What became of each of `accessions`; nothing comes for those that live, and for what is no accession.

    Raises:
        TryLaterError: if UniProt does not answer.
    """
    asked = [accession for accession in accessions if ACCESSION_PATTERN.fullmatch(accession) and "-" not in accession]
    for number, accession in enumerate(asked, 1):
        yield from fates_in(accession, http.get(f"uniprotkb/{accession}", {"format": "json"}))
        told(number, len(asked))
