"""Residue-level tagger: a small dilated convolution network that gives each residue the odds of lying in a motif.

An ensemble of networks reads letters, scales, consensus cores and position, and, if that gained in training, the
embedding through a narrow bottleneck. Each network is a convolution over five residues followed by residual
convolutions whose dilation doubles (1 to 16), so that a residue is judged by some sixty on either side. Training
(torch) is in `learning.tagger` and `learning.tagger_choice`; here is the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import Json, MethodIdentity
from ..residues import ResidueSpan, bounds
from .descriptors import LETTER_FEATURES, letter_indices
from .protocol import Floats, ProteinContext
from .tagger_features import FEATURES, context_features
from .weights import Weights

NAME = "tagger"
DILATIONS = (1, 2, 4, 8, 16)
CORE_LENGTH = 10
"""A candidate is judged by its best stretch of this many residues: about the span of the hydrophobic positions."""

UNLABELLED_WEIGHT = 0.7
"""Weight in training of what lies outside the motifs of a cargo: unlabelled rather than negative, since a part of it
may be unannotated motifs. It is treated as negative, but counts less than a motif does."""

ENDS = 0.5
"""A motif goes on as long as residues have this share of its stretch's highest probability.

Of seven shares, with the stretch or its peak alone to start from, five of the six sets of five folds of families chose
this one by mean IoU with NESdb's functional ranges, by networks that had not seen them, where the stretch was sought
around the range. So it is an IoU of motifs that are found: on the sixth fold, in turn, 0.61, of bare stretches 0.57."""

LONGEST = 25
"""Residues at most between the boundaries."""

FloatArray = NDArray[np.float32]

_LETTERS = LETTER_FEATURES.shape[1]


class Networks:
    """The ensemble with its weights laid out for the forward pass.

    A letter has few values: what it adds to the first convolution is looked up. Means and scales of the embedding are
    part of the bottleneck's weights.

    Args:
        arrays: weights without prefix, each with the members as first axis; see `learning.tagger_ensemble.stacked`.
    """

    def __init__(self, arrays: Mapping[str, FloatArray]) -> None:
        own = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}
        self._narrow = self._bottleneck(own) if "bottleneck.weight" in own else None
        width = 0 if self._narrow is None else own["bottleneck.weight"].shape[2]
        self._members = [self._member(own, number, FEATURES + width) for number in range(len(own["input.weight"]))]

    @staticmethod
    def _bottleneck(own: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Weights and biases of all members' bottlenecks side by side."""
        weight = np.hstack(list(own["bottleneck.weight"])).astype(np.float64)
        weight *= own["embedding.inverse_scale"].astype(np.float64)[:, None]
        bias = own["bottleneck.bias"].ravel() - own["embedding.mean"].astype(np.float64) @ weight
        return weight.astype(np.float32), bias.astype(np.float32)

    @staticmethod
    def _member(own: Mapping[str, FloatArray], number: int, features: int) -> tuple[Any, ...]:
        """What `member_logits` takes after letters and features."""
        first = own["input.weight"][number].reshape(-1, features, own["input.weight"].shape[2])
        table = np.stack([LETTER_FEATURES @ tap for tap in first[:, :_LETTERS]])
        rest = np.ascontiguousarray(first[:, _LETTERS:].reshape(-1, first.shape[2]))
        blocks = [f"block{index}" for index in range(len(DILATIONS))]
        return (
            table,
            (rest, own["input.bias"][number, 0]),
            (
                np.stack([own[f"{name}.weight"][number] for name in blocks]),
                np.stack([own[f"{name}.bias"][number, 0] for name in blocks]),
                np.array(DILATIONS),
            ),
            (np.ascontiguousarray(own["output.weight"][number, :, 0]), float(own["output.bias"][number, 0, 0])),
        )

    def logits(self, residues: str, embedding: FloatArray) -> FloatArray:
        """Log-odds of each residue to lie in a motif, shape (L,): the mean over the ensemble.

        Args:
            residues: cleaned residues, length L.
            embedding: per-residue embedding, shape (L, dimension).
        """
        from ._tagger_kernels import member_logits

        letters, context = letter_indices(residues), context_features(residues)
        narrow = None
        if self._narrow is not None:
            weight, bias = self._narrow
            narrow = np.split(embedding @ weight + bias, len(self._members), axis=1)
        total = np.zeros(len(residues), dtype=np.float32)
        for number, layers in enumerate(self._members):
            x = context if narrow is None else np.hstack([context, narrow[number]])
            total += member_logits(letters, x, *layers)
        return total / np.float32(len(self._members))


