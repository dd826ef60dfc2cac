"""The bundled sample: published facts, enough to try everything. ATTRIBUTION.md names the sources."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

NAME = "sample"
"""Name of the sample as a proteome."""

SOURCE = "bundled"
"""Source of the sample's reference sites. They are for the demo: nothing is trained or evaluated on them."""


def proteins() -> Traversable:
    """FASTA of 16 proteins."""
    return files(__name__) / "proteins.fasta"


def references() -> Traversable:
    """Table of 12 published sites on them."""
    return files(__name__) / "references.tsv"
