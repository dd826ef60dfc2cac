"""Residues, their alphabet, their digest, and spans over them.

Coordinates are 1-based and inclusive everywhere in this package. `ResidueSpan` is the one place that converts to
Python slices and to BED.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STANDARD_RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
ALPHABET = STANDARD_RESIDUES + "BOUXZ"
"""The letters a language model of the ESM family has a token for. J is not among them."""

MAXIMUM_LENGTH = 100_000
"""Residues; twice the longest protein known. Anything longer is a nucleotide sequence or a damaged file."""

LEAST_NUCLEOTIDES = 60
"""Letters from which on `are_nucleotides` decides; fewer may be a peptide."""

HIT_RESIDUES = 6
"""Residues that two spans share if they are the same site: a candidate that hits a motif, one NES of two sources."""

_BASES = (frozenset("ACGT"), frozenset("ACGU"))
_STRIP_WHITE_SPACE = {ord(c): None for c in " \t\r\n\v\f"}
_ALPHABET_SET = frozenset(ALPHABET)


class ResidueError(ValueError):
    """The text is no protein sequence; the message says which letter stands where.

    Attributes:
        letter: the first letter that is no residue; empty where another reason holds.
    """

    def __init__(self, message: str, letter: str = "") -> None:
        super().__init__(message)
        self.letter = letter


def are_nucleotides(residues: str) -> bool:
    """Whether cleaned `residues` are evidently DNA or RNA: all four bases occur, and no letter but N beside them.

    That all occur is asked for because proteins of one or two residues exist (repeats of alanine and glycine, of
    asparagine). No protein is known that has alanine, cysteine, glycine and threonine and lacks all others.

    Example:
        >>> are_nucleotides("ATGGCTTGCN" * 6), are_nucleotides("GAGAGGAGGA" * 6)
        (True, False)
    """
    return len(residues) >= LEAST_NUCLEOTIDES and frozenset(residues) - {"N"} in _BASES


def clean_residues(text: str) -> str:
    """Residues without white space and without one trailing ``*``, in upper case.

    Raises:
        ResidueError: if nothing is left, more than `MAXIMUM_LENGTH` residues are, a letter is not in `ALPHABET`, or
            they `are_nucleotides`. The position in the message is 1-based and counts residues, not white space.

    Example:
        >>> clean_residues("mtdve ttyad*")
        'MTDVETTYAD'
    """
    residues = text.translate(_STRIP_WHITE_SPACE).upper().removesuffix("*")
    if not residues:
        raise ResidueError("no residues")
    if len(residues) > MAXIMUM_LENGTH:
        raise ResidueError(f"{len(residues):,} residues, more than the limit of {MAXIMUM_LENGTH:,}")
    foreign = set(residues) - _ALPHABET_SET
    if foreign:
        position, letter = next((i, c) for i, c in enumerate(residues, 1) if c in foreign)
        raise ResidueError(f"letter {letter!r} at position {position} is not an amino acid", letter)
    if are_nucleotides(residues):
        raise ResidueError(f"{len(residues):,} nucleotides, no protein: translate them first (transeq of EMBOSS does)")
    return residues


def sequence_digest(residues: str) -> str:
    """SHA-256 of cleaned residues, 64 hexadecimal digits: the identity of a sequence."""
    return hashlib.sha256(residues.encode("ascii")).hexdigest()


def sequence_md5(residues: str) -> str:
    """MD5 of cleaned residues, 32 hexadecimal digits: the checksum that UniProt publishes."""
    return hashlib.md5(residues.encode("ascii"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class ResidueSpan:
    """Residues `first` to `last`, 1-based, both included.

    Example:
        >>> span = ResidueSpan(2, 4)
        >>> span.of("MKLVA"), len(span), span.as_bed()
        ('KLV', 3, (1, 4))
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse a span that is empty or begins before residue 1."""
        if self.first < 1 or self.last < self.first:
            raise ValueError(f"no such span: {self.first}-{self.last}")

    def __len__(self) -> int:
        """Number of residues."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """``first-last``."""
        return f"{self.first}-{self.last}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``first-last`` or a single position.

        Raises:
            ValueError: if `text` is neither.
        """
        first, _, last = text.strip().partition("-")
        return cls(int(first), int(last or first))

    @classmethod
    def from_bed(cls, begin: int, end: int) -> Self:
        """From 0-based half-open coordinates, as in BED and Python slices."""
        return cls(begin + 1, end)

    def as_bed(self) -> tuple[int, int]:
        """0-based half-open coordinates, as in BED."""
        return self.first - 1, self.last

    def as_slice(self) -> slice:
        """The slice that cuts this span out of a string or out of the rows of an embedding."""
        return slice(self.first - 1, self.last)

    def of(self, residues: str) -> str:
        """The residues of this span.

        Raises:
            ValueError: if the span ends behind the sequence.
        """
        if self.last > len(residues):
            raise ValueError(f"span {self} ends behind the sequence of {len(residues)} residues")
        return residues[self.as_slice()]

    def overlap(self, other: ResidueSpan) -> int:
        """Number of residues that both spans hold."""
        return max(0, min(self.last, other.last) - max(self.first, other.first) + 1)

    def is_site_of(self, other: ResidueSpan) -> bool:
        """Whether both spans are one site: they share `HIT_RESIDUES`, or all of the shorter span."""
        return self.overlap(other) >= min(HIT_RESIDUES, len(self), len(other))

    def iou(self, other: ResidueSpan) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        return shared / (len(self) + len(other) - shared)


def bounds(spans: Sequence[ResidueSpan]) -> NDArray[np.int64]:
    """First and last residue of each span, shape (n, 2), 1-based inclusive.

    Example:
        >>> bounds([ResidueSpan(2, 9)]).tolist()
        [[2, 9]]
    """
    import numpy as np

    ends: NDArray[np.int64] = np.array([(span.first, span.last) for span in spans], dtype=np.int64).reshape(-1, 2)
    return ends
