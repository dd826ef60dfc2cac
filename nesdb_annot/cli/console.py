"""What goes to the terminal: notes and progress on stderr, tables on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress

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


def print_text(text: str) -> None:
    """Print lines for people on stdout, control characters spelled out."""
    print(harmless(text))  # noqa: T201


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Left-aligned columns on stdout, as wide as their widest cell; numbers right-aligned.

    A terminal shows the header in bold. Elsewhere the lines are plain text.
    """
    shown = [[shown_cell(value) for value in row] for row in rows]
    numeric = [bool(shown) and all(_is_number(row[i]) for row in shown) for i in range(len(header))]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    if sys.stdout.isatty():
        _print_rich(header, shown, numeric, sum(widths) + 2 * len(widths))
        return
    for row in [list(header), *shown]:
        cells = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True))
        print("  ".join(cells).rstrip())  # noqa: T201


def _print_rich(
    header: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool], characters: int
) -> None:
    """Print cells on a terminal; lines of `characters` that are wider than the terminal are not cut."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, is_numeric in zip(header, numeric, strict=True):
        table.add_column(Text(name), justify="right" if is_numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=sys.stdout, width=2 * characters, highlight=False).print(table)


def shown_cell(value: object) -> str:
    """A value as a table on the terminal shows it."""
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
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        """Usable in a with statement, so that a broken bar is always closed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close an open bar."""
        self.end()

    def note(self, text: str) -> None:
        """One line for the user."""
        if not self._quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """One line that no option hides: something was refused, or failed."""
        if self._bar is None:
            note(text)
        else:
            self._bar.console.print(harmless(text), markup=False, highlight=False, soft_wrap=True)

    def begin(self, label: str, total: int, unit: str = "residues") -> None:
        """Show `label` with 0 of `total` residues, or what `unit` says."""
        self._label, self._total, self._done, self._unit = label, total, 0, unit
        self._began = self._shown = time.monotonic()
        if self._tty and not self._quiet:
            self._bar = _bar()
            self._bar.start()
            self._bar.add_task("", total=total)

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
        if self._bar is not None and last:
            self._bar.stop()
            self._bar = None
        if self._bar is None:
            note(line)
        else:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._done, description=harmless(line), refresh=True)

    def _left(self, speed: float) -> float:
        return (self._total - self._done) / speed if speed else 0.0


def _bar() -> Progress:
    """A bar on stderr that is drawn when it is updated, without a thread of its own."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    bar = BarColumn(bar_width=20, table_column=Column(min_width=20))
    text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    console = Console(stderr=True, highlight=False)
    return Progress(bar, text, console=console, auto_refresh=False, transient=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
