"""What goes to the terminal: notes and progress on stderr, tables on stdout."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PLAIN_INTERVAL_S = 30.0
"""Seconds between progress lines where stderr is no terminal."""

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def harmless(text: str) -> str:
    r"""`text` with control characters spelled out: a name from a file must not steer the terminal.

    Example:
        >>> print(harmless("a\x1b[2Jb"))
        a\x1b[2Jb
    """
    return text.translate(_CONTROL)


def note(text: str) -> None:
    """One line for the user, on stderr, so that stdout can be piped."""
    print(harmless(text), file=sys.stderr, flush=True)  # noqa: T201


def written(count: int, total: int, unit: str, path: Path | str) -> str:
    """Say how many rows a file holds, of how many there are.

    Example:
        >>> written(20, 1263, "candidates", "nes.tsv")
        '20 of 1,263 candidates written to nes.tsv'
    """
    return f"{count:,} of {total:,} {unit} written to {'standard output' if str(path) == '-' else path}"


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Left-aligned columns on stdout, as wide as their widest cell; numbers right-aligned."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    numeric = [bool(shown) and all(_is_number(row[i]) for row in shown) for i in range(len(header))]
    for row in [list(header), *shown]:
        cells = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True))
        print("  ".join(cells).rstrip())  # noqa: T201


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict | list):  # as other formats have it, so that it can be read by what reads JSON
        value = json.dumps(value, default=str, ensure_ascii=False)
    return f"{value:.3f}" if isinstance(value, float) else harmless(str(value)).replace("\n", "\\n")


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(",", "").replace(".", "").replace("-", "").isdigit()


class TerminalProgress:
    """Progress with speed and time left: a bar on a terminal, a line every 30 s elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._label, self._total, self._done, self._unit = "", 0, 0, "residues"
        self._began = self._shown = 0.0
        self._tty = sys.stderr.isatty()

    def __enter__(self) -> Self:
        """Usable in a with statement, so that a broken bar is always closed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close an open bar."""
        self.end()

    def note(self, text: str) -> None:
        """One line for the user."""
        if not self._quiet:
            self._clear()
            note(text)

    def warn(self, text: str) -> None:
        """One line that no option hides: something was refused, or failed."""
        self._clear()
        note(text)

    def begin(self, label: str, total: int, unit: str = "residues") -> None:
        """Show `label` with 0 of `total` residues, or what `unit` says."""
        self._label, self._total, self._done, self._unit = label, total, 0, unit
        self._began = self._shown = time.monotonic()

    def advance(self, residues: int) -> None:
        """Count so many as done and redraw if it is time to."""
        self._done += residues
        now = time.monotonic()
        if now - self._shown >= (0.2 if self._tty else PLAIN_INTERVAL_S):
            self._shown = now
            self._draw(now)

    def end(self) -> None:
        """Close the bar with a last line, if one is open."""
        if self._label:
            self._draw(time.monotonic(), last=True)
            self._label = ""

    def _draw(self, now: float, last: bool = False) -> None:
        if self._quiet:
            return
        speed = self._done / max(now - self._began, 1e-9)
        line = f"{self._label}: {self._done:,} of {self._total:,} {self._unit}, {speed:,.0f} {self._unit}/s"
        line += f", took {_clock(now - self._began)}" if last else f", {_clock(self._left(speed))} left"
        if self._tty:
            share = self._done / self._total if self._total else 1.0
            text = f"[{'#' * int(20 * share):<20}] {harmless(line)}"
            sys.stderr.write("\r\x1b[2K" + (f"{text}\n" if last else text[: _width() - 1]))
            sys.stderr.flush()
        else:
            note(line)

    def _left(self, speed: float) -> float:
        return (self._total - self._done) / speed if speed else 0.0

    def _clear(self) -> None:
        if self._tty and self._label:
            sys.stderr.write("\r\x1b[2K")


def _width() -> int:
    """Columns of the terminal on stderr: a line that is wrapped could not be drawn over."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
