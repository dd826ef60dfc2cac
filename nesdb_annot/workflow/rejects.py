"""Refused records: counted, written to a file, never lost, and fatal only on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ..errors import InputError
from ..records import Json, Reject, Repeat

Kept = TypeVar("Kept")

HEADER = "source\tline\taccession\tfield\treason"
SHOWN = 5


class Rejects:
    """Sorts a stream into records that are passed on and rejects that are kept here.

    Attributes:
        all: the refused records, in order.
        passed: number of records that were passed on.
        merged: number of records that were equal to an earlier one and count as one with it.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.all: list[Reject] = []
        self.passed = 0
        self.merged = 0

    def passing(self, stream: Iterable[Kept | Reject]) -> Iterator[Kept]:
        """The good records of `stream`.

        Raises:
            InputError: behind the last record, if there were rejects and `strict` is set. A consumer that commits
                only when its input is exhausted has then written nothing.
        """
        for record in stream:
            if isinstance(record, Repeat):
                self.merged += 1
            elif isinstance(record, Reject):
                self.all.append(record)
            else:
                self.passed += 1
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
        """A readable line for each of the first rejects, how many more there are, and how many records were merged."""
        lines = [f"refused {r.source}:{r.line} {r.accession} {r.field}: {r.reason}" for r in self.all[:SHOWN]]
        more = len(self.all) - SHOWN
        lines += [f"... and {more:,} more were refused"] if more > 0 else []
        return [*lines, f"merged {self.merged:,} records that equal earlier ones"] if self.merged else lines

    def counts(self) -> dict[str, Json]:
        """The numbers for the run, and the first refused records in words, for who did not see them on a terminal."""
        lines: list[Json] = [*self.lines()]
        return {"rejects": len(self.all), "merged": self.merged, "refused": lines if self.all else None}

    def refuse_nothing_else(self, source: str) -> None:
        """Raise if not one record of `source` was good.

        Raises:
            InputError: if there are rejects and no record was passed on.
        """
        if self.all and not self.passed:
            what = f"every record of {source} was refused: {len(self.all):,}; nothing was stored"
            remedy = "correct the records; --rejects FILE writes all of them to a table"
            raise InputError(what, why="; ".join(self.lines()), remedy=remedy)

    def write(self, path: Path) -> None:
        """All rejects as a table, tab-separated, with a header row.

        Raises:
            CannotWriteError: if `path` already exists or cannot be written.
        """
        from ..formats.tables import tsv_cell
        from ..formats.writing import open_output

        rows = ("\t".join(map(tsv_cell, (r.source, r.line, r.accession, r.field, r.reason))) for r in self.all)
        with open_output(path) as out:
            out.write("\n".join([HEADER, *rows]) + "\n")
