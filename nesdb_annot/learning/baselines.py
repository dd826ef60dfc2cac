"""What the methods must beat, on the same candidates: pattern counts, published expressions, chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..methods.patterns import find_hits
from ..residues import bounds
from .examples import TrainingProtein
from .truth import HIT_RESIDUES, overlaps

Floats = NDArray[np.float64]

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


def _expression(expression: re.Pattern[str]) -> Callable[[TrainingProtein], Floats]:
    def count(protein: TrainingProtein) -> Floats:
        return _counted(protein, [(m.start(1) + 1, m.end(1)) for m in expression.finditer(protein.residues)])

    return count


def chance(protein: TrainingProtein) -> Floats:
    """Numbers drawn at random, the same for the same protein, shape (n,)."""
    return np.random.default_rng(int(protein.digest[:12], 16)).random(len(protein.spans))


BASELINES: Mapping[str, Callable[[TrainingProtein], Floats]] = MappingProxyType(
    {
        "patterns counted": pattern_count,
        "ELM expression": _expression(ELM),
        "Wregex expression": _expression(WREGEX),
        "random": chance,
    }
)
"""Name -> score of each candidate of a protein, shape (n,)."""
