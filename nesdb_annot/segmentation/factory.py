"""Segmentation algorithms by name."""

from __future__ import annotations

from difflib import get_close_matches

from ..errors import UsageError
from .bounded import Bounded
from .lattice import Lattice
from .lattice_families import Anchors
from .protocol import Segmenter
from .zps import ZeroShot

ALGORITHMS: tuple[str, ...] = ("lattice", "bounded", "zps")
"""Names that `make_segmenter` knows, the default first."""


def make_segmenter(name: str, anchors: Anchors | None = None, **parameters: str | float) -> Segmenter:
    """The segmenter `name` with its parameters.

    Args:
        name: one of `ALGORITHMS`.
        anchors: cores for the lattice (give `anchors_digest` too); the others do not use it.
        parameters: fields of `lattice.Lattice`, `bounded.Bounded` or `zps.ZeroShot`.

    Raises:
        UsageError: for an unknown name or parameter, or a value that cannot be.

    Example:
        >>> make_segmenter("bounded", minimum=10).identity.parameters["minimum"]
        10
    """
    try:
        if name == "lattice":
            return Lattice(anchors=anchors, **parameters)  # type: ignore[arg-type]
        if name == "bounded":
            return Bounded(**parameters)  # type: ignore[arg-type]
        if name == "zps":
            return ZeroShot(**parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise UsageError(f"segmentation {name!r} cannot be set up", why=str(error)) from None
    near = get_close_matches(name, ALGORITHMS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"no segmentation is called {name!r}", why=hint, remedy=", ".join(ALGORITHMS))
