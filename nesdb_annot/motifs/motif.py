"""The record of a motif, and the spacing patterns that its consensus consists of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeAlias

Orientation: TypeAlias = Literal["plus", "minus"]


@dataclass(frozen=True, slots=True)
class SpacingPattern:
    """Hydrophobic residues (Φ) at fixed distances.

    Attributes:
        name: unique name.
        nes_class: class of the literature, which several patterns may share.
        gaps: numbers of residues between consecutive Φ.
        first_set: residues admitted at the first Φ; all others admit `phi`.
        orientation: of the bound peptide in the groove of CRM1.
        weight: of the class, 1 to 4.
        has_phi0: whether the first position is Φ0 (five positions) or Φ1 (four).
        phi: residues admitted at every Φ but the first.
    """

    name: str
    nes_class: str
    gaps: tuple[int, ...]
    weight: float
    orientation: Orientation = "plus"
    first_set: str = "LIVMF"
    has_phi0: bool = False
    phi: str = "LIVMF"

    @property
    def offsets(self) -> tuple[int, ...]:
        """Offset of each Φ from the first one, residues."""
        return tuple(accumulate((gap + 1 for gap in self.gaps), initial=0))

    @property
    def length(self) -> int:
        """Residues from the first to the last Φ."""
        return self.offsets[-1] + 1

    @property
    def regex(self) -> str:
        """The pattern as a regular expression, without look-ahead.

        Example:
            >>> SpacingPattern("2", "2", (1, 2, 1), 3.0).regex
            '[LIVMF].[LIVMF]..[LIVMF].[LIVMF]'
        """
        return f"[{self.first_set}]" + "".join("." * gap + f"[{self.phi}]" for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Words that say whether a protein has the motif, by the probability of its best candidate."""

    likely: str
    possible: str
    none: str


@dataclass(frozen=True, slots=True)
class Motif:
    """A kind of short functional motif.

    Attributes:
        key: in databases, head sets and files.
        name: in words.
        ontology: term and name of the Sequence Ontology.
        broader_ontology: the same of the parent term, which consumers of the subset SOFA know.
        lengths: residues of the shortest and of the longest candidate.
        patterns: of the consensus; the first `classes` of them are the classes of the literature.
        classes: number of these.
        verdicts: words for answers.
        cargo: whether only proteins of some kind have the motif, so that a probability is that of the motif in such a
            protein times that of the protein to be one.
    """

    key: str
    name: str
    ontology: tuple[str, str]
    broader_ontology: tuple[str, str]
    lengths: tuple[int, int]
    patterns: tuple[SpacingPattern, ...]
    classes: int
    verdicts: Verdicts
    cargo: bool
