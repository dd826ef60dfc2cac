"""Batches in a deterministic order: a batch depends on seed and number only, whenever a run was interrupted.

A protein is the token string <cls>, residues, <eos>; a crop is any window of it. Crops of one batch have the same
length (the largest of `LENGTHS` that the protein fills), so that nothing is padded. An epoch shows one crop of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..tokens import CLS, EOS, FIRST_LETTER, LETTERS, MASK
from .corpus import TokenStore, open_split

LENGTHS = (1024, 512, 256, 128, 64)
LONGEST_SHARE = 0.25
"""Share of proteins whose crop may be of the greatest length; attention makes those dearer."""

CHOSEN_SHARE = 0.15
_STANDARD = len(LETTERS) - 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokens (batch, length), the flat positions chosen for prediction, and what truly stands there."""

    tokens: NDArray[np.int64]
    chosen: NDArray[np.int64]
    targets: NDArray[np.int64]


def crop(store: TokenStore, protein: int, first: int, length: int) -> NDArray[np.uint8]:
    """`length` tokens of <cls> + residues + <eos> from the 0-based position `first`."""
    begin, end = store.offsets[protein], store.offsets[protein + 1]
    tokens = np.empty(end - begin + 2, dtype=np.uint8)
    tokens[0], tokens[-1] = CLS, EOS
    tokens[1:-1] = store.tokens[begin:end]
    return tokens[first : first + length]


def corrupted(truth: NDArray[np.int64], generator: np.random.Generator, *, masks_only: bool = False) -> Batch:
    """Choose 15 % of the residues; show 80 % of them as <mask>, 10 % as a random residue, 10 % as they are.

    Args:
        truth: tokens, shape (batch, length).
        masks_only: show every chosen residue as <mask>, as validation does.
    """
    flat = truth.ravel()
    residues = np.flatnonzero((flat >= FIRST_LETTER) & (flat < FIRST_LETTER + len(LETTERS)))
    count = min(len(residues), max(1, round(CHOSEN_SHARE * len(flat))))
    chosen = np.sort(generator.choice(residues, size=count, replace=False))
    shown = flat.copy()
    fate = generator.random(count)
    shown[chosen[fate < 0.8]] = MASK
    swapped = chosen[(fate >= 0.8) & (fate < 0.9)]
    shown[swapped] = generator.integers(FIRST_LETTER, FIRST_LETTER + _STANDARD, size=len(swapped))
    if masks_only:
        shown[chosen] = MASK
    return Batch(shown.reshape(truth.shape), chosen, flat[chosen])


def validation_truth(batch: Batch) -> NDArray[np.int64]:
    """The flat tokens of a batch of which every chosen one is shown as <mask>, with the truth put back."""
    truth = batch.tokens.ravel().copy()
    truth[batch.chosen] = batch.targets
    return truth


class BatchOrder:
    """All batches of a corpus, by number.

    Args:
        store: the training proteins.
        tokens: of one batch; a multiple of the greatest length. Lengths beyond it are not used.
        seed: of order, crops and masks.
    """

    def __init__(self, store: TokenStore, tokens: int, seed: int) -> None:
        self._store, self._tokens, self._seed = store, tokens, seed
        self._lengths = np.diff(store.offsets) + 2
        self._epoch, self._plan = -1, self._planned(0)

    def _planned(self, epoch: int) -> list[tuple[int, NDArray[np.int64]]]:
        """Crop length and proteins of every batch of an epoch, in order."""
        generator = np.random.default_rng([self._seed, epoch])
        order = generator.permutation(len(self._store))
        longest = generator.random(len(order)) < LONGEST_SHARE
        lengths = [length for length in LENGTHS if length <= self._tokens]
        room = np.where(longest, LENGTHS[0], LENGTHS[1])
        plan: list[tuple[int, int, NDArray[np.int64]]] = []
        fits = np.minimum(self._lengths[order], room)
        for upper, length in zip((np.inf, *lengths), lengths, strict=False):
            places = np.flatnonzero((fits >= length) & (fits < upper))
            size = self._tokens // length
            for begin in range(0, len(places) - size + 1, size):
                members = places[begin : begin + size]
                plan.append((int(members[-1]), length, order[members]))
        plan.sort(key=lambda planned: planned[0])
        self._epoch = epoch
        return [(length, members) for _, length, members in plan]

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`, counted from 0 through all epochs.

        Raises:
            ValueError: if the corpus is too small for one batch.
        """
        if not self._plan:
            raise ValueError(f"the corpus does not fill one batch of {self._tokens} tokens")
        epoch, place = divmod(number, self._size)
        if epoch != self._epoch:
            self._plan = self._planned(epoch)
        length, proteins = self._plan[place % len(self._plan)]
        generator = np.random.default_rng([self._seed, epoch, place])
        rows = []
        for protein in proteins:
            first = generator.integers(0, self._lengths[protein] - length + 1)
            rows.append(crop(self._store, int(protein), int(first), length))
        return corrupted(np.stack(rows).astype(np.int64), generator)

    @property
    def _size(self) -> int:
        """Batches of one epoch; that of the first epoch serves for all, which differ by a batch or two."""
        if not hasattr(self, "_first_size"):
            self._first_size = len(self._plan)
        return self._first_size


def batch_maker(corpus: Path, tokens: int, seed: int) -> Callable[[tuple[int, int]], tuple[int, Batch]]:
    """What a process makes batches with: of a place in line and a number, the place and the batch of that number.

    Args:
        corpus: a prepared corpus, opened where it is used.
        tokens: see `BatchOrder`.
        seed: likewise.
    """
    order = BatchOrder(open_split(corpus, "train"), tokens, seed)
    return lambda numbered: (numbered[0], order[numbered[1]])
