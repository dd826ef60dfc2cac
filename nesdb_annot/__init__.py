"""Find nuclear export signals (NES) in whole proteomes, with a database behind every number."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Database": "interface", "NesannotError": "errors", "ProteinAnswer": "answers", "Settings": "settings",
    "connect": "interface", "mutate": "answers", "plot": "answers", "predict": "answers",
}  # fmt: skip
"""Public name -> module; imported when the name is first used, so that `nesannot --help` stays fast."""


__all__ = [
    "Database", "NesannotError", "ProteinAnswer", "Settings", "__version__", "connect", "mutate", "plot", "predict",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
