"""Recognise relatives of the training proteins by hashed words of five residues, of which one in five is stored.

A head set holds no residues of its training proteins. It holds a sketch of each: the hashes of the protein's words, as
far as they fall in a fixed fifth of all hashes. Two proteins whose sketches share more hashes than chance explains are
relatives. Words overlap by four residues and four in five are missing, so that no sequence can be put together from
them; the pieces that fit are about ten residues long.

Measured on pairs of 6,037 proteins (yeast, human, E. coli, NESdb) with the 578 training proteins: of the pairs that
the rule of the folds links at 50 % identity or more, 95 % are recognised (99 of 104); of the pairs that it does not
link, 0.007 % are. Of the proteins without a linked training protein, 3 % share a domain or a repeat with one and are
marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..relation import Relation, TrainingRelation

NAME = "relatives"
"""Prefix of the arrays of a head set that hold the sketches."""

WORD_LENGTH = 5
SAMPLE = 5
"""One in so many hashes is stored."""

EFFECTIVE_WORDS = 1_054_000
"""Number of equally frequent words that unrelated proteins would share as often as real words: a third of the 20^5
words, since residues differ in frequency."""

LEAST_SURPRISE = 8.5
"""Nats. Chance shares so many words in fewer than one of 4,900 pairs, by Chernoff's bound for a Poisson number. The
same linked pairs are recognised from 7 to 9.5; at 7 three times as many unlinked proteins are marked."""

_LARGEST = np.uint32(2**32 // SAMPLE)
_BITS = np.uint32(5)

Hashes = NDArray[np.uint32]


def sketch(residues: str) -> Hashes:
    """Return the stored hashes of a sequence, ascending, each once; few or none for a peptide.

    Example:
        >>> len(sketch("MKL")), len(sketch("MSLDQLKELEAAQIEKLAKELGLDPE"))
        (0, 2)
    """
    letters = np.frombuffer(residues.encode(), np.uint8).astype(np.uint32) & np.uint32(31)
    count = len(letters) - WORD_LENGTH + 1
    if count < 1:
        return np.empty(0, np.uint32)
    words = np.zeros(count, np.uint32)
    for shift in range(WORD_LENGTH):
        words = (words << _BITS) | letters[shift : shift + count]
    hashes = np.unique(_mixed(words))
    return hashes[hashes < _LARGEST]


def _mixed(words: Hashes) -> Hashes:
    """Hash 32-bit words one to one (the finaliser of MurmurHash3 with the constants of Wellons' hash prospector)."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x7FEB352D)
    words = words ^ (words >> np.uint32(15))
    words = words * np.uint32(0x846CA68B)
    return words ^ (words >> np.uint32(16))


def sketch_arrays(sequences: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return the sketches of `sequences` as arrays of a head set: all hashes, and how many each sequence has."""
    sketches = [sketch(residues) for residues in sequences]
    return {
        f"{NAME}/words": np.concatenate([np.empty(0, np.uint32), *sketches]),
        f"{NAME}/counts": np.array([len(one) for one in sketches], np.uint32),
    }


class TrainingProteins:
    """The training proteins of a head set, searched by digest and by sketch.

    Args:
        digests: of their sequences.
        accessions: of the same proteins, in the same order.
        arrays: of the head set; those of `sketch_arrays` are read.
    """

    def __init__(self, digests: Sequence[str], accessions: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> None:
        words, self._counts = arrays[f"{NAME}/words"], arrays[f"{NAME}/counts"].astype(np.int64)
        if not len(digests) == len(accessions) == len(self._counts) or self._counts.sum() != len(words):
            raise ValueError(f"{len(digests)} training proteins have {len(self._counts)} sketches")
        order = np.argsort(words, kind="stable")
        self._words = words[order]
        self._owners = np.repeat(np.arange(len(self._counts)), self._counts)[order]
        self._accessions = tuple(accessions)
        self._by_digest = dict(zip(digests, accessions, strict=True))

    def relation(self, digest: str, residues: str) -> TrainingRelation:
        """Return how a sequence is related to the training proteins, with the one that shares most of its words.

        The share is that of the sketch of the shorter protein, so that a fragment of a training protein has 1.
        """
        if digest in self._by_digest:
            return TrainingRelation(Relation.SAME, self._by_digest[digest], 1.0)
        words = sketch(residues)
        first, last = (np.searchsorted(self._words, words, side) for side in ("left", "right"))
        stretches = [self._owners[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if a < b]
        if not stretches:
            return TrainingRelation(Relation.NONE)
        shared = np.bincount(np.concatenate(stretches), minlength=len(self._counts))
        sharing = np.flatnonzero(shared)
        related = sharing[surprise(shared[sharing], len(words), self._counts[sharing]) >= LEAST_SURPRISE]
        if not len(related):
            return TrainingRelation(Relation.NONE)
        shares = shared[related] / np.minimum(self._counts[related], len(words))
        best = int(np.argmax(shares))
        return TrainingRelation(Relation.RELATED, self._accessions[related[best]], float(shares[best]))


def surprise(shared: NDArray[np.int64], words: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far shared hashes exceed chance, in nats, shape (n,): minus the log of Chernoff's bound.

    Args:
        shared: hashes that a sketch shares with each of n others, at least 1.
        words: hashes of the sketch.
        others: hashes of each of the n others.
    """
    expected = words * others * (SAMPLE / EFFECTIVE_WORDS)
    nats = shared * np.log(shared / expected) - (shared - expected)
    return np.where(shared > expected, nats, 0.0)
