"""What an answer of UniProt's REST API says beside its entries: release, total, next page, number of entries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..errors import TryLaterError
from .http import AGAIN, Answer

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})[a-z]*-(\d{4})")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of entries: `content` can be appended to the pages before it."""

    release: str
    released: str
    total: int | None
    next_url: str
    records: int
    content: bytes


def release_date(text: str) -> str:
    """ISO date from ``15-October-2025``; empty if it is none.

    Example:
        >>> release_date("15-October-2025"), release_date("soon")
        ('2025-10-15', '')
    """
    match = _DATE.fullmatch(text.strip())
    if not match or match.group(2).lower() not in _MONTHS:
        return ""
    return date(int(match.group(3)), _MONTHS.index(match.group(2).lower()) + 1, int(match.group(1))).isoformat()


def _fasta(body: bytes, first: bool) -> tuple[int, bytes]:  # noqa: ARG001 - the three share one signature
    content = body if not body or body.endswith(b"\n") else body + b"\n"
    return content.count(b"\n>") + content.startswith(b">"), content


def _tsv(body: bytes, first: bool) -> tuple[int, bytes]:
    titles, _, rows = body.partition(b"\n")
    rows = rows if not rows or rows.endswith(b"\n") else rows + b"\n"
    return rows.count(b"\n"), (titles + b"\n" + rows if first else rows)


def _json(body: bytes, first: bool) -> tuple[int, bytes]:  # noqa: ARG001 - the three share one signature
    entries = json.loads(body)["results"]
    lines = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries]
    return len(lines), "".join(line + "\n" for line in lines).encode()


def release_of(headers: Mapping[str, str]) -> tuple[str, str]:
    """Name and ISO date of the release that answered; empty where the headers do not say."""
    return headers.get("x-uniprot-release", ""), release_date(headers.get("x-uniprot-release-date", ""))


_READERS = {"fasta": _fasta, "tsv": _tsv, "json": _json}
FORMATS = tuple(_READERS)


def _is_fasta(body: bytes) -> bool:
    return not body.strip() or body.startswith(b">")


def read_page(answer: Answer, kind: str, first: bool) -> Page:
    """The page in `answer`.

    Args:
        answer: with status 200.
        kind: one of `FORMATS`; pages of JSON become JSON Lines, so that they can be joined.
        first: whether it is the first page: titles of TSV are kept on that only.

    Raises:
        TryLaterError: if the body is not of that kind.
    """
    headers: Mapping[str, str] = answer.headers
    try:
        if kind == "fasta" and not _is_fasta(answer.body):
            raise ValueError("it does not begin with '>'")
        records, content = _READERS[kind](answer.body, first)
    except (ValueError, KeyError, TypeError) as error:
        told = f"{answer.url} answered with something that is no {kind}"
        raise TryLaterError(told, why=str(error), remedy=AGAIN) from error
    total = headers.get("x-total-results", "")
    release, released = release_of(headers)
    found = _NEXT.search(headers.get("link", ""))
    return Page(
        release=release,
        released=released,
        total=int(total) if total.isdecimal() else None,
        next_url=found.group(1) if found else "",
        records=records,
        content=content,
    )
