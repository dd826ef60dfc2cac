"""Residue-level tagger: a small dilated convolution network that gives each residue the odds of lying in a motif.

An ensemble of networks reads letters, scales, consensus cores and position, and the embedding through a narrow
bottleneck. Each network is a convolution over five residues followed by residual convolutions whose dilation doubles
(1 to 16), so that a residue is judged by some sixty on either side. Training (torch) is in `learning.tagger`; here is
the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from ..residues import ResidueSpan
from .protocol import ProteinContext, RawScores
from .tagger_features import residue_features

NAME = "tagger"
DILATIONS = (1, 2, 4, 8, 16)
CORE_LENGTH = 10
"""A candidate is judged by its best stretch of this many residues: about the span of the hydrophobic positions."""

CHUNK, MARGIN = 4_096, 80
"""Long proteins are tagged in pieces whose margins exceed the network's reach (2 + 2 * 31 residues), so that the
outcome is that of the whole protein."""

FloatArray = NDArray[np.float32]


def stacked_taps(x: FloatArray, kernel: int, dilation: int) -> FloatArray:
    """Neighbours at each of `kernel` taps side by side; (members, L, C) -> (members, L, kernel * C), zero padded."""
    members, length, channels = x.shape
    stacked = np.zeros((members, length, kernel, channels), dtype=x.dtype)
    for tap in range(kernel):
        shift = dilation * (tap - kernel // 2)
        low, high = max(0, -shift), min(length, length - shift)
        if low < high:
            stacked[:, low:high, tap] = x[:, low + shift : high + shift]
    return stacked.reshape(members, length, kernel * channels)


def _affine(x: FloatArray, arrays: Mapping[str, FloatArray], name: str) -> FloatArray:
    outcome: FloatArray = np.matmul(x, arrays[f"{name}.weight"]) + arrays[f"{name}.bias"]
    return outcome


def _convolved(x: FloatArray, arrays: Mapping[str, FloatArray], name: str, dilation: int) -> FloatArray:
    kernel = arrays[f"{name}.weight"].shape[1] // x.shape[2]
    return np.maximum(_affine(stacked_taps(x, kernel, dilation), arrays, name), 0)


def _member_logits(letters: FloatArray, embedding: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    members = arrays["input.weight"].shape[0]
    x = np.broadcast_to(letters, (members, *letters.shape))
    if "bottleneck.weight" in arrays:
        scaled = (embedding - arrays["embedding.mean"]) * arrays["embedding.inverse_scale"]
        x = np.concatenate([x, _affine(scaled[None], arrays, "bottleneck")], axis=2)
    x = _convolved(x, arrays, "input", 1)
    for index, dilation in enumerate(DILATIONS):
        x = x + _convolved(x, arrays, f"block{index}", dilation)
    logits: FloatArray = _affine(x, arrays, "output")[:, :, 0]
    return logits


def residue_logits(residues: str, embedding: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    """Log-odds of each residue to lie in a motif, shape (L,): the mean over the ensemble.

    Args:
        residues: cleaned residues, length L.
        embedding: per-residue embedding, shape (L, dimension).
        arrays: the weights, without prefix; see `learning.tagger.fit_ensemble`.
    """
    letters = residue_features(residues)
    pieces = []
    for begin in range(0, len(residues), CHUNK):
        low, high = max(0, begin - MARGIN), min(len(residues), begin + CHUNK + MARGIN)
        logits = _member_logits(letters[low:high], embedding[low:high], arrays).mean(axis=0)
        pieces.append(logits[begin - low : begin - low + CHUNK])
    return np.concatenate(pieces)[: len(residues)]


def segment_logits(logits: FloatArray, spans: Sequence[ResidueSpan]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Best mean log-odds over `CORE_LENGTH` residues inside each span, and where that stretch begins.

    Returns:
        Scores, shape (n,), and the 1-based first residues of the best stretches, shape (n,). A span shorter than
        `CORE_LENGTH` is one stretch.
    """
    sums = np.concatenate([[0.0], np.cumsum(logits, dtype=np.float64)])
    means, firsts = np.empty(len(spans), dtype=np.float32), np.empty(len(spans), dtype=np.int64)
    for i, span in enumerate(spans):
        width = min(CORE_LENGTH, len(span))
        totals = sums[span.first - 1 + width : span.last + 1] - sums[span.first - 1 : span.last + 1 - width]
        best = int(totals.argmax())
        means[i], firsts[i] = totals[best] / width, span.first + best
    return means, firsts


@dataclass(frozen=True, slots=True)
class Tagger:
    """Scores a candidate by the log-odds of its best stretch of residues.

    Attributes:
        identity: name, version, parameters and training set.
        arrays: weights of the ensemble, each with the members as first axis.
    """

    identity: MethodIdentity
    arrays: Mapping[str, FloatArray]

    def score(self, context: ProteinContext) -> RawScores:
        """Log-odds of each segment; the evidence names the stretch and its highest residue."""
        logits = residue_logits(context.residues, context.embedding, self.arrays)
        means, firsts = segment_logits(logits, context.spans)
        return RawScores(means.tolist(), lambda i: _evidence(logits, context.spans[i], int(firsts[i])))


def _evidence(logits: FloatArray, span: ResidueSpan, first: int) -> dict[str, Json]:
    peak = span.first + int(logits[span.as_slice()].argmax())
    width = min(CORE_LENGTH, len(span))
    return {"stretch": [first, first + width - 1], "peak": peak, "peak_logit": round(float(logits[peak - 1]), 3)}
