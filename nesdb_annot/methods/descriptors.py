"""What single residues say: published scales, and letters as indices and features."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..residues import STANDARD_RESIDUES

HYDROPATHY = "hydropathy"
HYDROPHOBICITY = "hydrophobicity"
DISORDER = "disorder"
HELIX = "helix"
CHARGE = "charge"

# One value per letter of STANDARD_RESIDUES (ACDEFGHIKLMNPQRSTVWY).
_SCALES = {
    # Kyte and Doolittle 1982, J Mol Biol 157:105
    HYDROPATHY: (1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8, 1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3),  # noqa: E501
    # Fauchere and Pliska 1983, Eur J Med Chem 18:369
    HYDROPHOBICITY: (0.31, 1.54, -0.77, -0.64, 1.79, 0.0, 0.13, 1.80, -0.99, 1.70, 1.23, -0.60, 0.72, -0.22, -1.01, -0.04, 0.26, 1.22, 2.25, 0.96),  # noqa: E501
    # TOP-IDP, Campen et al. 2008, Protein Pept Lett 15:956
    DISORDER: (0.06, 0.02, 0.192, 0.736, -0.697, 0.166, 0.303, -0.486, 0.586, -0.326, -0.397, 0.007, 0.987, 0.318, 0.18, 0.341, 0.059, -0.121, -0.884, -0.51),  # noqa: E501
    # Pace and Scholtz 1998, Biophys J 75:422: kcal/mol, higher is less helical
    HELIX: (0.0, 0.68, 0.69, 0.40, 0.54, 1.0, 0.61, 0.41, 0.26, 0.21, 0.24, 0.65, 3.16, 0.39, 0.21, 0.50, 0.66, 0.61, 0.49, 0.53),  # noqa: E501
    CHARGE: (0, 0, -1, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0),
}  # fmt: skip

UNKNOWN = len(STANDARD_RESIDUES)
"""Index of every letter that is not one of the twenty; it has the mean of each scale and no one-hot entry."""

_INDEX = np.full(256, UNKNOWN, dtype=np.intp)
_INDEX[np.frombuffer(STANDARD_RESIDUES.encode(), dtype=np.uint8)] = np.arange(UNKNOWN)

SCALES = MappingProxyType(
    {
        name: np.append(np.array(values, dtype=np.float32), np.float32(np.mean(values)))
        for name, values in _SCALES.items()
    }
)
"""Scale name -> values for the twenty residues and `UNKNOWN`, shape (21,)."""

_STANDARD = np.stack(
    [(values - values[:UNKNOWN].mean()) / values[:UNKNOWN].std() for values in SCALES.values()], axis=1
)
_ONE_HOT = np.vstack([np.eye(UNKNOWN, dtype=np.float32), np.zeros((1, UNKNOWN), dtype=np.float32)])
LETTER_FEATURES = np.hstack([_ONE_HOT, _STANDARD.astype(np.float32)])
"""Features of a letter, shape (21, 25): one-hot over the twenty, then the standardised scales."""


def letter_indices(residues: str) -> NDArray[np.intp]:
    """Index of each residue in `STANDARD_RESIDUES`, or `UNKNOWN`; shape (L,).

    Example:
        >>> letter_indices("ACX").tolist()
        [0, 1, 20]
    """
    return _INDEX[np.frombuffer(residues.encode("ascii"), dtype=np.uint8)]
