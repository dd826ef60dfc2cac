"""What the methods must beat, on the same candidates: pattern counts, published expressions, chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..methods.descriptors import HYDROPHOBICITY, SCALES, UNKNOWN, letter_indices
from ..methods.patterns import find_hits
from ..residues import HIT_RESIDUES, bounds
from .examples import TrainingProtein
from .logistic import fit_logistic
from .truth import Verdict, overlaps

Floats = NDArray[np.float64]

HELIX_ANGLE = 100.0
"""Degrees between neighbouring side chains of a helix."""
MOMENT_WINDOW = 11

# ELM TRG_NES_CRM1_1, as published by the Eukaryotic Linear Motif resource.
ELM = re.compile(
    r"(?=(([DEQ].{0,1}[LIM].{2,3}[LIVMF][^P]{2,3}[LMVF].[LMIV].{0,3}[DE])"
    r"|([DE].{0,1}[LIM].{2,3}[LIVMF][^P]{2,3}[LMVF].[LMIV].{0,3}[DEQ])))"
)
# Wregex NES/CRM1 "recommended" expression (without its scoring matrix).
WREGEX = re.compile(r"(?=([DEQS].{0,1}[LIMA].{2,3}[LIVMF][^P]{2,3}[LMVF][^P][LMIV].{0,3}[DEQ]))")


def _counted(protein: TrainingProtein, matches: list[tuple[int, int]]) -> Floats:
    """Matches, given 1-based inclusive, that share `HIT_RESIDUES` with each candidate."""
    shared = overlaps(bounds(protein.spans), np.array(matches, dtype=np.int64).reshape(-1, 2))
    outcome: Floats = (shared >= HIT_RESIDUES).sum(axis=1).astype(np.float64)
    return outcome


def pattern_count(protein: TrainingProtein) -> Floats:
    """Matches of the eleven spacing patterns on each candidate, shape (n,)."""
    cores = find_hits(protein.residues).cores()
    return _counted(protein, sorted(set(map(tuple, cores[:, [1, 4]].tolist()))))


def _matches(expression: re.Pattern[str]) -> Callable[[TrainingProtein], Floats]:
    def count(protein: TrainingProtein) -> Floats:
        return _counted(protein, [(m.start(1) + 1, m.end(1)) for m in expression.finditer(protein.residues)])

    return count


def chance(protein: TrainingProtein) -> Floats:
    """Numbers drawn at random, the same for the same protein, shape (n,)."""
    return np.random.default_rng(int(protein.digest[:12], 16)).random(len(protein.spans))


def hydrophobic_moment(protein: TrainingProtein) -> Floats:
    """Highest helical moment of `MOMENT_WINDOW` residues within each candidate, shape (n,).

    Moment of Eisenberg et al. (1984, PNAS 81:140) at 100 degrees a residue, with the scale of Fauchere and Pliska.
    """
    scale = SCALES[HYDROPHOBICITY][letter_indices(protein.residues)].astype(np.float64)
    turned = scale * np.exp(1j * np.deg2rad(HELIX_ANGLE) * np.arange(len(scale)))
    sums = np.concatenate([[0.0], np.cumsum(turned)])
    ends = bounds(protein.spans)
    outcome = np.zeros(len(ends))
    for row, (first, last) in enumerate(ends.tolist()):
        window = min(MOMENT_WINDOW, last - first + 1)
        begins = np.arange(first - 1, last - window + 1)
        outcome[row] = np.abs(sums[begins + window] - sums[begins]).max() / window
    return outcome


def _composition(protein: TrainingProtein) -> Floats:
    """Share of each of the twenty residues in each candidate, shape (n, 20)."""
    one_hot = np.eye(UNKNOWN + 1)[letter_indices(protein.residues)][:, :UNKNOWN]
    sums = np.vstack([np.zeros(UNKNOWN), np.cumsum(one_hot, axis=0)])
    ends = bounds(protein.spans)
    outcome: Floats = (sums[ends[:, 1]] - sums[ends[:, 0] - 1]) / (ends[:, 1] - ends[:, 0] + 1)[:, None]
    return outcome


def composition(proteins: Sequence[TrainingProtein], folds: Sequence[int]) -> list[Floats]:
    """Log-odds of a logistic regression on residue shares, fitted to the other folds' cargoes; shape (n,) each."""
    shares = [_composition(protein) for protein in proteins]
    outcome: dict[int, Floats] = {}
    for fold in set(folds):
        taught = [i for i, own in enumerate(folds) if own != fold and proteins[i].cargo]
        clear = [proteins[i].example_weights > 0 for i in taught]
        rows = np.concatenate([shares[i][kept] for i, kept in zip(taught, clear, strict=True)])
        hit = np.concatenate([proteins[i].verdicts[k] == Verdict.HIT for i, k in zip(taught, clear, strict=True)])
        weights, intercept = fit_logistic(rows, hit.astype(np.float64), np.ones(len(rows)))
        outcome |= {i: shares[i] @ weights + intercept for i, own in enumerate(folds) if own == fold}
    return [outcome[i] for i in range(len(proteins))]


Baseline = Callable[[Sequence[TrainingProtein], Sequence[int]], list[Floats]]
"""Proteins and the fold of each -> scores of the candidates of each, shape (n,)."""


def _each(score: Callable[[TrainingProtein], Floats]) -> Baseline:
    return lambda proteins, _: [score(protein) for protein in proteins]


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "patterns counted": _each(pattern_count),
        "ELM expression": _each(_matches(ELM)),
        "Wregex expression": _each(_matches(WREGEX)),
        "composition": composition,
        "hydrophobic moment": _each(hydrophobic_moment),
        "random": _each(chance),
    }
)

COUNTING = frozenset({"patterns counted", "ELM expression", "Wregex expression"})
"""Baselines that say yes or no: what they reach is what they match at all."""
