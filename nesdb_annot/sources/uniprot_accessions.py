"""Entries by accession, and what became of the accessions that UniProt no longer has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..errors import InputError, TryLaterError
from ..former import InactiveEntry
from ..identifiers import ACCESSION_PATTERN
from ..records import Reject
from .http import AGAIN, Answer, HttpClient
from .uniprot_answers import read_page, release_of
from .uniprot_fates import fates_in

PER_REQUEST = 100
"""Accessions in one request; UniProt allows 1,000, but addresses are kept short for proxies."""

_MERGED = re.compile(r"/uniprotkb/([A-Z0-9]+)")
_FASTA_ACCESSION = re.compile(rb"^>(?:sp|tr)\|([A-Z0-9-]+)\|", re.MULTILINE)
_SOURCE = "UniProt"


class NoEntryError(InputError):
    """None of the accessions has an entry; the error carries why each of them is refused."""

    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True)
class Fetched:
    """Entries of one release, and the accessions that have none."""

    release: str = ""
    released: str = ""
    records: int = 0
    parts: list[bytes] = field(default_factory=list)
    refused: list[Reject] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """All entries."""
        return b"".join(self.parts)

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The accessions without an entry, and why."""
        return tuple(self.refused)


def _found(content: bytes, kind: str) -> set[str]:
    if kind == "fasta":
        return {match.decode() for match in _FASTA_ACCESSION.findall(content)}
    return {str(json.loads(line).get("primaryAccession")) for line in content.splitlines()}


def _inactive(body: bytes) -> str:
    """Why the single entry in `body` is inactive; empty if it is not."""
    try:
        entry = json.loads(body)
        if entry["entryType"] != "Inactive":
            return ""
        reason = entry.get("inactiveReason", {})
        kind = str(reason.get("inactiveReasonType", "inactive")).lower()
        targets = ", ".join(reason.get("mergeDemergeTo", []))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return (
        f"{kind} into {targets}: ask for that"
        if targets
        else f"{kind}: {reason.get('deletedReason', 'no reason given')}"
    )


def fate(answer: Answer) -> str:
    """What became of an accession, from the answer to a request for its entry; empty if it is a live entry.

    303 is a merger, 404 and 410 are deletions, and inactive entries may also come with status 200.
    """
    if answer.status == 303:
        target = _MERGED.search(answer.headers.get("location", ""))
        return f"merged into {target.group(1)}: ask for that" if target else "merged into another entry"
    gone = {404: "not found", 410: "deleted", 400: "UniProt says that this is no accession"}
    return gone.get(answer.status) or _inactive(answer.body)


class AccessionFetcher:
    """Fetches lists of accessions; the release is the same for all of them, or nothing comes."""

    def __init__(self, http: HttpClient, kind: str, told: Callable[[int, int], None]) -> None:
        self._http, self._kind, self._told = http, kind, told

    def fetch(self, accessions: list[str]) -> Fetched:
        """Entries in batches, then one request for each accession that did not come.

        Raises:
            NoEntryError: if none of the accessions has an entry.
            TryLaterError: if the release changes meanwhile.
        """
        fetched, valid = Fetched(), []
        for accession in accessions:
            match = ACCESSION_PATTERN.fullmatch(accession)
            if match and not (match.group(1) and self._kind == "json"):
                valid.append(accession)
            else:
                reason = "isoforms come as FASTA only" if match else "no UniProtKB accession"
                fetched.refused.append(Reject(_SOURCE, 0, accession[:40], reason, "accession"))
        canonical = [accession for accession in valid if "-" not in accession]
        missing = [accession for accession in valid if "-" in accession]
        for begin in range(0, len(canonical), PER_REQUEST):
            missing += self._batch(canonical[begin : begin + PER_REQUEST], fetched)
            self._told(fetched.records, len(valid))
        for accession in missing:
            self._single(accession, fetched)
            self._told(fetched.records, len(valid))
        if not fetched.records:
            why = "; ".join(f"{reject.accession}: {reject.reason}" for reject in fetched.refused[:5])
            remedy = "look them up at https://www.uniprot.org/id-mapping"
            error = NoEntryError("none of the accessions has an entry in UniProt", why=why, remedy=remedy)
            error.rejects = fetched.rejects
            raise error
        return fetched

    def _batch(self, batch: list[str], fetched: Fetched) -> list[str]:
        parameters = {"accessions": ",".join(batch), "format": self._kind, "size": str(PER_REQUEST)}
        answer = self._http.get("uniprotkb/accessions", parameters)
        if answer.status != 200:
            return batch  # one bad accession spoils the batch: ask for each
        content = read_page(answer, self._kind, first=True).content
        kept = b"".join(part for name, part in self._entries(content) if name in batch)
        self._add(answer, kept, fetched)
        found = _found(kept, self._kind)
        return [accession for accession in batch if accession not in found]

    def _entries(self, content: bytes) -> Iterator[tuple[str, bytes]]:
        """Accession and text of each entry; inactive ones are left out."""
        if self._kind == "fasta":
            for part in re.split(rb"^(?=>)", content, flags=re.MULTILINE):
                match = _FASTA_ACCESSION.match(part)
                if match:
                    yield match.group(1).decode(), part
            return
        for line in content.splitlines(keepends=True):
            if not _inactive(line):
                yield str(json.loads(line).get("primaryAccession")), line

    def _single(self, accession: str, fetched: Fetched) -> None:
        status = self._http.get(f"uniprotkb/{accession}", {"format": "json"})
        reason = fate(status)
        if not reason and status.status == 200:
            answer = status if self._kind == "json" else self._http.get(f"uniprotkb/{accession}", {"format": "fasta"})
            content = answer.body.strip() + b"\n"
            if answer.status == 200 and accession in _found(content, self._kind):
                self._add(answer, content, fetched)
                return
            reason = "its entry carries another accession"
        reason = reason or f"HTTP status {status.status}"
        former = fates_in(accession, status)
        fetched.refused.append(InactiveEntry(_SOURCE, 0, accession, reason, "accession", former))

    def _add(self, answer: Answer, content: bytes, fetched: Fetched) -> None:
        release, released = release_of(answer.headers)
        if fetched.release not in ("", release) or not release:
            why = f"{fetched.release or 'none'}, then {release or 'none'}"
            raise TryLaterError("UniProt's release changed while accessions were read", why=why, remedy=AGAIN)
        fetched.release, fetched.released = release, released
        fetched.parts.append(content)
        fetched.records += len(_found(content, self._kind))
