"""Proteins that a model is looked at with: one that is known, and made-up ones that are the same on every machine."""

from __future__ import annotations

from itertools import accumulate

PKI_ALPHA = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"
"""PKI-alpha of human (UniProt P61925), with the first NES that was found, LALKLAGLDI (Wen et al. 1995, Cell 82:463)."""

PERCENT = {
    "L": 9.7, "A": 8.3, "G": 7.1, "V": 6.9, "E": 6.7, "S": 6.6, "I": 5.9, "K": 5.8, "R": 5.5, "D": 5.5,
    "T": 5.4, "P": 4.7, "N": 4.1, "Q": 3.9, "F": 3.9, "Y": 2.9, "M": 2.4, "H": 2.3, "C": 1.4, "W": 1.1,
}  # fmt: skip
"""About the share of each residue in UniProtKB/Swiss-Prot."""


def random_protein(length: int, state: int) -> str:
    """Methionine and `length` - 1 residues in the composition `PERCENT`.

    Args:
        length: in residues.
        state: of the generator of Park and Miller (1988, Commun. ACM 31:1192; multiplier 48,271), 1 to 2**31 - 2.

    Example:
        >>> random_protein(12, 1)
        'MLLRFHGKSVPL'
    """
    letters, ends = list(PERCENT), list(accumulate(PERCENT.values()))
    drawn = ["M"]
    for _ in range(length - 1):
        state = state * 48_271 % (2**31 - 1)
        share = state / (2**31 - 1) * ends[-1]
        drawn.append(letters[next(n for n, end in enumerate(ends) if share < end)])
    return "".join(drawn)


CALIBRATING = (PKI_ALPHA, random_protein(100, 11))
"""What the ranges of activations are taken from."""

GATING = (
    *(random_protein(length, state) for length, state in ((60, 17), (130, 18), (260, 19))),
    PKI_ALPHA,
    "M" + "Q" * 24 + "PSGS" * 6 + "LLLAALLLIV",
    "W",
)
"""What engines are compared on: random ones, a known one, one of low complexity, a single residue."""
