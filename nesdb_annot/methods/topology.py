"""What a stretch of sequence looks like besides a signal: membrane helix, signal peptide, coiled coil.

Simple rules stated here, as context for the scores; not predictors of their own.
Where UniProt states such a stretch (SIGNAL, TRANSMEM, COILED), its residues are added to what the rules find.
All masks have shape (L,), True for the residues concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

KYTE_DOOLITTLE: dict[str, float] = {
    "A": 1.8, "R": -4.5, "N": -3.5, "D": -3.5, "C": 2.5, "Q": -3.5, "E": -3.5, "G": -0.4, "H": -3.2, "I": 4.5,
    "L": 3.8, "K": -3.9, "M": 1.9, "F": 2.8, "P": -1.6, "S": -0.8, "T": -0.7, "W": -0.9, "Y": -1.3, "V": 4.2,
}  # fmt: skip
"""Hydropathy of a residue (Kyte and Doolittle 1982, JMB 157:105); letters beyond the twenty count 0."""

TM_WINDOW = 19
TM_HYDROPATHY = 1.6
"""Mean hydropathy over `TM_WINDOW` residues of a membrane-spanning stretch (Kyte and Doolittle 1982)."""

SIGNAL_REACH = 35
"""A signal peptide's hydrophobic region ends within so many residues of the N-terminus (our choice)."""
H_REGION = 8
H_HYDROPATHY = 2.0
"""Length and mean hydropathy of the h-region (our choice, after von Heijne 1985: 7 to 15 hydrophobic residues)."""

HEPTAD_WINDOW = 28
HEPTAD_CORE_SHARE = 0.85
HEPTAD_REST_SHARE = 0.25
"""Coiled-coil-like: over four heptads, at least this share of hydrophobic residues at a and d, at most that elsewhere.

Our choice; about one yeast protein in six holds such a stretch.
"""


STATED_KEYS = ("SIGNAL", "TRANSMEM", "COILED")
"""UniProt's keys of the features that enter the masks."""

StatedStretches: TypeAlias = tuple[tuple[str, int, int], ...]
"""Features of one protein: key, first and last residue (1-based, inclusive)."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Masks of one protein, shape (L,) each."""

    membrane: NDArray[np.bool_]
    signal_peptide: NDArray[np.bool_]
    coiled_coil: NDArray[np.bool_]


def topology(residues: str, stated: StatedStretches = ()) -> Topology:
    """All three masks of a protein; see `membrane_like`, `signal_peptide_like` and `coiled_coil_like`.

    Args:
        residues: cleaned residues, length L.
        stated: stretches that are known rather than looked like; residues beyond L and other keys are passed over.

    Example:
        >>> topology("G" * 40, (("TRANSMEM", 11, 30),)).membrane.sum()
        np.int64(20)
    """
    looks = _looks(residues)
    if not stated:
        return looks
    masks = Topology(looks.membrane.copy(), looks.signal_peptide.copy(), looks.coiled_coil.copy())
    by_key = dict(zip(STATED_KEYS, (masks.signal_peptide, masks.membrane, masks.coiled_coil), strict=True))
    for key, first, last in stated:
        if key in by_key:
            by_key[key][first - 1 : last] = True
    return masks


@lru_cache(maxsize=4)
def _looks(residues: str) -> Topology:
    """What the residues look like; kept for some proteins, since several methods read it of one after the other."""
    codes = np.frombuffer(residues.encode("ascii"), dtype=np.uint8)
    looks = Topology(membrane_like(codes), signal_peptide_like(codes), coiled_coil_like(codes))
    for mask in (looks.membrane, looks.signal_peptide, looks.coiled_coil):
        mask.flags.writeable = False
    return looks


def hydropathy(codes: NDArray[np.uint8], window: int) -> NDArray[np.float64]:
    """Mean Kyte-Doolittle hydropathy of each full window, shape (max(0, L - window + 1),).

    Args:
        codes: ASCII codes of the residues, shape (L,).
        window: residues; the i-th mean covers residues i + 1 to i + window (1-based).
    """
    return _window_sums(_HYDROPATHY[codes], window) / window


