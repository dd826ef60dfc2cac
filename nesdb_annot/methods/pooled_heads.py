"""Head sets with the same selector and other heads that read stored vectors: stored segments are scored with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json
from .calibration import Calibration
from .headset import HeadSet
from .relatives import sketch_arrays
from .scoring import POOLED


class AddedProtein(NamedTuple):
    """A training protein that a head set does not have yet."""

    digest: str
    accession: str
    residues: str


def replace_pooled_heads(
    base: HeadSet,
    arrays: Mapping[str, NDArray[Any]],
    added: Sequence[AddedProtein] = (),
    calibrations: Mapping[str, Calibration] | None = None,
    *,
    references: str = "",
    report: Mapping[str, Json] | None = None,
) -> HeadSet:
    """Return `base` with other weights of methods that read stored vectors; everything else stays.

    Args:
        base: head set whose selector, combination and other heads are kept.
        arrays: ``method/name`` -> weights that replace those of that name.
        added: training proteins that `base` does not have.
        calibrations: of these methods, where they change with the weights; those of `base` by default.
        references: digest of the references that the methods of `arrays` were fitted to; unchanged by default.
        report: of the head set; that of `base` by default.

    Raises:
        ConfigurationError: if `arrays` or `calibrations` are of other methods, or `arrays` have new names.
    """
    wrong = [name for name in arrays if name.partition("/")[0] not in POOLED or name not in base.arrays]
    if wrong:
        why = "it is no weight of a head that reads stored vectors"
        raise ConfigurationError(f"{wrong[0]} cannot be replaced in a head set", why=why, remedy="nesannot train")
    others = sorted(set(calibrations or {}) - set(POOLED))
    if others:
        what = f"the calibration of {others[0]} cannot be replaced"
        raise ConfigurationError(what, why="the method reads no stored vectors", remedy="nesannot train")
    fitted = {name.partition("/")[0] for name in arrays} if references else set()
    return dataclasses.replace(
        base,
        arrays={**base.arrays, **arrays, **_sketches(base, added)},
        calibrations={**base.calibrations, **(calibrations or {})},
        pooled_references={**base.pooled_references, **dict.fromkeys(sorted(fitted), references)},
        report=base.report if report is None else report,
        training_digests=(*base.training_digests, *(protein.digest for protein in added)),
        training_accessions=(*base.training_accessions, *(protein.accession for protein in added)),
    )


def _sketches(base: HeadSet, added: Sequence[AddedProtein]) -> dict[str, NDArray[Any]]:
    """Sketches of the training proteins of `base` and of those that are added."""
    fresh = sketch_arrays(protein.residues for protein in added)
    return {name: np.concatenate([base.arrays[name], array]) for name, array in fresh.items() if name in base.arrays}
