"""Environment variables that spawned processes read before they import numerical libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
MALLOC_VARIABLES = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
"""glibc then keeps freed blocks instead of returning them to the kernel after each layer."""


def single_threaded(environment: MutableMapping[str, str] | None = None) -> None:
    """Set what numerical libraries read at their import: one thread, and a malloc that keeps its pages."""
    target = os.environ if environment is None else environment
    for variable in THREAD_VARIABLES:
        target[variable] = "1"
    for variable, value in MALLOC_VARIABLES.items():
        target.setdefault(variable, value)


@contextmanager
def single_threaded_environment() -> Iterator[None]:
    """Within the block, spawned processes inherit what `single_threaded` sets."""
    before = {name: os.environ.get(name) for name in (*THREAD_VARIABLES, *MALLOC_VARIABLES)}
    single_threaded()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