def membrane_like(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Residues in a window of `TM_WINDOW` with a mean hydropathy of `TM_HYDROPATHY` or more.

    Example:
        >>> codes = np.frombuffer(b"K" * 30 + b"LIVALLVGALLIVFLLAVLIG" + b"R" * 30, dtype=np.uint8)
        >>> bool(membrane_like(codes)[30:51].all()), bool(membrane_like(codes)[:20].any())
        (True, False)
    """
    return _covered(hydropathy(codes, TM_WINDOW) >= TM_HYDROPATHY, TM_WINDOW, len(codes))


def signal_peptide_like(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Residues 1 to the end of the h-region, if the N-terminus looks like a signal peptide.

    It does if it begins with methionine, a lysine or arginine stands before the h-region or at residue 2 to 5, and
    `H_REGION` residues within the first `SIGNAL_REACH` have a mean hydropathy of `H_HYDROPATHY` or more without any
    charge.
    """
    mask = np.zeros(len(codes), dtype=bool)
    head = codes[:SIGNAL_REACH]
    if len(head) <= H_REGION or head[0] != ord("M"):
        return mask
    uncharged = _window_sums(_CHARGED[head], H_REGION) == 0
    greasy = np.flatnonzero((hydropathy(head, H_REGION) >= H_HYDROPATHY) & uncharged)
    if len(greasy) and _BASIC[head[1 : max(int(greasy[0]), 5)]].any():
        # The first run of windows is the h-region; a later one is a membrane helix or nothing.
        run = np.flatnonzero(np.diff(greasy) > 1)
        mask[: int(greasy[run[0] if len(run) else -1]) + H_REGION] = True
    return mask


def coiled_coil_like(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Residues in a window of `HEPTAD_WINDOW` with heptad repeats of hydrophobic residues at a and d.

    Conditions: `HEPTAD_CORE_SHARE`, `HEPTAD_REST_SHARE`, and at most one proline or glycine.

    Example:
        >>> codes = np.frombuffer(b"LKQIEDK" * 5, dtype=np.uint8)
        >>> bool(coiled_coil_like(codes).all())
        True
    """
    length = len(codes)
    starts = length - HEPTAD_WINDOW + 1
    if starts < 1:
        return np.zeros(length, dtype=bool)
    greasy = np.concatenate((_GREASY[codes], np.zeros(7)))
    heptads = HEPTAD_WINDOW // 7
    # Column sums over the same register: position i, i + 7, i + 14, ...
    register = sum((greasy[7 * k : 7 * k + length - HEPTAD_WINDOW + 8] for k in range(heptads)), np.zeros(starts + 7))
    core = register[:starts] + register[3 : starts + 3]
    rest = _window_sums(_GREASY[codes], HEPTAD_WINDOW) - core
    breakers = _window_sums(_BREAKER[codes], HEPTAD_WINDOW)
    found = (core >= HEPTAD_CORE_SHARE * 2 * heptads) & (rest <= HEPTAD_REST_SHARE * 5 * heptads) & (breakers <= 1)
    return _covered(found, HEPTAD_WINDOW, length)


def _letter_values(values: dict[str, float]) -> NDArray[np.float64]:
    table = np.zeros(256)
    for letter, value in values.items():
        table[ord(letter)] = value
    return table


_HYDROPATHY = _letter_values(KYTE_DOOLITTLE)
_GREASY = _letter_values(dict.fromkeys("LIVMFA", 1.0))
_BREAKER = _letter_values(dict.fromkeys("PG", 1.0))
_CHARGED = _letter_values(dict.fromkeys("DEKR", 1.0))
_BASIC = _letter_values(dict.fromkeys("KR", 1.0)) > 0


def _window_sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return sums[window:] - sums[:-window] if len(values) >= window else np.zeros(0)


def _covered(begins: NDArray[np.bool_], window: int, length: int) -> NDArray[np.bool_]:
    """Residues covered by any of the windows, given where windows begin."""
    steps = np.zeros(length + 1, dtype=np.int64)
    at = np.flatnonzero(begins)
    steps[at] += 1
    steps[at + window] -= 1
    return np.cumsum(steps[:-1]) > 0
