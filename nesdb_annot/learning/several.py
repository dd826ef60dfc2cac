"""How often a cargo has two signals, three or more: the shares of sets in the second stage of `methods.ranking`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..methods.ranking import peaks, set_sums
from .examples import TrainingProtein
from .truth import hits

LARGEST = 3
"""Signals of a set; a cargo with more counts as one with so many."""
ROUNDS = 200
CLOSE = 1e-6
"""Relative change of every share at which fitting ends."""

Floats = NDArray[np.float64]


def fit_several(
    firsts: Sequence[Floats], proteins: Sequence[TrainingProtein], largest: int = LARGEST
) -> tuple[float, ...]:
    """Shares of sets of two up to `largest` signals, relative to those of one.

    Those of maximum likelihood, given that a cargo has one at least: under them as many cargoes are expected to have
    sets of each size as do have them. They are found by iterative scaling (Darroch and Ratcliff 1972, Ann Math Stat
    43:1470). A signal is the best peak that hits a motif; cargoes without any say nothing, so that nothing is learnt
    of how often a signal is elsewhere.

    Args:
        firsts: first-stage log-odds of the candidates of each protein.
        proteins: with candidates and truth.
        largest: signals of the largest set, at least 2.

    Returns:
        Shares of 2, 3, ... signals; 0 for a size that no cargo has.
    """
    pairs = [(first, own) for first, own in zip(firsts, proteins, strict=True) if own.cargo and own.truth.motifs]
    found = np.array([min(_signals(first, own), largest) for first, own in pairs], dtype=np.int64)
    counts = np.bincount(found, minlength=largest + 1)[1:].astype(np.float64)
    if not counts[0]:
        return ()
    sums = np.array([peak_sums(first, own, largest) for (first, own), n in zip(pairs, found, strict=True) if n])
    shares = counts / counts[0]
    for _ in range(ROUNDS):
        expected = expected_sizes(sums, shares)
        after = np.where(counts > 0, shares * counts / np.maximum(expected, 1e-300), 0.0)
        after /= after[0]
        done = np.allclose(after, shares, rtol=CLOSE, atol=0)
        shares = after
        if done:
            break
    return tuple(shares[1:].tolist())


def _signals(first: Floats, protein: TrainingProtein) -> int:
    """Peaks that are the best on a motif."""
    top = peaks(first, protein.spans)
    hit = hits([protein.spans[i] for i in top], protein.truth.motifs)
    return len({int(np.argmax(column)) for column in hit.T if column.any()})


def peak_sums(first: Floats, protein: TrainingProtein, largest: int = LARGEST) -> Floats:
    """Logarithms of the sums over sets of 1 to `largest` peaks of a protein, shape (largest,)."""
    own = first[peaks(first, protein.spans)]
    outcome: Floats = set_sums(np.append(own, 0.0), largest)[1:, -1]  # of all but the last, which is none
    return outcome


def expected_sizes(sums: Floats, shares: Floats) -> Floats:
    """Expected number of cargoes with sets of each size, shape (largest,), if each has one signal at least.

    Args:
        sums: from `peak_sums`, shape (n, largest).
        shares: of sets of 1 to largest signals, shape (largest,).
    """
    with np.errstate(divide="ignore"):
        weighted = sums + np.log(shares)
    likely = np.exp(weighted - weighted.max(axis=1, keepdims=True))
    outcome: Floats = (likely / likely.sum(axis=1, keepdims=True)).sum(axis=0)
    return outcome
