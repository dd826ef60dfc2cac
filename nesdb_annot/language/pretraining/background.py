"""What a language model must beat: unigram and trigram models, on the same masked residues.

Both see the true neighbours, of which the masked language model may be shown masks, so the comparison favours them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..tokens import CLS, EOS, FIRST_LETTER, LETTERS
from .batches import Batch, validation_truth
from .corpus import TokenStore

STATES = len(LETTERS) + 1
"""Residues and one state for whatever lies outside the protein."""

EDGE = len(LETTERS)
CONTEXTS = {"trigram": (-2, -1), "neighbours": (-1, 1)}
"""Offsets of the two residues from which a third is predicted."""

BACK_OFF = 20.0
"""Pseudo-counts of the lower order in each context."""


def _states(store: TokenStore) -> NDArray[np.int64]:
    """All proteins end to end with two edges between them."""
    out = np.full(len(store.tokens) + 2 * (len(store) + 1), EDGE, dtype=np.int64)
    places = np.arange(len(store.tokens)) + 2 * (np.repeat(np.arange(len(store)), np.diff(store.offsets)) + 1)
    out[places] = np.asarray(store.tokens, dtype=np.int64) - FIRST_LETTER
    return out


class Background:
    """Unigram, trigram (the two residues before) and neighbours (one on each side), fitted to a corpus."""

    def __init__(self, store: TokenStore) -> None:
        states = _states(store)
        inside = np.flatnonzero(states != EDGE)
        counts = np.bincount(states[inside], minlength=STATES)[: len(LETTERS)] + 1.0
        self.unigram = counts / counts.sum()
        self._tables = {name: self._table(states, inside, offsets) for name, offsets in CONTEXTS.items()}

    def _table(
        self, states: NDArray[np.int64], inside: NDArray[np.int64], offsets: tuple[int, int]
    ) -> NDArray[np.float64]:
        first, second = (states[inside + offset] for offset in offsets)
        code = (first * STATES + second) * STATES + states[inside]
        triples = (
            np.bincount(code, minlength=STATES**3).reshape(STATES, STATES, STATES)[..., : len(LETTERS)].astype(float)
        )
        pairs = triples.sum(axis=0) + BACK_OFF * self.unigram
        pairs /= pairs.sum(axis=-1, keepdims=True)
        table = triples + BACK_OFF * pairs[None]
        smoothed: NDArray[np.float64] = table / table.sum(axis=-1, keepdims=True)
        return smoothed

    def perplexities(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Perplexity of each model on the chosen residues of `batches`."""
        nats: dict[str, float] = dict.fromkeys(("unigram", *self._tables), 0.0)
        count = 0
        for batch in batches:
            truth = validation_truth(batch)
            states = np.where((truth == CLS) | (truth == EOS), EDGE, truth - FIRST_LETTER)
            padded = np.concatenate([[EDGE, EDGE], states, [EDGE, EDGE]])
            target = batch.targets - FIRST_LETTER
            nats["unigram"] -= float(np.log(self.unigram[target]).sum())
            for name, table in self._tables.items():
                first, second = (padded[batch.chosen + 2 + offset] for offset in CONTEXTS[name])
                nats[name] -= float(np.log(table[first, second, target]).sum())
            count += len(target)
        return {name: math.exp(total / count) for name, total in nats.items()}
