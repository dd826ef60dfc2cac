"""Predict: proteins are embedded, cut into candidates and scored, without a database.

The computation is that of `score`: the same language model, head set and code, so that equal residues get equal
candidates and equal numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..methods.calibration import logistic
from ..methods.ranking import NAME as COMBINED
from ..predictions import PredictedCandidate, Prediction
from ..records import MethodScore, ProteinRecord, ScoredSegment, ScoredSequence
from ..residues import sequence_digest
from ..settings import Settings
from .heads import bundled_head_set
from .protein_scorer import ProteinScorer, build_scorer
from .ranking import prior_shift

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..methods.relatives import TrainingProteins

RESIDUES_PER_BATCH = 30_000
"""Proteins are embedded together up to so many residues."""


@dataclass(frozen=True)
class Predictor:
    """An open language model with a head set, ready to score proteins.

    Attributes:
        scorer: embeds and scores.
        head_set: whose numbers are shown.
        training: searches relatives among the training proteins; None if the head set names none.
        cargo_prior: assumed share of cargoes, above 0; 1 for proteins that are known to be cargoes.
    """

    scorer: ProteinScorer
    head_set: HeadSet
    training: TrainingProteins | None
    cargo_prior: float

    @property
    def observed(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Shares of right predictions that the head set stores; empty if it stores none."""
        stored: Any = self.head_set.report.get("observed", {})
        return dict(stored)

    @property
    def thresholds(self) -> dict[str, float]:
        """Operating point -> threshold, of the points that have one."""
        points = self.head_set.operating_points
        return {point.name: point.threshold for point in points if point.threshold is not None}

    def predict(self, proteins: Iterable[ProteinRecord]) -> Iterator[Prediction]:
        """Yield one prediction for each protein, in their order; one that fails carries its error."""
        for batch in _batches(proteins):
            chunk = [(sequence_digest(one.residues), one.residues) for one in batch]
            scored = scored_by_digest(self.scorer, chunk)
            for protein, (digest, _) in zip(batch, chunk, strict=True):
                yield self._prediction(protein, scored[digest])

    def _prediction(self, protein: ProteinRecord, sequence: ScoredSequence) -> Prediction:
        shift = prior_shift(self.cargo_prior)
        candidates = [_candidate(protein.residues, one, sequence.cargo, shift) for one in sequence.segments]
        relation = self.training.relation(sequence.digest, protein.residues) if self.training else None
        odds = None if sequence.cargo is None else np.array([sequence.cargo + shift])
        return Prediction(
            accession=protein.accession,
            description=protein.gene or protein.protein_name or "",
            residues=protein.residues,
            candidates=tuple(sorted(candidates, key=lambda one: (-one.probability_in_cargo, one.span.first))),
            probability_of_cargo=None if odds is None else float(logistic(odds)[0]),
            relation=relation,
            cargo_prior=self.cargo_prior,
            error=sequence.error,
        )


def open_predictor(settings: Settings) -> Predictor:
    """Open the language model of the settings with the bundled head set.

    Raises:
        ConfigurationError: if the bundled head set is for another language model or segmentation.
    """
    from ..methods.headset import HeadSet

    payload = bundled_head_set()
    head_set = HeadSet.from_bytes(payload)
    scorer = build_scorer(settings, payload)
    remedy = "predict with the bundled model: leave out --model, --layer and other settings; nesannot score uses yours"
    head_set.check_fits(scorer.embedder.identity, scorer.segmenter.identity, remedy)
    return Predictor(scorer, head_set, head_set.training_proteins, settings.cargo_prior)


def scored_by_digest(scorer: ProteinScorer, chunk: Sequence[tuple[str, str]]) -> dict[str, ScoredSequence]:
    """Score sequences and return them by digest: one that was tried again alone comes last.

    Raises:
        BaseException: the reason why the scorer stopped before all sequences were scored, such as a full disk.
    """
    scored = scorer(chunk)
    if scored.stopped:
        raise scored.stopped
    return {sequence.digest: sequence for sequence in scored.sequences}


def _batches(proteins: Iterable[ProteinRecord]) -> Iterator[list[ProteinRecord]]:
    """Proteins in batches of about `RESIDUES_PER_BATCH` residues."""
    batch: list[ProteinRecord] = []
    size = 0
    for protein in proteins:
        batch.append(protein)
        size += len(protein.residues)
        if size >= RESIDUES_PER_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _candidate(residues: str, segment: ScoredSegment, cargo: float | None, shift: float) -> PredictedCandidate:
    by_method = {score.method: score for score in segment.scores}
    pattern, evidence = (_evidence(by_method[name]) for name in ("consensus", COMBINED))
    in_cargo, of_cargo = logistic(np.array([by_method[COMBINED].raw, (cargo or 0.0) + shift])).tolist()
    return PredictedCandidate(
        span=segment.span,
        peptide=residues[segment.span.as_slice()],
        nes_class=str(pattern.get("class") or ""),
        core=tuple(sorted(pattern.get("core", {}).values())),
        probability=in_cargo * of_cargo,
        probability_in_cargo=in_cargo,
        alone=float(evidence["alone"]),
        competition=float(evidence["competition"]),
        log_odds=evidence["log_odds"],
    )


def _evidence(score: MethodScore) -> dict[str, Any]:
    """Evidence of a score, which travels as JSON text."""
    evidence: dict[str, Any] = json.loads(score.evidence)
    return evidence
