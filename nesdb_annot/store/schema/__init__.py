"""The tables, as typed SQLAlchemy models. `migrations/` makes them; a test holds the two equal.

Coordinates are 1-based inclusive (``first_residue``, ``last_residue``). Closed vocabularies are text with a CHECK.
"""

from .base import QUEUE, SCHEMA, VIEWS, Base
from .changes import Change, FormerAccession
from .configurations import (
    Configuration,
    ConfigurationMethod,
    HeadSet,
    LanguageModel,
    Method,
    Segmentation,
    VectorIndex,
)
from .decoys import Decoy
from .evaluations import EvaluationCandidate, EvaluationFigure
from .proteomes import Annotation, Membership, Protein, Proteome, Release
from .rankings import RankedSegment, Ranking
from .references import ReferenceEntry, ReferenceMotif
from .runs import Run, WorkUnit
from .scores import PARTITIONED, MethodScore, ScoredSequence, Segment
from .sequences import Motif, Sequence

__all__ = [
    "PARTITIONED",
    "QUEUE",
    "SCHEMA",
    "VIEWS",
    "Annotation",
    "Base",
    "Change",
    "Configuration",
    "ConfigurationMethod",
    "Decoy",
    "EvaluationCandidate",
    "EvaluationFigure",
    "FormerAccession",
    "HeadSet",
    "LanguageModel",
    "Membership",
    "Method",
    "MethodScore",
    "Motif",
    "Protein",
    "Proteome",
    "RankedSegment",
    "Ranking",
    "ReferenceEntry",
    "ReferenceMotif",
    "Release",
    "Run",
    "ScoredSequence",
    "Segment",
    "Segmentation",
    "Sequence",
    "VectorIndex",
    "WorkUnit",
]
