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
from .consensus import UNMATCHED, strict_cores
from .consensus_terms import TERMS
from .core_features import CORE_FEATURES, core_features
from .descriptors import CHARGE, DISORDER, HELIX, HYDROPATHY, HYDROPHOBICITY
from .topology import StatedStretches
from .tracks import GROUPS, Tracks, turns

Floats = NDArray[np.float64]

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
    return (*inside, *flanks, *around, *place, *core, "protein L", "protein disorder", *CORE_FEATURES)


def _windowed(values: Floats, window: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[window:] - sums[:-window]) / window if len(values) >= window else np.empty(0)


def _moment(hydrophobicity: Floats, angle: float) -> Floats:
    """Hydrophobic moment per residue of every window of `MOMENT_WINDOW` residues."""
    cosine, sine = (values[: len(hydrophobicity)] for values in turns(angle, len(hydrophobicity)))
    return np.hypot(_windowed(hydrophobicity * cosine, MOMENT_WINDOW), _windowed(hydrophobicity * sine, MOMENT_WINDOW))


def _core_features(
    residues: str, spans: Sequence[ResidueSpan], tracks: Tracks, stated: StatedStretches
) -> tuple[Floats, Floats]:
    """The best core against its rivals, and `core_features`; shape (n, columns) each."""
    scored = strict_cores(residues, stated)
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
    crowd = near / (lasts - firsts + 1 + 2 * WIDE)
    summary = np.column_stack([score, np.log1p(better), inside, crowd, terms])
    return summary, core_features(residues, spans, scored, hit, tracks, stated)


def segment_features(residues: str, spans: Sequence[ResidueSpan], stated: StatedStretches = ()) -> Floats:
    """Features of each segment, shape (n, len(feature_names())).

    Args:
        residues: cleaned residues.
        spans: the segments, n of them.
        stated: see `topology.topology`.
    """
    tracks = Tracks(residues)
    begin = np.array([span.first - 1 for span in spans], dtype=np.int64)
    end = np.array([span.last for span in spans], dtype=np.int64)
    length = len(residues)
    stretched = tracks.means(
        ((*GROUPS, HYDROPATHY, HELIX, DISORDER, CHARGE), begin, end),
        *((FLANK_TRACKS, begin - reach, begin) for reach in FLANKS),
        *((FLANK_TRACKS, end, end + reach) for reach in FLANKS),
        ((DISORDER, "hydrophobic"), begin - WIDE, end + WIDE),
    )
    hydropathy, hydrophobicity = tracks.values(HYDROPATHY), tracks.values(HYDROPHOBICITY)
    around = [
        tracks.best_window(_windowed(hydropathy, MEMBRANE_WINDOW), MEMBRANE_WINDOW, begin, end)[:, None],
        *(
            tracks.best_window(_moment(hydrophobicity, angle), MOMENT_WINDOW, begin, end)[:, None]
            for angle in (HELIX_ANGLE, STRAND_ANGLE)
        ),
    ]
    middle = (begin + end) / 2
    place = np.column_stack([end - begin, np.full(len(spans), np.log(length)), begin, length - end, middle / length])
    whole = np.repeat(tracks.means((("L", DISORDER), np.array([0]), np.array([length]))), len(spans), axis=0)
    summary, details = _core_features(residues, spans, tracks, stated)
    return np.hstack([stretched, *around, place, summary, whole, details])
