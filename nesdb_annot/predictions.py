"""Nouns of an answer about one protein: its candidates, how sure they are, and what is known of the protein."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .records import Json
from .relation import TrainingRelation
from .residues import ResidueSpan


@dataclass(frozen=True, slots=True)
class PredictedCandidate:
    """One candidate of a protein.

    Attributes:
        span: 1-based, inclusive.
        peptide: residues of the span.
        nes_class: class of the best consensus pattern; empty if none matches.
        core: positions of the hydrophobic core, 1-based, ascending.
        probability: that the candidate is an NES, under the prior of the prediction.
        probability_in_cargo: the same if the protein is a cargo.
        alone: probability in a cargo that has no competing candidates.
        competition: what competing candidates add to the log-odds, zero at most.
        log_odds: method -> what it adds to the log-odds of the first stage.
    """

    span: ResidueSpan
    peptide: str
    nes_class: str
    core: tuple[int, ...]
    probability: float
    probability_in_cargo: float
    alone: float
    competition: float
    log_odds: Mapping[str, float]

    def to_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        evidence: dict[str, Json] = {"log_odds": dict(self.log_odds), "alone": self.alone,
                                     "competition": self.competition}  # fmt: skip
        return {
            "first_residue": self.span.first, "last_residue": self.span.last, "peptide": self.peptide,
            "nes_class": self.nes_class or None, "core_positions": list(self.core),
            "probability": round(self.probability, 6), "probability_in_cargo": round(self.probability_in_cargo, 6),
            "evidence": evidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one protein.

    Attributes:
        accession: as in the header, or a name that was given to the sequence.
        description: gene or name of the protein; empty if not known.
        residues: cleaned, length L.
        candidates: best first.
        probability_of_cargo: that the protein is a cargo, under the prior; None if it has no candidate.
        relation: to the training set.
        cargo_prior: assumed share of cargoes; 1 for a protein that is known to be one.
        error: why the protein could not be scored; empty if it was.
    """

    accession: str
    description: str
    residues: str
    candidates: tuple[PredictedCandidate, ...] = ()
    probability_of_cargo: float | None = None
    relation: TrainingRelation | None = None
    cargo_prior: float = 0.1
    error: str = ""

    @property
    def best(self) -> PredictedCandidate | None:
        """The most probable candidate; None if there is none."""
        return self.candidates[0] if self.candidates else None
