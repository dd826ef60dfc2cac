"""The frozen nouns of evaluations: what was measured, and the candidates that it was measured on."""

from __future__ import annotations

from dataclasses import dataclass

from .residues import ResidueSpan

EVALUATION_PROTOCOLS = ("honest", "paper")
"""Families held out of training; or the published protocol, which contains its training data."""


@dataclass(frozen=True, slots=True)
class EvaluationFigure:
    """A figure of merit of one method.

    Attributes:
        protocol: one of `EVALUATION_PROTOCOLS`.
        population: what it was measured on: ``A``, ``B``, ``motif_free``, ``cargo_screen`` or ``segments``.
        method: scoring method, combination or baseline.
        figure: its name, as ``average_precision``.
        value: None where it is not defined or not reached.
        interval: 95 % bootstrap interval over proteins; None where there is none.
        condition: what was changed for it, as ``without tagger``; empty for the method as it is.
    """

    protocol: str
    population: str
    method: str
    figure: str
    value: float | None
    interval: tuple[float, float] | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class EvaluatedCandidate:
    """A candidate that a method left after overlap resolution.

    Attributes:
        protocol: one of `EVALUATION_PROTOCOLS`.
        digest: of the sequence.
        part: fold that the protein was held out with; in the paper's protocol training, validation or test.
        score: probability by heads that had not seen the family; raw for baselines and the paper's protocol.
        verdict: ``hit``, ``error`` or ``unknown``, by truth A or the paper's rule.
        verdict_b: the same by truth B; None where it says nothing of the protein.
    """

    protocol: str
    method: str
    digest: str
    span: ResidueSpan
    part: str
    score: float
    verdict: str
    verdict_b: str | None = None
