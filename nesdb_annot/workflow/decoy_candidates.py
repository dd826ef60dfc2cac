"""Candidates of shuffled proteins as bytes, with what other pooled heads need to score them without embedding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records import ScoredSequence
from ..residues import ResidueSpan, bounds
from .protein_scorer import POOLED_TYPE

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..methods.protocol import RawScore
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
        """Residues of all decoys and their odds of a cargo; of each candidate its span, vector and raw scores."""
        from safetensors.numpy import save

        from ..methods.scoring import METHODS

        segments = [segment for _, scored in self._scored for segment in scored.segments]
        letters = "".join(residues for residues, _ in self._scored)
        raw = [[score.raw for score in segment.scores[: len(METHODS)]] for segment in segments]
        pooled = np.frombuffer(b"".join(segment.pooled for segment in segments), dtype=POOLED_TYPE)
        arrays = {
            "residues": np.frombuffer(letters.encode("ascii"), dtype=np.uint8),
            "length": np.array([len(residues) for residues, _ in self._scored], dtype=np.int32),
            "candidates": np.array([len(scored.segments) for _, scored in self._scored], dtype=np.int32),
            "cargo": np.array([_of_cargo(scored) for _, scored in self._scored]),
            "span": bounds([segment.span for segment in segments]).astype(np.int32),
            "pooled": pooled.reshape(len(segments), -1) if segments else np.empty((0, 0), dtype=POOLED_TYPE),
            "raw": np.array(raw, dtype=np.float32).reshape(len(segments), len(METHODS)),
        }
        return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def combined_again(payload: bytes, head_set: HeadSet) -> list[float]:
    """Combined score of each candidate that `Packing` has packed, under a head set derived from that which chose it."""
    from ..methods.rescoring import Rescorer

    rescorer = Rescorer(head_set)
    return [float(str(own[-1].calibrated)) for stored in _unpacked(payload) for own in rescorer(stored)]


def _unpacked(payload: bytes) -> Iterator[StoredSegments]:
    from safetensors.numpy import load

    from ..methods.rescoring import StoredSegments

    arrays = load(payload)
    letters = arrays["residues"].tobytes().decode("ascii")
    begin = first = 0
    decoys = zip(*(arrays[name].tolist() for name in ("length", "candidates", "cargo")), strict=True)
    for length, count, cargo in decoys:
        own = slice(first, first + count)
        spans = [ResidueSpan(*ends) for ends in arrays["span"][own].tolist()]
        pooled = arrays["pooled"][own].astype(np.float32)
        by_method = _by_method(arrays["raw"][own].tolist())
        yield StoredSegments("", letters[begin : begin + length], spans, pooled, by_method, cargo)
        begin, first = begin + length, first + count


def _of_cargo(scored: ScoredSequence) -> float:
    from ..methods.cargo import probability_of_cargo

    return probability_of_cargo(scored.segments[0].scores[-1].evidence)


def _by_method(rows: Sequence[Sequence[float]]) -> dict[str, list[RawScore]]:
    from ..methods.protocol import RawScore
    from ..methods.scoring import METHODS

    return {name: [RawScore(row[place], {}) for row in rows] for place, name in enumerate(METHODS)}
