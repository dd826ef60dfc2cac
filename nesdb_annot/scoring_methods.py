"""The registry of scoring methods: every list of methods anywhere in this package is this one.

A method NAME is added with one line here and its files: `methods/NAME.py` has a function `build`, and
`learning/fit_NAME.py`, where the method is trained, a function `fit`. Training, scoring, storage, views, tables, files
and plots take the method from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Dashes: TypeAlias = str | tuple[float, tuple[float, ...]]
"""Dash pattern of a line: a name of Matplotlib's, or an offset and lengths of dashes and gaps in points."""


@dataclass(frozen=True, slots=True)
class ScoringMethod:
    """One method that scores candidates.

    Attributes:
        name: key in head sets, databases and files.
        meaning: completes "calibrated score of the ...".
        colour: in figures, from the palette of Okabe and Ito, which colour-blind readers can tell apart.
        dashes: of its lines, for prints without colour.
        version: raised when the same weights score differently.
        pooled: whether it reads the stored vectors of candidates, so that stored candidates can be scored again.
        trained: whether it has weights.
    """

    name: str
    meaning: str
    colour: str
    dashes: Dashes
    version: int = 1
    pooled: bool = False
    trained: bool = True


SCORING_METHODS = (
    ScoringMethod("consensus", "consensus patterns", "#0072B2", (0, (5, 1)), trained=False),
    ScoringMethod("similarity", "similarity to known motifs", "#E69F00", (0, (1, 1)), pooled=True),
    ScoringMethod("neural", "neural classifier", "#009E73", (0, (3, 1, 1, 1)), pooled=True),
    ScoringMethod("tagger", "residue tagger", "#D55E00", (0, (4, 2))),
    ScoringMethod("biochemical", "biochemical properties", "#CC79A7", (0, (6, 1, 1, 1, 1, 1))),
)
"""All methods, in the order in which they are stored and shown."""



def version_of(name: str) -> int:
    """Return the version of a method.

    Example:
        >>> version_of("consensus")
        1
    """
    return next(method.version for method in SCORING_METHODS if method.name == name)


METHOD_NAMES = tuple(method.name for method in SCORING_METHODS)

COMBINED = "combined"
"""Name of the combination of all methods, which ranks candidates."""
