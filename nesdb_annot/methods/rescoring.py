"""Scores stored segments: the same for a segment that was selected just now and for one that the database has held.

Methods that read pooled vectors score the stored vector. All other raw scores, the competition between candidates and
the odds of a cargo are the selector's, and are stored. The combined score follows from these alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodScore, ScoredSegment, ScoredSequence, json_text
from ..residues import ResidueSpan
from .calibration import Calibration, logistic
from .combination import STORED, Combined, combined
from .protocol import Method, ProteinContext
from .ranking import NAME as COMBINED
from .ranking import Ranking
from .relatives import TrainingProteins
from .segment_context import segment_context
from .selector import logits_of
from .topology import StatedStretches

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StoredScores:
    """Scores of the segments of one sequence by one method: raw scores, shape (n,), and evidence as JSON text."""

    raw: NDArray[np.float32]
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class StoredSegments:
    """The candidates of one sequence that are kept, n of them, as they are stored.

    Attributes:
        digest: of the sequence.
        residues: cleaned, length L.
        spans: refined.
        pooled: vectors by the pooling of the head set, shape (n, dimension).
        scores: by method of the selector.
        competition: what competing candidates take from the log-odds of each, shape (n,).
        cargo: log-odds that the protein is a cargo; None if nothing is known.
        stated: see `ProteinContext`.
    """

    digest: str
    residues: str
    spans: Sequence[ResidueSpan]
    pooled: NDArray[np.float16]
    scores: Mapping[str, StoredScores]
    competition: Floats
    cargo: float | None
    stated: StatedStretches = ()


@dataclass(frozen=True, slots=True)
class Scorers:
    """Every method's score of stored segments, and the combined score.

    Attributes:
        names: of all methods, in the order in which they are stored.
        pooled: those that read stored vectors, by name.
        calibrations: of all methods, in the order of `names`.
        ranking: first stage over all methods.
        calibration: of the combined log-odds.
        pooling: of the vectors that `pooled` read.
        outside_option: competition of a candidate that has no competitors.
        training: proteins that the methods were trained on, to recognise their relatives.
    """

    names: Sequence[str]
    pooled: Mapping[str, Method]
    calibrations: Sequence[Calibration]
    ranking: Ranking
    calibration: Calibration
    pooling: str
    outside_option: float
    training: TrainingProteins

    def score(self, stored: StoredSegments) -> ScoredSequence:
        """All scores of each segment, the combination last."""
        training = self.training.relation(stored.digest, stored.residues)
        if not stored.spans or stored.cargo is None:
            return ScoredSequence(stored.digest, cargo=stored.cargo, training=training)
        scores = self._by_method(stored)
        raw = np.column_stack([scores[name].raw for name in self.names])
        logits = logits_of(raw, self.calibrations)
        around = segment_context(stored.residues, stored.spans, stored.stated)
        first, added = self.ranking.parts(logits, around)
        result = combined(first, stored.competition, stored.cargo, self.calibration)
        evidence = self._evidence(first, stored.competition, added)
        columns = [scores[name] for name in self.names] + [_column(result, evidence)]
        calibrated = np.column_stack([logistic(logits), result.probability])
        rows = _rows((*self.names, COMBINED), columns, calibrated)
        parts = zip(stored.spans, stored.pooled, first.tolist(), stored.competition.tolist(), rows, strict=True)
        return ScoredSequence(
            stored.digest,
            tuple(ScoredSegment(span, row.tobytes(), one, taken, own) for span, row, one, taken, own in parts),
            stored.cargo,
            training=training,
        )

    def _by_method(self, stored: StoredSegments) -> Mapping[str, StoredScores]:
        """The selector's scores, and those of the methods that read the stored vectors."""
        vectors = stored.pooled.astype(np.float32)
        no_embedding = np.empty((0, vectors.shape[1]), dtype=np.float32)
        context = ProteinContext(
            stored.digest, stored.residues, no_embedding, stored.spans, vectors,
            stated=stored.stated, pooling=self.pooling,
        )  # fmt: skip
        everything = range(len(stored.spans))
        return {
            **stored.scores,
            **{
                name: stored_scores(method, context, method.raw(context), everything)
                for name, method in self.pooled.items()
            },
        }

    def _evidence(self, first: Floats, competition: Floats, added: Floats) -> list[str]:
        """What the combined scores rest on, as JSON text.

        ``log_odds`` is what each method adds, ``alone`` the probability in a cargo that has no other candidate, and
        ``competition`` what the other candidates add to the log-odds, zero at most.
        """
        alone = self.calibration.apply(first - self.outside_option)
        others = np.minimum(self.outside_option - competition, 0.0)
        rows = zip(added.round(3).tolist(), alone.tolist(), others.round(3).tolist(), strict=True)
        evidence: list[dict[str, Json]] = [
            {
                "log_odds": dict(zip(self.names, by_method, strict=True)),
                "alone": float(f"{probability:.4g}"),
                "competition": change + 0.0,
            }
            for by_method, probability, change in rows
        ]
        return [json_text(own) for own in evidence]


def stored_scores(
    method: Method, context: ProteinContext, raw: NDArray[Any], indices: Sequence[int]
) -> StoredScores:
    """Scores and evidence of some segments of `context`, as they are stored.

    Args:
        method: whose scores.
        context: of all segments.
        raw: of all of them, shape (n,).
        indices: of the segments that are stored.
    """
    evidence = method.evidence(context, indices)
    return StoredScores(raw[list(indices)].astype(STORED), [json_text(own) for own in evidence])


def _column(result: Combined, evidence: Sequence[str]) -> StoredScores:
    return StoredScores(result.log_odds.astype(STORED), evidence)


def _rows(
    names: Sequence[str], columns: Sequence[StoredScores], calibrated: Floats
) -> list[tuple[MethodScore, ...]]:
    """Scores of each segment, in the order of `names`."""
    raw = zip(*(column.raw.tolist() for column in columns), strict=True)
    evidence = zip(*(column.evidence for column in columns), strict=True)
    rows = zip(raw, calibrated.tolist(), evidence, strict=True)
    return [tuple(map(MethodScore, names, *own)) for own in rows]
