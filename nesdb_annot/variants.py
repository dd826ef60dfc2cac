"""Protein variants: what changes in a sequence, and the sequence that results."""

from __future__ import annotations

from dataclasses import dataclass

from .residues import ALPHABET, ResidueSpan

STOP = "*"
"""Letter of a stop in the new residues: the protein ends before it."""


class VariantError(ValueError):
    """A variant does not fit its sequence; the message says which residue is where."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One change of a protein sequence.

    Attributes:
        name: as its user wrote it.
        span: residues that are replaced, 1-based and inclusive; None for an insertion.
        after: for an insertion, the residue before the new ones; 0 inserts before the first residue.
        new: residues that come instead; may be empty, may end with `STOP`.
        reference: residues that the variant states at its ends: position -> letter.
        to_end: whether everything behind `span` is replaced, too (a frameshift with its new tail).
        doubled: whether the residues of `span` occur twice in a row afterwards; `new` is then empty.
    """

    name: str
    span: ResidueSpan | None
    new: str
    reference: tuple[tuple[int, str], ...] = ()
    after: int = 0
    to_end: bool = False
    doubled: bool = False

    def apply(self, residues: str) -> str:
        """Return the sequence with this change.

        Raises:
            VariantError: if a position lies outside the sequence, a stated residue is another one there, a new letter
                is no amino acid, or nothing would be left.

        Example:
            >>> Variant("L3A", ResidueSpan(3, 3), "A", ((3, "L"),)).apply("MKLV")
            'MKAV'
        """
        self._check(residues)
        begin, end = self._slice(residues)
        kept = self._inserted(residues).partition(STOP)[0]
        tail = "" if self.to_end or STOP in self.new else residues[end:]
        changed = residues[:begin] + kept + tail
        if not changed:
            raise VariantError(f"{self.name} leaves no residue")
        return changed

    def _slice(self, residues: str) -> tuple[int, int]:
        """Begin and end of what is replaced, 0-based and half-open; a doubled stretch is inserted behind itself."""
        if self.span is None or self.doubled:
            point = self.after if self.span is None else self.span.last
            return point, point
        return self.span.first - 1, len(residues) if self.to_end else self.span.last

    def _inserted(self, residues: str) -> str:
        return residues[self.span.as_slice()] if self.doubled and self.span else self.new

    def _check(self, residues: str) -> None:
        last = self.after if self.span is None else self.span.last
        if last > len(residues):
            raise VariantError(f"{self.name} names residue {last:,}, the protein has {len(residues):,}")
        for position, letter in self.reference:
            there = residues[position - 1] if position <= len(residues) else "nothing"
            if there != letter:
                raise VariantError(f"{self.name} names {letter}{position}, the protein has {there}{position}")
        foreign = sorted(set(self.new) - set(ALPHABET) - {STOP})
        if foreign:
            raise VariantError(f"{self.name}: {foreign[0]!r} is not an amino acid")

    def mapped(self, position: int, residues: str) -> int | None:
        """Return the position in the changed sequence of a residue of the original one; None if it is replaced.

        Args:
            position: in the original sequence, 1-based.
            residues: the original sequence.
        """
        begin, end = self._slice(residues)
        if position <= begin:
            return position
        if position <= end or STOP in self.new:
            return None
        return position + len(self._inserted(residues)) - (end - begin)
