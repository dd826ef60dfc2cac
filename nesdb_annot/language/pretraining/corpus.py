"""Prepares a corpus for pre-training: families out, validation families apart, residues as a memory-mapped token array.

A prepared corpus is a folder of ``train.tokens.npy`` and ``train.offsets.npy``, the same two for ``validation``, and
``corpus.json`` with the counts and the rule. Tokens are those of `language.tokens`, uint8, without <cls> and <eos>.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...records import digest_of
from ..tokens import LETTERS, UNKNOWN, letter_tokens
from . import families

RULE = f"two non-overlapping {families.SEED}-mers of Murphy's 15-letter alphabet on one diagonal"


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Proteins as one token array; protein p is ``tokens[offsets[p]:offsets[p + 1]]``."""

    tokens: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of proteins."""
        return len(self.offsets) - 1


def read_sequences(path: Path) -> Iterator[str]:
    """Residues of each record of a FASTA file, plain or ``.xz``."""
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        parts: list[str] = []
        for line in lines:
            if line.startswith(">"):
                if parts:
                    yield "".join(parts)
                parts = []
            else:
                parts.append(line.strip())
        if parts:
            yield "".join(parts)


def tokenised(sequences: Sequence[str]) -> TokenStore:
    """Tokens of fair-esm's alphabet for cleaned residues.

    Raises:
        InputError: for a letter without a token.
    """
    lengths = np.fromiter((len(s) for s in sequences), dtype=np.int64, count=len(sequences))
    tokens = letter_tokens("".join(sequences))
    if (tokens == UNKNOWN).any():
        raise InputError("a letter of the corpus is not in the alphabet of ESM-2", why=f"it knows {LETTERS}")
    return TokenStore(tokens, np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]))


def _save(folder: Path, split: str, store: TokenStore) -> None:
    np.save(folder / f"{split}.tokens.npy", store.tokens)
    np.save(folder / f"{split}.offsets.npy", store.offsets)


def open_split(folder: Path, split: str) -> TokenStore:
    """``train`` or ``validation`` of a prepared corpus, memory-mapped."""
    return TokenStore(np.load(folder / f"{split}.tokens.npy", mmap_mode="r"), np.load(folder / f"{split}.offsets.npy"))


def prepare(
    corpus: Path, left_out: Sequence[str], folder: Path, *, validation: int = 600, seed: int = 1
) -> dict[str, object]:
    """Write a prepared corpus and return its card (also ``corpus.json``).

    Args:
        corpus: FASTA file.
        left_out: residues of proteins whose families must not be trained on.
        folder: made if absent.
        validation: proteins drawn for validation; every protein related to one of them is kept out of training.
        seed: of the draw.
    """
    everything = list(read_sequences(corpus))
    related = families.related_to(left_out, everything)
    kept = [s for s, drop in zip(everything, related, strict=True) if not drop]
    draw = np.random.default_rng(seed).choice(len(kept), size=min(validation, len(kept) // 2), replace=False)
    held_out = [kept[i] for i in np.sort(draw)]
    held_family = families.related_to(held_out, kept)
    held_family[draw] = True
    trained = [s for s, held in zip(kept, held_family, strict=True) if not held]
    card: dict[str, object] = {
        "corpus_file": corpus.name, "family_rule": RULE, "draw_seed": seed,
        "proteins": len(everything), "residues": sum(map(len, everything)),
        "left_out_references": len(left_out), "left_out_proteins": int(related.sum()),
        "validation_proteins": len(held_out), "validation_residues": sum(map(len, held_out)),
        "validation_family_proteins": int(held_family.sum()),
        "train_proteins": len(trained), "train_residues": sum(map(len, trained)),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder, "train", tokenised(trained))
    _save(folder, "validation", tokenised(held_out))
    card["digest"] = digest_of(card)
    (folder / "corpus.json").write_text(json.dumps(card, indent=1))
    return card
