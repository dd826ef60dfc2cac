"""The terms of the consensus score of one core: class, Φ quality, content, spacers, prolines, charge, membrane.

Signs follow published observations. Sizes are set by hand, in units of the class weights (4 for class 1a): round
numbers, chosen after looking at how the terms separate matches inside and outside the signals of NESdb in one half
of its proteins (those whose digest begins with 0 to 7); the other half agreed.

- leucines among the Φ are the strongest single feature of true signals (Fu 2011, NESsential, table 1);
- in the plus orientation an aromatic residue is disfavoured at Φ3 and Φ4 (Güttler 2010, Fung 2015);
- in the minus orientation the two N-terminal Φ are large, A, V and I are disfavoured (Fung 2015, figure 3B);
- prolines inside, and hydrophobic residues between the Φ, mark spurious matches (NESsential; Kosugi 2014, NESmapper);
- electronegative residues in and around the core favour binding (Dong 2009), a hydrophobic surrounding argues for a
  buried helix (NESmapper, ELM), and a membrane helix or a signal peptide is no export signal.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..records import Json
from .patterns import OFFSETS, PATTERNS, PHI, PatternHits, encoded
from .topology import TM_HYDROPATHY, TM_WINDOW, StatedStretches, topology

TERMS: tuple[str, ...] = (
    "class", "phi0", "phi_quality", "content", "spacer", "proline", "charge", "surroundings", "membrane",
)  # fmt: skip
"""Names of the terms, in the order of the columns of `core_terms`."""

PHI0_BONUS = 1.0
CONTENT_WEIGHT = 2.0
SPACER_WEIGHT = -3.0
SPACER_FREE_SHARE = 0.4
"""Share of hydrophobic residues between the Φ that costs nothing."""
PROLINE_WEIGHT = -1.5
CHARGE_WEIGHT = 0.4
CHARGE_LIMIT = 2.0
CHARGE_FLANK = 5
SURROUNDINGS_WEIGHT = -2.0
SURROUNDINGS_FLANK = 12
SURROUNDINGS_FREE_SHARE = 0.3
MEMBRANE_PENALTY = -6.0

_PLUS = {"L": 1.5, "I": 0.8, "M": 0.8, "F": 0.8, "V": 0.2, "P": 0.8}
_PLUS_LATE = {"L": 1.5, "I": 1.2, "V": 0.6, "M": 0.6, "F": -0.5}
_MINUS_EARLY = {"L": 1.2, "M": 1.2, "F": 1.2, "I": 0.0, "V": -0.5}
_FOREIGN = -1.5
"""Quality of a residue that only a relaxed search admits."""


def weights() -> dict[str, Json]:
    """Every number that a term depends on, by name."""
    numbers = {**globals(), "TM_WINDOW": TM_WINDOW, "TM_HYDROPATHY": TM_HYDROPATHY}
    return {
        name.strip("_").lower(): value
        for name, value in numbers.items()
        if name.isupper() and isinstance(value, float | int | dict)
    }


def _quality_tables() -> NDArray[np.float64]:
    """Quality by orientation (plus, minus), Φ1..Φ4 and ASCII code, shape (2, 4, 256)."""
    layout = ((_PLUS, _PLUS, _PLUS_LATE, _PLUS_LATE), (_MINUS_EARLY, _MINUS_EARLY, _PLUS, _PLUS_LATE))
    tables = np.full((2, 4, 256), _FOREIGN)
    for orientation, columns in enumerate(layout):
        for column, qualities in enumerate(columns):
            tables[orientation, column, encoded("".join(qualities))] = list(qualities.values())
    return tables


_QUALITY = _quality_tables()
_MINUS = np.array([pattern.orientation == "minus" for pattern in PATTERNS]).astype(np.intp)
_WEIGHT = np.array([pattern.weight for pattern in PATTERNS])
_HAS_PHI0 = OFFSETS[:, 0] >= 0
_HYDROPHOBIC = np.isin(np.arange(256), encoded(PHI + "WC"))
_CHARGE = np.isin(np.arange(256), encoded("DE")) * 1.0 - np.isin(np.arange(256), encoded("KR"))


def core_terms(codes: NDArray[np.uint8], hits: PatternHits, stated: StatedStretches = ()) -> NDArray[np.float64]:
    """Terms of each hit, shape (n, len(TERMS)); the consensus score of a hit is the sum of its row.

    Args:
        codes: ASCII codes of the whole protein, shape (L,).
        hits: strict or relaxed hits in it.
        stated: see `topology.topology`.
    """
    cores = hits.cores()
    first, last = cores[:, 1], cores[:, 4]
    at = cores[:, 1:] - 1
    length = last - first + 1
    count = _counts(codes.tobytes(), stated)
    hydrophobic = count.hydrophobic(first, last)
    phi_hydrophobic = _HYDROPHOBIC[codes[at]].sum(axis=1)
    spacers = (hydrophobic - phi_hydrophobic) / (length - 4)
    around = count.share_around(first, last)
    return np.column_stack(
        (
            _WEIGHT[hits.pattern],
            np.where(_HAS_PHI0[hits.pattern], PHI0_BONUS, 0.0),
            _QUALITY[_MINUS[hits.pattern][:, None], np.arange(4), codes[at]].sum(axis=1),
            CONTENT_WEIGHT * phi_hydrophobic / length,
            SPACER_WEIGHT * np.maximum(0.0, spacers - SPACER_FREE_SHARE),
            PROLINE_WEIGHT * count.prolines(first + 1, last - 1),
            np.clip(CHARGE_WEIGHT * count.acidity(first, last), -CHARGE_LIMIT, CHARGE_LIMIT),
            SURROUNDINGS_WEIGHT * np.maximum(0.0, around - SURROUNDINGS_FREE_SHARE),
            MEMBRANE_PENALTY * count.membrane(first, last),
        )
    )


@lru_cache(maxsize=4)
def _counts(codes: bytes, stated: StatedStretches) -> _Counts:
    """Kept for some proteins: strict and relaxed hits are judged one after the other."""
    return _Counts(np.frombuffer(codes, dtype=np.uint8), stated)


class _Counts:
    """Running counts along one protein; spans are 1-based inclusive arrays, shape (n,)."""

    def __init__(self, codes: NDArray[np.uint8], stated: StatedStretches) -> None:
        self.length = len(codes)
        looks = topology(codes.tobytes().decode("ascii"), stated)
        columns = (
            _HYDROPHOBIC[codes],
            codes == ord("P"),
            _CHARGE[codes],
            looks.membrane | looks.signal_peptide,
        )
        self._sums = np.zeros((len(columns), self.length + 1))
        np.cumsum(columns, axis=1, out=self._sums[:, 1:])

    def _between(self, row: int, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        inside: NDArray[np.float64] = self._sums[row, last] - self._sums[row, first - 1]
        return inside

    def hydrophobic(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        return self._between(0, first, last)

    def prolines(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        return self._between(1, first, last)

    def acidity(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        """Acidic minus basic residues of the core and `CHARGE_FLANK` residues on either side."""
        return self._between(2, np.maximum(first - CHARGE_FLANK, 1), np.minimum(last + CHARGE_FLANK, self.length))

    def share_around(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        """Share of hydrophobic residues in `SURROUNDINGS_FLANK` residues on either side; 0 where there are none."""
        begin = np.maximum(first - SURROUNDINGS_FLANK, 1)
        end = np.minimum(last + SURROUNDINGS_FLANK, self.length)
        residues = end - begin - last + first
        found = self._between(0, begin, end) - self._between(0, first, last)
        share: NDArray[np.float64] = found / np.maximum(residues, 1)
        return share

    def membrane(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> NDArray[np.float64]:
        """Share of the core that looks like a membrane helix or a signal peptide, or is stated to be one."""
        return self._between(3, first, last) / (last - first + 1)
