"""The rule for long proteins: full length as far as memory allows, overlapping windows beyond; nothing is truncated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..residues import ResidueSpan


@dataclass(frozen=True, slots=True)
class LongRule:
    """Proteins of at most `window` residues pass whole; longer ones in windows that share at least `overlap` residues.

    Where windows share residues, their vectors are averaged with weights that fall linearly from the window's centre to
    its ends (Methods: overlapping windows are what the authors of ESM-2 advise for long proteins).
    """

    window: int = 4094
    overlap: int = 512

    def __post_init__(self) -> None:
        """Refuse windows that would not move."""
        if not 0 <= self.overlap < self.window:
            raise ValueError(f"windows of {self.window} residues cannot overlap by {self.overlap}")

    @property
    def name(self) -> str:
        """The rule in one word, part of the embedding's identity."""
        return f"whole-to-{self.window}/windows-overlap-{self.overlap}-tent"

    def spans(self, length: int) -> list[ResidueSpan]:
        """The windows over a protein of `length` residues; the last one ends with it.

        Example:
            >>> [str(span) for span in LongRule(10, 4).spans(20)]
            ['1-10', '7-16', '11-20']
        """
        if length <= self.window:
            return [ResidueSpan(1, length)]
        firsts = [*range(1, length - self.window + 1, self.window - self.overlap), length - self.window + 1]
        return [ResidueSpan(first, first + self.window - 1) for first in firsts]

    def blended(self, length: int, pieces: Iterable[tuple[ResidueSpan, NDArray[np.float32]]]) -> NDArray[np.float32]:
        """One embedding (length, dimension) from those of the windows."""
        total: NDArray[np.float32] | None = None
        weights = np.zeros((length, 1), dtype=np.float32)
        for span, piece in pieces:
            if len(span) == length:
                return piece
            if total is None:
                total = np.zeros((length, piece.shape[1]), dtype=np.float32)
            ramp = np.arange(1, len(span) + 1, dtype=np.float32)
            tent = np.minimum(ramp, ramp[::-1])[:, None]
            total[span.as_slice()] += piece * tent
            weights[span.as_slice()] += tent
        if total is None:
            raise ValueError("no windows")
        total /= weights
        return total


WHOLE = LongRule()
"""The rule of the official models: whole as far as memory allows."""
