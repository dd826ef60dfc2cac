"""Candidates of shuffled proteins as bytes, with what other pooled heads need to score them without embedding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..records import ScoredSequence
from ..residues import ResidueSpan, bounds
from .protein_scorer import POOLED_TYPE

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..methods.rescoring import StoredSegments


class Packing:
    """Collects scored decoys; `packed` gives them as a safetensors blob."""

    def __init__(self) -> None:
        self._scored: list[tuple[str, ScoredSequence]] = []

    def add(self, residues: str, scored: ScoredSequence) -> None:
        """One decoy; without candidates it is left out."""
        if scored.segments:
            self._scored.append((residues, scored))

    def packed(self) -> bytes:
        """Residues and odds of a cargo of all decoys; of each candidate span, vector, competition and raw scores."""
        from safetensors.numpy import save

        from ..methods.scoring import SELECTING

        segments = [segment for _, scored in self._scored for segment in scored.segments]
        letters = "".join(residues for residues, _ in self._scored)
        raw = [[score.raw for score in own.scores if score.method in SELECTING] for own in segments]
        pooled = np.frombuffer(b"".join(segment.pooled for segment in segments), dtype=POOLED_TYPE)
        arrays = {
            "residues": np.frombuffer(letters.encode("ascii"), dtype=np.uint8),
            "length": np.array([len(residues) for residues, _ in self._scored], dtype=np.int32),
            "candidates": np.array([len(scored.segments) for _, scored in self._scored], dtype=np.int32),
            "cargo": np.array([scored.cargo for _, scored in self._scored], dtype=np.float64),
            "span": bounds([segment.span for segment in segments]).astype(np.int32),
            "pooled": pooled.reshape(len(segments), -1) if segments else np.empty((0, 0), dtype=POOLED_TYPE),
            "competition": np.array([segment.competition for segment in segments], dtype=np.float64),
            "raw": np.array(raw, dtype=np.float32).reshape(len(segments), len(SELECTING)),
        }
        return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def combined_again(payload: bytes, head_set: HeadSet) -> list[float]:
    """Combined score of each candidate that `Packing` has packed, under a head set of the same selector."""
    from ..methods.scoring import build_methods

    scorers = build_methods(head_set).scorers
    sequences = (scorers.score(stored) for stored in _unpacked(payload))
    return [segment.scores[-1].calibrated for sequence in sequences for segment in sequence.segments]


def _unpacked(payload: bytes) -> Iterator[StoredSegments]:
    from safetensors.numpy import load

    from ..methods.rescoring import StoredScores, StoredSegments
    from ..methods.scoring import SELECTING

    arrays = load(payload)
    letters = arrays["residues"].tobytes().decode("ascii")
    begin = first = 0
    decoys = zip(*(arrays[name].tolist() for name in ("length", "candidates", "cargo")), strict=True)
    for length, count, cargo in decoys:
        rows = slice(first, first + count)
        raw = arrays["raw"][rows]
        yield StoredSegments(
            digest="",
            residues=letters[begin : begin + length],
            spans=[ResidueSpan(*ends) for ends in arrays["span"][rows].tolist()],
            pooled=arrays["pooled"][rows],
            scores={name: StoredScores(raw[:, i], [""] * count) for i, name in enumerate(SELECTING)},
            competition=arrays["competition"][rows],
            cargo=cargo,
        )
        begin, first = begin + length, first + count
