"""Relation of a sequence to the proteins that the scoring methods were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """Kinds of relation: `NONE` (no relative over about 50 % identity), `RELATED`, and `SAME` (a training sequence)."""

    NONE = "none"
    RELATED = "related"
    SAME = "same"


MEANINGS = {
    Relation.NONE: "no relative over about 50 % identity",
    Relation.RELATED: "shares more words of five residues with a training protein than chance explains",
    Relation.SAME: "the sequence is in the training set",
}
"""Each kind in words."""


@dataclass(frozen=True, slots=True)
class TrainingRelation:
    """Relation of a sequence to the training set.

    Attributes:
        accession: of the training protein that shares most words with the sequence; empty for `Relation.NONE`.
        share: of the words of the shorter of both that the other has, too, 0 to 1; 0 for `Relation.NONE`.
    """

    relation: Relation
    accession: str = ""
    share: float = 0.0
