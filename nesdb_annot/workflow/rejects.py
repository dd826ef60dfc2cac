"""Refused records: counted, written to a file, never lost, and fatal only on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ..errors import InputError
from ..records import Reject

Kept = TypeVar("Kept")

HEADER = "source\tline\taccession\tfield\treason"
SHOWN = 5


class Rejects:
    """Sorts a stream into records that are passed on and rejects that are kept here."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.all: list[Reject] = []

    def passing(self, stream: Iterable[Kept | Reject]) -> Iterator[Kept]:
        """The good records of `stream`.

        Raises:
            InputError: behind the last record, if there were rejects and `strict` is set. A consumer that commits
                only when its input is exhausted has then written nothing.
        """
        for record in stream:
            if isinstance(record, Reject):
                self.all.append(record)
            else:
                yield record
        self.check()

    def check(self) -> None:
        """Raise if there are rejects and `strict` is set."""
        if self.strict and self.all:
            raise InputError(
                f"{len(self.all)} records were refused and --strict is set; nothing was stored",
                where="; ".join(f"{r.source}:{r.line} {r.accession}" for r in self.all[:SHOWN]),
                why="; ".join(dict.fromkeys(r.reason for r in self.all[:SHOWN])),
                remedy="correct the records, or leave --strict out to keep the good ones",
            )

    def lines(self) -> list[str]:
        """A readable line for each of the first rejects, and how many more there are."""
        shown = [f"refused {r.source}:{r.line} {r.accession} {r.field}: {r.reason}" for r in self.all[:SHOWN]]
        more = len(self.all) - SHOWN
        return [*shown, f"... and {more} more"] if more > 0 else shown

    def write(self, path: Path) -> None:
        """All rejects as a table, tab-separated, with a header row.

        Raises:
            CannotWriteError: if `path` cannot be written.
        """
        from ..formats.writing import open_output

        rows = ("\t".join((r.source, str(r.line), r.accession, r.field, r.reason)) for r in self.all)
        with open_output(path, force=True) as out:
            out.write("\n".join([HEADER, *rows]) + "\n")
