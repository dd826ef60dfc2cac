"""What chance alone would give: decoys, expected numbers and q-values.

A decoy is a protein with its residues shuffled: same length, same composition, no signal but by chance. The rate at
which candidates of decoys reach a score tells how many of a proteome's candidates chance explains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shuffled(residues: str, key: str) -> str:
    """`residues` in an order that depends on `key` alone.

    Example:
        >>> sorted(shuffled("LLKAGD", "a")) == sorted("LLKAGD"), shuffled("LLKAGD", "a") == shuffled("LLKAGD", "a")
        (True, True)
    """
    letters = list(residues)
    Random(key).shuffle(letters)  # noqa: S311 - reproducible, not secret
    return "".join(letters)


def decoys_of(proteins: Iterable[tuple[str, str]], residues: int, copies: int) -> Iterator[tuple[str, str]]:
    """Shuffled proteins, in the order of digests, until there are `residues` of them or each came `copies` times.

    A digest is as good as a lot, so that the first ones are a random sample that does not change from run to run.

    Args:
        proteins: digest and residues of each.
        residues: how many are wanted.
        copies: of one protein at most.

    Returns:
        A name, which is no digest of a sequence, and residues of each decoy.
    """
    drawn = sorted(proteins)
    done = 0
    for copy in range(copies):
        for digest, original in drawn:
            if done >= residues:
                return
            name = f"decoy {copy + 1} of {digest}"
            yield name, shuffled(original, name)
            done += len(original)


@dataclass(frozen=True, slots=True)
class Chance:
    """Scores that proteins without a signal reach.

    Attributes:
        source: ``shuffled``, or the name of a proteome without CRM1.
        scores: of all their candidates, ascending.
        residues: of these proteins.
    """

    source: str
    scores: Floats
    residues: int

    def rate(self, scores: Floats) -> Floats:
        """Expected candidates per residue that score as high or higher, for each of `scores`.

        One is added to the count, so that what no decoy reached is not taken for impossible.
        """
        reached = len(self.scores) - np.searchsorted(self.scores, scores, side="left")
        outcome: Floats = (reached + 1) / max(self.residues, 1)
        return outcome

    def q_values(self, scores: Floats, residues: int) -> Floats:
        """Least share of false candidates among those kept, over all cuts that keep a candidate with each of `scores`.

        Target-decoy estimate (Elias and Gygi 2007, Nat Methods 4:207) with one added to the decoys' count (Levitsky et
        al. 2017, J Proteome Res 16:689), per residue rather than per pair, as if no target candidate were a signal:
        an upper estimate.

        Args:
            scores: of all candidates of a proteome, shape (n,), in any order.
            residues: of its distinct sequences.
        """
        order = np.argsort(scores, kind="stable")
        ascending = scores[order]
        kept = len(ascending) - np.searchsorted(ascending, ascending, side="left")
        false_share = np.minimum(1.0, self.rate(ascending) * residues / np.maximum(kept, 1))
        outcome = np.empty(len(scores))
        outcome[order] = np.minimum.accumulate(false_share)
        return outcome

    def steps(self, scores: Floats, residues: int) -> list[tuple[float, float, float]]:
        """Score, q-value and rate where the q-value or the rate changes, by ascending score; see `q_values`."""
        levels, index = np.unique(scores, return_index=True)
        q = np.round(self.q_values(scores, residues)[index], 6)
        rate = self.rate(levels)
        changes = np.ones(len(levels), dtype=bool)
        changes[1:] = (np.diff(q) != 0) | (np.diff(rate) != 0)
        return list(zip(levels[changes].tolist(), q[changes].tolist(), rate[changes].tolist(), strict=True))
