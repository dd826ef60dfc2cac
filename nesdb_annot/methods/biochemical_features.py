"""Interpretable features of a segment, of its flanks and of its best consensus core.

After what is known to tell export signals from look-alikes (NESsential: Fu et al. 2011, Nucleic Acids Res 39:e111;
charge of the flanks in NESmapper: Kosugi et al. 2014, PLoS Comput Biol 10:e1003841; flexibility in NetNES: la Cour et
al. 2004, Protein Eng Des Sel 17:527): leucines, charge around the core, disorder, membrane-like hydropathy, nearness
to the ends, competition by other matches in the same protein.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan
from .consensus import UNMATCHED, ScoredCores
from .consensus_terms import TERMS
from .descriptors import CHARGE, DISORDER, HELIX, HYDROPATHY, HYDROPHOBICITY, SCALES, letter_indices
from .patterns import find_hits

Floats = NDArray[np.float64]

GROUPS = {
    "L": "L", "I": "I", "V": "V", "M": "M", "F": "F", "A": "A", "P": "P", "G": "G", "acidic": "DE", "basic": "KR",
    "S_T": "ST", "N_Q": "NQ", "C_H": "CH", "W_Y": "WY",
}  # fmt: skip
FLANKS = (5, 15, 30)
"""Lengths of the flanks on either side of a segment, residues."""
FLANK_TRACKS = ("hydrophobic", "acidic", "basic", "P", "S_T", DISORDER)
WIDE = 60
"""Residues on either side over which the surrounding is averaged."""
MEMBRANE_WINDOW = 19
HELIX_ANGLE, STRAND_ANGLE = 100.0, 170.0
"""Degrees between neighbouring side chains (Eisenberg 1984, PNAS 81:140)."""
MOMENT_WINDOW = 11


@cache
def feature_names() -> tuple[str, ...]:
    """Names of the columns of `segment_features`."""
    inside = [f"segment {name}" for name in (*GROUPS, HYDROPATHY, HELIX, DISORDER, "charge")]
    flanks = [f"{side} {reach} {t}" for side in ("before", "after") for reach in FLANKS for t in FLANK_TRACKS]
    around = ["surrounding disorder", "surrounding hydrophobic", "membrane hydropathy", "helix moment", "strand moment"]
    place = ["length of segment", "log length of protein", "residues before", "residues after", "relative position"]
    core = ["core score", "core rank", "cores in segment", "core density", *(f"core {term}" for term in TERMS)]
    return (*inside, *flanks, *around, *place, *core, "protein L", "protein disorder")


class _Tracks:
    """Running sums of per-residue values of one protein, for means over any stretch."""

    def __init__(self, residues: str) -> None:
        letters = letter_indices(residues)
        values = {name: np.isin(letters, letter_indices(group)) for name, group in GROUPS.items()}
        values["hydrophobic"] = np.isin(letters, letter_indices("LIVMF"))
        scales = {name: SCALES[name][letters] for name in (HYDROPATHY, HELIX, DISORDER, CHARGE, HYDROPHOBICITY)}
        self.length = len(residues)
        self.names = {name: i for i, name in enumerate((*values, *scales))}
        table = np.stack([*values.values(), *scales.values()]).astype(np.float64)
        self.sums = np.concatenate([np.zeros((len(table), 1)), np.cumsum(table, axis=1)], axis=1)
        self.table = table

    def means(self, names: Sequence[str], begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        """Means of the named tracks over residues [begin, end), 0-based, cut at the ends; shape (n, names)."""
        rows = [self.names[name] for name in names]
        low, high = np.clip(begin, 0, self.length), np.clip(end, 0, self.length)
        sums = self.sums[rows]
        outcome: Floats = ((sums[:, high] - sums[:, low]) / np.maximum(high - low, 1)).T
        return outcome

    def best_window(self, values: Floats, window: int, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        """Highest of `values` (one per window start) over the windows that begin in [begin - window / 2, end)."""
        if len(values) == 0:
            return np.zeros(len(begin))
        low = np.clip(begin - window // 2, 0, len(values) - 1)
        high = np.clip(end - window // 2, low + 1, len(values))
        edges = np.stack([low, high], axis=1).ravel()
        outcome: Floats = np.maximum.reduceat(np.append(values, values[-1]), edges)[::2]
        return outcome


def _windowed(values: Floats, window: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[window:] - sums[:-window]) / window if len(values) >= window else np.empty(0)


def _moment(hydrophobicity: Floats, angle: float) -> Floats:
    """Hydrophobic moment per residue of every window of `MOMENT_WINDOW` residues."""
    turn = np.deg2rad(angle) * np.arange(len(hydrophobicity))
    return np.hypot(
        _windowed(hydrophobicity * np.cos(turn), MOMENT_WINDOW), _windowed(hydrophobicity * np.sin(turn), MOMENT_WINDOW)
    )


def _core_features(residues: str, spans: Sequence[ResidueSpan]) -> Floats:
    scored = ScoredCores(residues, find_hits(residues))
    hit, value = scored.best_in(list(spans))
    found = hit >= 0
    score = np.where(found, value, UNMATCHED)
    starts = scored.cores[:, 1]
    firsts = np.array([span.first for span in spans])
    lasts = np.array([span.last for span in spans])
    inside = np.searchsorted(starts, lasts, "right") - np.searchsorted(starts, firsts, "left")
    near = np.searchsorted(starts, lasts + WIDE, "right") - np.searchsorted(starts, firsts - WIDE, "left")
    better = len(scored.totals) - np.searchsorted(np.sort(scored.totals), score, "right")
    terms = np.where(found[:, None], np.vstack([scored.terms, np.zeros(len(TERMS))])[hit], 0.0)
    return np.column_stack([score, np.log1p(better), inside, near / (lasts - firsts + 1 + 2 * WIDE), terms])


def segment_features(residues: str, spans: Sequence[ResidueSpan]) -> Floats:
    """Features of each segment, shape (n, len(feature_names())).

    Args:
        residues: cleaned residues.
        spans: the segments, n of them.
    """
    tracks = _Tracks(residues)
    begin = np.array([span.first - 1 for span in spans], dtype=np.int64)
    end = np.array([span.last for span in spans], dtype=np.int64)
    length = len(residues)
    flanks = [tracks.means(FLANK_TRACKS, begin - reach, begin) for reach in FLANKS]
    flanks += [tracks.means(FLANK_TRACKS, end, end + reach) for reach in FLANKS]
    hydropathy, hydrophobicity = (tracks.table[tracks.names[name]] for name in (HYDROPATHY, HYDROPHOBICITY))
    around = [
        tracks.means((DISORDER, "hydrophobic"), begin - WIDE, end + WIDE),
        tracks.best_window(_windowed(hydropathy, MEMBRANE_WINDOW), MEMBRANE_WINDOW, begin, end)[:, None],
        *(
            tracks.best_window(_moment(hydrophobicity, angle), MOMENT_WINDOW, begin, end)[:, None]
            for angle in (HELIX_ANGLE, STRAND_ANGLE)
        ),
    ]
    middle = (begin + end) / 2
    place = np.column_stack([end - begin, np.full(len(spans), np.log(length)), begin, length - end, middle / length])
    whole = np.repeat(tracks.means(("L", DISORDER), np.array([0]), np.array([length])), len(spans), axis=0)
    inside = tracks.means((*GROUPS, HYDROPATHY, HELIX, DISORDER, CHARGE), begin, end)
    return np.hstack([inside, *flanks, *around, place, _core_features(residues, spans), whole])