def segment_logits(logits: FloatArray, spans: Sequence[ResidueSpan]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Best mean log-odds over `CORE_LENGTH` residues inside each span, and where that stretch begins.

    Returns:
        Scores, shape (n,), and the 1-based first residues of the best stretches, shape (n,). A span shorter than
        `CORE_LENGTH` is one stretch.
    """
    from ._tagger_kernels import best_stretches

    return best_stretches(logits, bounds(spans), CORE_LENGTH)


@dataclass(frozen=True, slots=True)
class Tagger:
    """Scores a candidate by the log-odds of its best stretch of residues.

    Attributes:
        identity: name, version, parameters and training set.
        arrays: weights of the ensemble, each with the members as first axis.
    """

    identity: MethodIdentity
    arrays: Mapping[str, FloatArray]
    _networks: Networks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the weights out."""
        object.__setattr__(self, "_networks", Networks(self.arrays))

    def raw(self, context: ProteinContext) -> Floats:
        """Log-odds of each segment, shape (n,)."""
        return self._scored(context)[1].astype(np.float64)

    def evidence(self, context: ProteinContext, indices: Sequence[int]) -> list[dict[str, Json]]:
        """The best stretch of each of these segments, its highest residue, and where the motif begins and ends.

        Also the probability of each residue of segment and motif, from residue `probabilities_from` on.
        """
        logits, _, firsts = self._scored(context)
        probability = residue_probabilities(logits, float(str(self.identity.parameters.get("positive_weight", 1.0))))
        return [_evidence(logits, probability, context.spans[i], int(firsts[i])) for i in indices]

    def _scored(self, context: ProteinContext) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
        """Log-odds of each residue, and score and first residue of the best stretch of each segment."""

        def compute() -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
            logits = self._networks.logits(context.residues, context.embedding)
            return logits, *segment_logits(logits, context.spans)

        return context.once(self, compute)


def _evidence(logits: FloatArray, probability: FloatArray, span: ResidueSpan, first: int) -> dict[str, Json]:
    """Evidence of one segment whose best stretch begins at residue `first`."""
    stretch = ResidueSpan(first, first + min(CORE_LENGTH, len(span)) - 1)
    peak = span.first + int(logits[span.as_slice()].argmax())
    motif = boundaries(probability, stretch)
    shown = ResidueSpan(min(span.first, motif.first), max(span.last, motif.last))
    return {
        "stretch": [stretch.first, stretch.last],
        "peak": peak,
        "peak_logit": round(float(logits[peak - 1]), 3),
        "boundaries": [motif.first, motif.last],
        "probabilities_from": shown.first,
        "probabilities": [round(float(one), 3) for one in probability[shown.as_slice()]],
    }


def residue_probabilities(logits: FloatArray, positive_weight: float) -> FloatArray:
    """Probability of each residue of a known cargo to lie in a motif, shape (L,).

    Args:
        logits: of a network that learned with weights, shape (L,).
        positive_weight: of residues in motifs; that of the others is `UNLABELLED_WEIGHT`. Both are undone.
    """
    odds = np.exp(logits.astype(np.float64)) * UNLABELLED_WEIGHT / positive_weight
    return (odds / (1 + odds)).astype(np.float32)


def boundaries(probability: FloatArray, stretch: ResidueSpan) -> ResidueSpan:
    """Where the motif around a stretch begins and ends: as far as residues have `ENDS` of the stretch's highest.

    Args:
        probability: of each residue, shape (L,).
        stretch: of at most `LONGEST` residues, inside the protein.

    Example:
        >>> probability = np.array([0.1, 0.4, 0.3, 0.6, 0.5, 0.2, 0.6], dtype=np.float32)
        >>> str(boundaries(probability, ResidueSpan(4, 5)))
        '2-5'
    """
    first, last = stretch.first, stretch.last
    least = ENDS * probability[stretch.as_slice()].max()
    # First to the left, then to the right: where both ends ask for more than LONGEST, the left one has it.
    while first > 1 and last - first + 1 < LONGEST and probability[first - 2] >= least:
        first -= 1
    while last < len(probability) and last - first + 1 < LONGEST and probability[last] >= least:
        last += 1
    return ResidueSpan(first, last)


def build(weights: Weights) -> Tagger:
    """Return the method with the networks of a head set."""
    return Tagger(weights.identity, weights.arrays)
