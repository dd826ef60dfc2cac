"""Downloads that say how far they are: what a source tells, as progress."""

from __future__ import annotations

from collections.abc import Callable

from .progress import Progress


def entries_told(progress: Progress, label: str, unit: str = "entries") -> Callable[[int, int], None]:
    """What a source calls with the number it has and the number of all; begins, advances and ends a step of progress.

    Example:
        >>> from .progress import Silent
        >>> told = entries_told(Silent(), "UniProt")
        >>> told(500, 1200)
    """
    done = 0
    open_step = False

    def told(have: int, total: int) -> None:
        nonlocal done, open_step
        if have < done or not open_step:  # another file, or the first
            if open_step:
                progress.end()
            progress.begin(f"reading {label}", total, unit)
            done, open_step = 0, True
        progress.advance(have - done)
        done = have
        if have >= total:
            progress.end()
            done, open_step = 0, False

    return told
