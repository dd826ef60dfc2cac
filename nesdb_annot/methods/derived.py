"""Head sets that were derived from another one, the root: other pooled heads on the candidates that the root chose.

A derived head set lets stored segments be scored again without their proteins' embedding: which of overlapping
candidates are kept is decided by the root's heads, once and for all, and the heads that read pooled vectors are then
applied to those. It carries what it replaced, so that a new sequence is treated in the same way: root first, then
itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json
from . import neural, similarity
from .calibration import Calibration, calibration_from_json
from .headset import HeadSet

DERIVED = "derived"
"""Key among a head set's parameters: the root's digest, how many training sequences are the root's, its calibrations
where they differ, and digests of the references that pooled heads know, by method, where that was told."""

POOLED = (similarity.NAME, neural.NAME)
"""Methods that read pooled vectors: what may differ from the root."""

_ROOT = "root/"


def is_derived(head_set: HeadSet) -> bool:
    """Whether the candidates of this head set are those of another one."""
    return DERIVED in head_set.parameters


def root_digest(head_set: HeadSet) -> str:
    """Digest of the head set whose candidates this one scores: its own, if it is not derived."""
    return str(head_set.parameters[DERIVED]["root"]) if is_derived(head_set) else head_set.digest


def replaced_methods(head_set: HeadSet) -> frozenset[str]:
    """Methods whose weights are other than the root's; none of a head set that is not derived."""
    names = (name.removeprefix(_ROOT) for name in head_set.arrays if name.startswith(_ROOT))
    return frozenset(name.partition("/")[0] for name in names)


def pooled_references_digest(head_set: HeadSet, method: str = similarity.NAME) -> str:
    """Digest of the references that a pooled head knows: the root's (`references_digest`) unless it was told of others.

    A derived head set keeps the root's `references_digest`, since tagger, trees and combination know no others.
    """
    told: Mapping[str, Any] = head_set.parameters.get(DERIVED, {})
    return str(told.get("references", {}).get(method, head_set.references_digest))


def derive(
    base: HeadSet,
    arrays: Mapping[str, NDArray[Any]],
    added_digests: tuple[str, ...] = (),
    calibrations: Mapping[str, Calibration] | None = None,
    *,
    references: str = "",
    report: Mapping[str, Json] | None = None,
) -> HeadSet:
    """`base` with other weights of pooled methods; its combination and its other heads stay.

    Args:
        base: a root, or derived itself.
        arrays: ``method/name`` -> weights that take the place of those of that name.
        added_digests: training sequences beyond those of `base`.
        calibrations: of pooled methods, where they change with the weights; those of `base` by default.
        references: digest of those that the methods of `arrays` know by them; what `base` says by default.
        report: of the head set; that of `base` by default.

    Raises:
        ConfigurationError: if `arrays` or `calibrations` are of other than pooled methods, or `arrays` have new names.
    """
    wrong = [name for name in arrays if name.partition("/")[0] not in POOLED or name not in base.arrays]
    if wrong:
        raise ConfigurationError(f"{wrong[0]} cannot be replaced in a head set", why="it is no weight of a pooled head")
    others = sorted(set(calibrations or {}) - set(POOLED))
    if others:
        raise ConfigurationError(f"the calibration of {others[0]} cannot be replaced", why="it is no pooled head")
    root, own = root_of(base), {**base.calibrations, **(calibrations or {})}
    merged = {name: array for name, array in base.arrays.items() if not name.startswith(_ROOT)} | dict(arrays)
    replaced = {_ROOT + name: root.arrays[name] for name in merged if not _equal(merged[name], root.arrays[name])}
    told: dict[str, Json] = {"root": root.digest, "root_sequences": len(root.training_digests)}
    earlier = {name: root.calibrations[name].to_json() for name in own if own[name] != root.calibrations[name]}
    told |= {"calibrations": dict(earlier)} if earlier else {}
    known = _references(base, {name.partition("/")[0] for name in arrays} if references else set(), references)
    told |= {"references": known} if known else {}
    return dataclasses.replace(
        base,
        arrays={**merged, **replaced},
        parameters={**base.parameters, DERIVED: told},
        calibrations=own,
        report=base.report if report is None else report,
        training_digests=(*base.training_digests, *added_digests),
    )


def _references(base: HeadSet, methods: Collection[str], references: str) -> dict[str, Json]:
    """Method -> digest of the references it knows, of those methods for which that was ever told."""
    earlier: Mapping[str, Any] = base.parameters.get(DERIVED, {})
    return {**earlier.get("references", {}), **dict.fromkeys(sorted(methods), references)}


def root_of(head_set: HeadSet) -> HeadSet:
    """The head set whose candidates this one scores.

    Raises:
        ConfigurationError: if what was kept of the root is not the root.
    """
    if not is_derived(head_set):
        return head_set
    told: Mapping[str, Any] = head_set.parameters[DERIVED]
    earlier = {name: calibration_from_json(stored) for name, stored in told.get("calibrations", {}).items()}
    kept = {name.removeprefix(_ROOT): array for name, array in head_set.arrays.items() if name.startswith(_ROOT)}
    own = {name: array for name, array in head_set.arrays.items() if not name.startswith(_ROOT)}
    root = dataclasses.replace(
        head_set,
        arrays=own | kept,
        parameters={name: value for name, value in head_set.parameters.items() if name != DERIVED},
        training_digests=head_set.training_digests[: int(told["root_sequences"])],
        calibrations={**head_set.calibrations, **earlier},
    )
    if root.digest != told["root"]:
        raise ConfigurationError("the head set is damaged", why="its root is another one", remedy="nesannot train")
    return root


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other)
