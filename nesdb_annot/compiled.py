"""Compile a numeric kernel with numba and keep the machine code in the user's cache directory.

A module that uses `compiled` imports numba (0.6 s), so it is imported only by the function that needs its kernels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

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
    decorated: Callable[P, R] = numba.njit(cache=directory is not None, nogil=True, fastmath=FAST_MATH)(function)
    return decorated
