"""Ensembles of taggers: each member stops early by another fold, and all are kept as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .tagger import Member, TaggerExample, TaggerSettings, fit_member


def fit_members(
    examples: Sequence[TaggerExample],
    settings: TaggerSettings,
    seed: int,
    groups: Sequence[int] | None,
    numbers: Iterable[int],
) -> list[Member]:
    """The members of an ensemble that have these numbers, from 0.

    Args:
        examples: proteins with scaled embeddings.
        settings: of every member.
        seed: of member 0, the next ones have the following seeds; the same seed gives the same weights on the same
            machine.
        groups: fold of each example. Each member holds another one out, to stop early; None holds nothing out.
    """
    fitted = []
    for member in numbers:
        own = None if groups is None else sorted(set(groups))[member % len(set(groups))]
        taught = [e for i, e in enumerate(examples) if groups is None or groups[i] != own]
        held = [e for i, e in enumerate(examples) if groups is not None and groups[i] == own]
        fitted.append(fit_member(taught, settings, seed + member, held))
    return fitted


def stacked(members: Sequence[Member]) -> tuple[dict[str, NDArray[np.float32]], list[list[float]]]:
    """Weights of all members, each stacked along a new first axis, and their loss curves."""
    weights, curves = zip(*members, strict=True)
    return {name: np.stack([own[name] for own in weights]) for name in weights[0]}, list(curves)
