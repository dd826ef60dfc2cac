"""Interpretable features of a segment's best consensus core: what stands at its positions, next to it and far off.

They complement `biochemical_features`, which looks at the segment as a whole. A segment without a match has zeros at
the positions, and its own ends stand in for those of a core.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..residues import STANDARD_RESIDUES, ResidueSpan, bounds
from .consensus import ScoredCores
from .descriptors import DISORDER, HYDROPHOBICITY, SCALES, letter_indices
from .topology import StatedStretches, Topology, topology
from .tracks import Tracks, turns, within

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

POSITIONS = ("phi1", "phi2", "phi3", "phi4")
WITHIN = ("acidic", "basic", "hydrophobic", "P", "G", "S_T")
BESIDE = ("acidic", "basic", "hydrophobic", "P")
BESIDE_LENGTHS = (4, 8)
AROUND = (10, 25, 60)
"""Residues on either side of the middle of the core over which disorder and hydrophobicity are averaged."""
HELIX_LENGTHS = (18, 28)
"""Residues over which a long amphipathic helix would show, as of a leucine zipper, which CRM1 does not bind."""
HELIX_ANGLE = 100.0
"""Degrees between neighbouring side chains (Eisenberg 1984, PNAS 81:140)."""
FAR = 200
"""Residues from which a neighbouring core counts as far."""
MASKS = ("membrane", "signal_peptide", "coiled_coil")

CORE_FEATURES: tuple[str, ...] = (
    "leucines among phi", *(f"leucine at {p}" for p in POSITIONS), *(f"hydrophobicity of {p}" for p in POSITIONS),
    *(f"gap {p}" for p in ("phi1-phi2", "phi2-phi3", "phi3-phi4")), *(f"in core {t}" for t in WITHIN),
    *(f"{side} core {reach} {t}" for reach in BESIDE_LENGTHS for side in ("before", "after") for t in BESIDE),
    "core off middle", "core before", "core behind", *(f"segment {m}" for m in MASKS), *(f"protein {m}" for m in MASKS),
    *(f"around core {reach} {t}" for reach in AROUND for t in ("disorder", "hydrophobicity")),
    *(f"helix moment {n}" for n in HELIX_LENGTHS),
)  # fmt: skip
"""Names of the columns of `core_features`."""


def core_features(
    residues: str,
    spans: Sequence[ResidueSpan],
    scored: ScoredCores,
    hit: Places,
    tracks: Tracks,
    stated: StatedStretches = (),
) -> Floats:
    """Features of each segment's best core, shape (n, len(CORE_FEATURES)).

    Args:
        residues: cleaned residues.
        spans: the segments, n of them.
        scored: strict hits of the protein.
        hit: number of the best hit of each segment, -1 for none; shape (n,).
        tracks: of the protein.
        stated: see `topology.topology`.
    """
    ends = bounds(spans)
    first, last = ends[:, 0] - 1, ends[:, 1]
    phi = np.vstack([scored.cores[:, 1:], np.zeros((1, 4), dtype=np.int64)])[hit] - 1
    found = hit >= 0
    begin, end = np.where(found, phi[:, 0], first), np.where(found, phi[:, 3] + 1, last)
    middle = (begin + end) // 2
    beside = tracks.means(
        (WITHIN, begin, end),
        *(
            (BESIDE, *stretch)
            for reach in BESIDE_LENGTHS
            for stretch in ((begin - reach, begin), (end, end + reach))
        ),
    )
    around = tracks.means(*(((DISORDER, HYDROPHOBICITY), middle - reach, middle + reach) for reach in AROUND))
    return np.hstack(
        [
            np.where(found[:, None], _positions(residues, phi), 0.0),
            beside,
            ((first + last) / 2 - (begin + end) / 2)[:, None],
            *_neighbours(scored, begin, end),
            *_masked(topology(residues, stated), first, last),
            around,
            *_moments(tracks.values(HYDROPHOBICITY), middle),
        ]
    )


def _positions(residues: str, phi: Places) -> Floats:
    """Leucines, hydrophobicity and gaps of the four positions, 0-based, shape (n, 12)."""
    letters = letter_indices(residues)[np.maximum(phi, 0)]
    leucine = (letters == STANDARD_RESIDUES.index("L")).astype(np.float64)
    return np.hstack([leucine.sum(axis=1)[:, None], leucine, SCALES[HYDROPHOBICITY][letters], np.diff(phi, axis=1)])


def _neighbours(scored: ScoredCores, begin: Places, end: Places) -> tuple[Floats, Floats]:
    """Residues to the next core before and behind, `FAR` at most, shape (n, 1) each."""
    ends, begins = np.sort(scored.cores[:, 4]), np.sort(scored.cores[:, 1])
    before = begin - np.append(ends, -FAR)[np.searchsorted(ends, begin, "right") - 1]
    behind = np.append(begins, begins.max(initial=0) + 10**6)[np.searchsorted(begins, end + 1)] - end
    return np.clip(before, 0, FAR)[:, None].astype(float), np.clip(behind, 0, FAR)[:, None].astype(float)


def _masked(found: Topology, first: Places, last: Places) -> list[Floats]:
    """Shares of each segment, then of the protein, that look like `MASKS`; shape (n, 3) each."""
    masks = np.stack([getattr(found, name) for name in MASKS]).astype(np.float64)
    sums = np.concatenate([np.zeros((len(MASKS), 1)), np.cumsum(masks, axis=1)], axis=1)
    return [((sums[:, last] - sums[:, first]) / (last - first)).T, np.repeat(masks.mean(axis=1)[None], len(first), 0)]


def _moments(scale: Floats, middle: Places) -> list[Floats]:
    """Helical hydrophobic moment per residue (Eisenberg 1984) over `HELIX_LENGTHS` around each middle, shape (n, 1)."""
    summed = []
    for values in turns(HELIX_ANGLE, len(scale)):
        sums = np.zeros(len(scale) + 1)
        np.cumsum(scale * values[: len(scale)], out=sums[1:])
        summed.append(sums)
    columns = []
    for length in HELIX_LENGTHS:
        low, high = within(middle - length // 2, 0, len(scale)), within(middle + length // 2, 0, len(scale))
        along, across = (sums[high] - sums[low] for sums in summed)
        columns.append((np.hypot(along, across) / np.maximum(high - low, 1))[:, None])
    return columns
