"""Segmentations by the names that the setting `segmentation` takes: an algorithm, and what sets it apart."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from ..errors import UsageError
from ..records import SegmentationIdentity
from .bounded import Bounded
from .lattice import Lattice
from .lattice_families import Anchors
from .protocol import Segmenter
from .zps import AUTHORS_BREAKPOINTS, PAPER_BREAKPOINTS, ZeroShot

Parameters = Mapping[str, str | float]

VARIANTS: Mapping[str, tuple[str, Parameters]] = MappingProxyType(
    {
        "lattice": ("lattice", {}),
        "bounded": ("bounded", {"cost": "squared"}),
        "bounded-cosine": ("bounded", {"cost": "cosine"}),
        "zps": ("zps", {"breakpoints": AUTHORS_BREAKPOINTS}),
        "zps10": ("zps", {"breakpoints": PAPER_BREAKPOINTS}),
    }
)
"""Name -> algorithm, and the parameters that tell it from others of that algorithm; the default first."""


def make_segmenter(name: str, anchors: Anchors | None = None, **parameters: str | float) -> Segmenter:
    """The segmenter `name` with its parameters.

    Args:
        name: a key of `VARIANTS`.
        anchors: cores for the lattice (give `anchors_digest` too); the others do not use it.
        parameters: fields of `lattice.Lattice`, `bounded.Bounded` or `zps.ZeroShot`, instead of what `name` or the
            class sets.

    Raises:
        UsageError: for an unknown name or parameter, or a value that cannot be.

    Example:
        >>> make_segmenter("bounded-cosine", minimum=10).identity.parameters["cost"]
        'cosine'
    """
    if name not in VARIANTS:
        near = get_close_matches(name, VARIANTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"no segmentation is called {name!r}", why=hint, remedy=", ".join(VARIANTS))
    algorithm, own = VARIANTS[name]
    try:
        return _made(algorithm, anchors, {**own, **parameters})
    except (TypeError, ValueError) as error:
        raise UsageError(f"segmentation {name!r} cannot be set up", why=str(error)) from error


def variant_of(identity: SegmentationIdentity) -> str:
    """Return the key of `VARIANTS` that a segmentation belongs to, whatever its version, penalty and lengths are.

    Whether heads fit the segmentation of today is decided by the digests of both.

    Returns:
        A name that is no key for a segmentation that no setting asks for.

    Example:
        >>> variant_of(make_segmenter("zps", breakpoints=10.0).identity)
        'zps10'
    """
    for name, (algorithm, own) in VARIANTS.items():
        if identity.algorithm == algorithm and all(identity.parameters.get(key) == own[key] for key in own):
            return name
    return f"{identity.algorithm} (own parameters)"


def _made(algorithm: str, anchors: Anchors | None, parameters: Parameters) -> Segmenter:
    if algorithm == "lattice":
        return Lattice(anchors=anchors, **parameters)  # type: ignore[arg-type]
    if algorithm == "bounded":
        return Bounded(**parameters)  # type: ignore[arg-type]
    return ZeroShot(**parameters)  # type: ignore[arg-type]
