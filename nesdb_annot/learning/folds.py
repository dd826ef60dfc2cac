"""Folds that keep relatives together: whole proteins by homology, and motifs that are nearly the same peptide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .homology import connected_components, homologous_pairs

PEPTIDE_WINDOW, PEPTIDE_MATCHES = 12, 8
"""Peptides are near-identical where more than this many residues agree in an ungapped window of this length."""

_NOWHERE = np.frombuffer(b"\x00", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class FoldMember:
    """A sequence to be put into a fold, with the peptides whose likes must go into the same one."""

    digest: str
    residues: str
    peptides: tuple[str, ...] = ()


def near_identical(first: str, second: str) -> bool:
    """Whether more than 8 of 12 aligned residues agree at some ungapped offset, or one peptide holds the other.

    Example:
        >>> near_identical("SNELALKLAGLDI", "NSNELALKLAGLDINKT"), near_identical("SNELALKLAGLDI", "LQLPPLERLTLDC")
        (True, False)
    """
    short, long = sorted((first, second), key=len)
    if len(short) == PEPTIDE_MATCHES:  # of 8 residues no more than 8 can agree
        return short in long
    a, b = np.frombuffer(first.encode(), np.uint8), np.frombuffer(second.encode(), np.uint8)
    padded = np.concatenate([np.repeat(_NOWHERE, len(a)), b, np.repeat(_NOWHERE, len(a))])
    aligned = np.lib.stride_tricks.sliding_window_view(padded, len(a)) == a
    window = min(PEPTIDE_WINDOW, len(a))
    counts = np.cumsum(np.pad(aligned, ((0, 0), (1, 0))), axis=1)
    return bool((counts[:, window:] - counts[:, :-window]).max(initial=0) > PEPTIDE_MATCHES)


def near_identical_pairs(members: Sequence[FoldMember]) -> Iterator[tuple[int, int]]:
    """Positions of members that hold near-identical peptides."""
    owned = [(i, peptide) for i, member in enumerate(members) for peptide in sorted(set(member.peptides))]
    for (i, a), (j, b) in combinations(owned, 2):
        if i != j and near_identical(a, b):
            yield i, j


def families(members: Sequence[FoldMember]) -> NDArray[np.int64]:
    """Family of each member, shape (n,): connected by homology of the proteins or by near-identical peptides."""
    links = [(pair.first, pair.second) for pair in homologous_pairs([member.residues for member in members])]
    return connected_components(len(members), [*links, *near_identical_pairs(members)])


def grouped_folds(members: Sequence[FoldMember], n: int = 6, seed: int = 17) -> NDArray[np.int64]:
    """Fold of each member, 0 to n - 1, shape (len(members),); no family is divided.

    Families go, largest first and equal ones in an order drawn from `seed`, into the fold that holds the fewest
    peptides so far, then the fewest members.

    Raises:
        ValueError: if `n` is less than 2 or there are fewer families than folds.
    """
    family = families(members)
    names, sizes = np.unique(family, return_counts=True)
    if n < 2 or len(names) < n:
        raise ValueError(f"{len(names)} families cannot make {n} folds")
    drawn = np.random.default_rng(seed).permutation(len(names))
    peptides = np.array([len(member.peptides) for member in members])
    load = np.zeros((n, 2), dtype=np.int64)
    fold = np.empty(len(members), dtype=np.int64)
    for index in sorted(drawn, key=lambda i: -sizes[i]):
        inside = family == names[index]
        chosen = min(range(n), key=lambda f: (load[f, 0], load[f, 1]))
        fold[inside] = chosen
        load[chosen] += (peptides[inside].sum(), inside.sum())
    return fold
