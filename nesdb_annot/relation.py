"""Relation of a sequence to the proteins that the scoring methods were trained on."""

from __future__ import annotations

from collections.abc import Mapping
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


def relation_text(row: Mapping[str, object]) -> str:
    """Return the relation of a row of ``nes.candidate`` in a few letters; empty if it was never determined.

    Example:
        >>> relation_text({"training": "related", "training_accession": "Q05116", "training_share": 0.783})
        'related Q05116 78%'
        >>> relation_text({"training": "same", "training_accession": "P61925", "training_share": 1.0})
        'same P61925'
        >>> relation_text({"training": "none", "training_accession": None, "training_share": None})
        'none'
    """
    words = [str(row[name]) for name in ("training", "training_accession") if row.get(name)]
    if row.get("training") == Relation.RELATED:
        words.append(f"{float(str(row['training_share'])):.0%}")
    return " ".join(words)


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
