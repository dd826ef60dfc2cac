"""Compile a numeric kernel with numba and keep the machine code in the user's cache directory.

A module that uses `compiled` imports numba (0.6 s), so it is imported only by the function that needs its kernels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from .settings import load_settings

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered into vector lanes; NaN and infinity keep their meaning.
FAST_MATH = {"reassoc", "contract", "nsz"}


@cache
def cache_directory() -> Path | None:
    """Where machine code is kept: ``NUMBA_CACHE_DIR``, else ``numba/`` in the setting `cache_dir`.

    Returns:
        None if that place cannot be written; every process then compiles anew.
    """
    named = os.environ.get("NUMBA_CACHE_DIR")
    directory = Path(named) if named else load_settings().settings.cache_dir / "numba"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK | os.X_OK) else None


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Machine code of `function` (numba, nopython, without the interpreter's lock), compiled at its first call."""
    import numba

    directory = cache_directory()
    if directory is not None:
        # Read by numba when the function is decorated, not when it is compiled.
        numba.config.CACHE_DIR = str(directory)  # type: ignore[attr-defined]
    decorated: Any = numba.njit(nogil=True, fastmath=FAST_MATH)(function)
    if directory is not None:
        with suppress(RuntimeError, OSError):  # numba finds no place to write in a full directory
            decorated.enable_caching()
            decorated._cache = _OptionalCache(decorated._cache)
    kernel: Callable[P, R] = decorated
    return kernel


class _OptionalCache:
    """A cache of numba that only saves time: where its disk is full or broken, nothing is kept and nothing fails."""

    def __init__(self, cache: Any) -> None:  # noqa: ANN401 - a class of numba without types
        self._cache = cache

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._cache, name)

    def load_overload(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Return the machine code for these types, or None, which has it compiled."""
        with suppress(OSError, EOFError):
            return self._cache.load_overload(*arguments)
        return None

    def save_overload(self, *arguments: Any) -> None:  # noqa: ANN401
        """Keep machine code, if there is room."""
        with suppress(OSError):
            self._cache.save_overload(*arguments)
