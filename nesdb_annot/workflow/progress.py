"""How a workflow tells its face what it is doing, without knowing whether that is a terminal, a log or a test."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what a workflow has to say. Implemented by the command line and by `Silent`."""

    def note(self, text: str) -> None:
        """One line for the user."""
        ...

    def begin(self, label: str, total: int, unit: str = "residues") -> None:
        """A long step begins; `total` counts in `unit`."""
        ...

    def advance(self, residues: int) -> None:
        """So many more of the step's unit (residues, if it named none) are done."""
        ...

    def end(self) -> None:
        """The step that began last is over."""
        ...


class Silent:
    """Says nothing; for use as a library."""

    def note(self, text: str) -> None:
        """Ignore."""

    def begin(self, label: str, total: int, unit: str = "residues") -> None:
        """Ignore."""

    def advance(self, residues: int) -> None:
        """Ignore."""

    def end(self) -> None:
        """Ignore."""
