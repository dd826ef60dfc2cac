"""The tokens of fair-esm's ESM-2 alphabet, without importing torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LETTERS = "LAGVSERTIDPKQNFYMHWCXBUZO"
"""Residues in the order of their tokens; the first has token `FIRST_LETTER`. The 20 standard ones come first."""

FIRST_LETTER = 4
CLS, PAD, EOS, MASK = 0, 1, 2, 32
UNKNOWN = 255
"""What `letter_tokens` gives for a letter without a token."""


TOKEN_DROPOUT = 1 - 0.15 * 0.8
"""fair-esm scales the embedding of a sequence without masks by this constant; engines fold it into the weights."""


def _table() -> NDArray[np.uint8]:
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for token, letter in enumerate(LETTERS, FIRST_LETTER):
        table[ord(letter)] = token
    return table


_TABLE = _table()


def letter_tokens(residues: str) -> NDArray[np.uint8]:
    """Token of each residue, shape (L,); `UNKNOWN` where there is none.

    Example:
        >>> letter_tokens("LAO").tolist()
        [4, 5, 28]
    """
    tokens: NDArray[np.uint8] = _TABLE[np.frombuffer(residues.encode("ascii", "replace"), dtype=np.uint8)]
    return tokens


def encoded(residues: str) -> NDArray[np.int64]:
    """<cls>, the residues, <eos>: shape (L + 2,), what fair-esm's batch converter gives.

    Raises:
        ValueError: for a letter without a token; residues that were cleaned have none.
    """
    tokens = np.empty(len(residues) + 2, dtype=np.int64)
    tokens[0], tokens[-1] = CLS, EOS
    tokens[1:-1] = letter_tokens(residues)
    if (tokens == UNKNOWN).any():
        raise ValueError("residues hold a letter without a token: clean them first")
    return tokens
