"""Training of the residue tagger (torch); the forward pass that uses the outcome is `methods.tagger`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..methods.descriptors import LETTER_FEATURES, UNKNOWN, letter_indices
from ..methods.tagger import DILATIONS
from ..methods.tagger_features import FEATURES, context_features, residue_features
from .truth import Truth

EDGE = 2
"""Residues at each end of a motif whose target is softened: annotated ends are rarely exact."""


@dataclass(frozen=True, slots=True)
class TaggerSettings:
    """Shape of the networks and how they are trained.

    `epochs` are the most; each member keeps the weights of the epoch that its held-out families are fitted best by.
    Twenty epochs were better than ten on inner folds, and three members than two; forty epochs, or twice the channels,
    gained no more for the combination.
    """

    members: int = 3
    channels: int = 48
    kernel: int = 3
    bottleneck: int = 16
    epochs: int = 20
    crop: int = 256
    batch: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    dropout: float = 0.25
    embedding_dropout: float = 0.5
    substitution: float = 0.12
    focus: float = 0.0
    positive_weight: float = 1.5
    averaging: float = 0.99


@dataclass(frozen=True, slots=True)
class TaggerExample:
    """One protein: letters, embedding, and the target and weight of each residue, shapes (L,)."""

    residues: str
    embedding: NDArray[np.float32]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]


class _Network(nn.Module):
    """Convolution over five residues, then residual dilated ones; all randomness comes from one generator."""

    def __init__(self, settings: TaggerSettings, dimension: int, random: torch.Generator) -> None:
        super().__init__()
        narrow = settings.bottleneck if dimension else 0
        width, reach = settings.channels, settings.kernel // 2
        self.settings, self.random = settings, random
        self.bottleneck = nn.Conv1d(dimension, narrow, 1) if narrow else None
        self.input = nn.Conv1d(FEATURES + narrow, width, 5, padding=2)
        self.blocks = nn.ModuleList(
            nn.Conv1d(width, width, settings.kernel, padding=d * reach, dilation=d) for d in DILATIONS
        )
        self.output = nn.Conv1d(width, 1, 1)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.kaiming_uniform_(parameter, a=5**0.5, generator=random)
            else:
                nn.init.zeros_(parameter)

    def _drop(self, x: torch.Tensor, share: float) -> torch.Tensor:
        """Dropout of whole channels of a crop, while training."""
        if not self.training:
            return x
        kept = torch.empty(*x.shape[:2], 1).bernoulli_(1 - share, generator=self.random)
        return x * kept / (1 - share)

    def forward(self, letters: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Log-odds, shape (crops, residues), from inputs of shape (crops, features, residues)."""
        x = letters
        if self.bottleneck is not None:
            x = torch.cat([x, self.bottleneck(self._drop(embedding, self.settings.embedding_dropout))], dim=1)
        x = torch.relu(self.input(x))
        for block in self.blocks:
            x = x + torch.relu(block(self._drop(x, self.settings.dropout)))
        out: torch.Tensor = self.output(self._drop(x, self.settings.dropout))[:, 0]
        return out


def residue_labels(length: int, truth: Truth, weight: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Target (1 inside a motif, softened over its `EDGE` end residues) and weight (0 where unknown), shapes (length,).

    Args:
        length: residues of the protein.
        truth: its motifs and unknown stretches.
        weight: of every residue outside the motifs.

    Example:
        >>> from ..residues import ResidueSpan
        >>> [round(float(t), 2) for t in residue_labels(6, Truth((ResidueSpan(2, 6),)))[0]]
        [0.0, 0.33, 0.67, 1.0, 0.67, 0.33]
    """
    target, weights = np.zeros(length, dtype=np.float32), np.full(length, weight, dtype=np.float32)
    for span in truth.refuted:
        weights[span.as_slice()] = 1
    for span in truth.unknown:
        weights[span.as_slice()] = 0
    for span in truth.motifs:
        place = np.arange(len(span))
        inside = np.minimum(1, (np.minimum(place, place[::-1]) + 1) / (EDGE + 1)).astype(np.float32)
        target[span.as_slice()] = np.maximum(target[span.as_slice()], inside)
        weights[span.as_slice()] = 1
    return target, weights


class _Crops:
    """Draws crops of equal length: one around each motif, and as many elsewhere as cover half of all residues."""

    def __init__(
        self, examples: Sequence[TaggerExample], settings: TaggerSettings, random: np.random.Generator
    ) -> None:
        self.examples, self.settings, self.random = examples, settings, random
        self.letters = [letter_indices(example.residues) for example in examples]
        self.contexts = [context_features(example.residues) for example in examples]
        self.motifs = [(i, int(p)) for i, e in enumerate(examples) for p in _centres(e.target)]
        self.lengths = np.array([len(example.residues) for example in examples])

    def epoch(self) -> list[tuple[int, int]]:
        crop = self.settings.crop
        drawn = self.random.choice(
            len(self.lengths), int(self.lengths.sum() / crop / 2) + 1, p=self.lengths / self.lengths.sum()
        )
        elsewhere = [(int(i), int(self.random.integers(self.lengths[i]))) for i in drawn]
        centres = [*self.motifs, *elsewhere]
        order = self.random.permutation(len(centres))
        return [centres[i] for i in order]

    def batch(self, centres: Sequence[tuple[int, int]]) -> tuple[torch.Tensor, ...]:
        pieces = [self._crop(i, centre) for i, centre in centres]
        return tuple(torch.from_numpy(np.stack(column)) for column in zip(*pieces, strict=True))

    def _crop(self, index: int, centre: int) -> tuple[NDArray[np.float32], ...]:
        crop, example = self.settings.crop, self.examples[index]
        jittered = centre + int(self.random.integers(-crop // 3, crop // 3 + 1))
        begin = int(np.clip(jittered - crop // 2, 0, max(0, len(example.residues) - crop)))
        cut = slice(begin, begin + crop)
        letters = self._substituted(self.letters[index][cut])
        features = np.hstack([LETTER_FEATURES[letters], self.contexts[index][cut]])
        return (
            _padded(features.T, crop),
            _padded(example.embedding[cut].T, crop),
            _padded(example.target[cut], crop),
            _padded(example.weight[cut], crop),
        )

    def _substituted(self, letters: NDArray[np.intp]) -> NDArray[np.intp]:
        """Some residues hidden or replaced by ones drawn from the same crop."""
        chance = self.random.random(len(letters))
        hidden = np.where(chance < self.settings.substitution / 2, UNKNOWN, letters)
        replaced = (chance >= self.settings.substitution / 2) & (chance < self.settings.substitution)
        return np.where(replaced, self.random.permutation(letters), hidden)


def _centres(target: NDArray[np.float32]) -> NDArray[np.int64]:
    edges = np.diff((target > 0).astype(np.int8), prepend=0, append=0)
    return (np.flatnonzero(edges == 1) + np.flatnonzero(edges == -1)) // 2


def _padded(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    missing = length - values.shape[-1]
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)]).astype(np.float32)


def _loss(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, settings: TaggerSettings) -> torch.Tensor:
    """Focal cross-entropy (Lin et al. 2017, arXiv:1708.02002), mean over weights; positives weighted up once."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    off = (torch.sigmoid(logits) - target).abs().detach() ** settings.focus
    share = weight * (1 + (settings.positive_weight - 1) * target)
    return (entropy * off * share).sum() / weight.sum().clamp_min(1)


class _Average:
    """Exponential moving average of a network's weights over the steps, and its loss on families not trained on."""

    def __init__(self, network: _Network, held: Sequence[TaggerExample]) -> None:
        self.settings = network.settings
        self.network = deepcopy(network).eval()
        self.weights = self.network.state_dict()
        self.held = [
            (torch.from_numpy(_channels(residue_features(e.residues))), torch.from_numpy(_channels(e.embedding)), e)
            for e in held
        ]

    def follow(self, network: _Network) -> None:
        for name, value in network.state_dict().items():
            self.weights[name].lerp_(value, 1 - self.settings.averaging)

    def loss(self) -> float:
        """Mean over the residues of the held-out proteins by their weights."""
        total = weights = 0.0
        with torch.no_grad():
            for letters, embedding, example in self.held:
                target, weight = torch.from_numpy(example.target)[None], torch.from_numpy(example.weight)[None]
                own = float(weight.sum())
                total += own * float(_loss(self.network(letters[None], embedding[None]), target, weight, self.settings))
                weights += own
        return total / max(weights, 1.0)


def _channels(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values of each residue, shape (L, k), as the network takes them, shape (k, L)."""
    return np.ascontiguousarray(values.T)


Member = tuple[dict[str, NDArray[np.float32]], list[float]]
"""Weights of one network, and its loss per epoch."""


def fit_member(
    examples: Sequence[TaggerExample], settings: TaggerSettings, seed: int, held: Sequence[TaggerExample] = ()
) -> Member:
    """One network and its loss per epoch: on `held`, or in training where that is empty.

    The embedding must be scaled already. The weights returned are an exponential moving average over the steps, as it
    was at the end of the epoch with the lowest loss on `held`; without these, at the end.
    """
    random = torch.Generator().manual_seed(seed)
    crops = _Crops(examples, settings, np.random.default_rng(seed))
    network = _Network(settings, examples[0].embedding.shape[1], random)
    steps = settings.epochs * (len(crops.epoch()) // settings.batch + 1)
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps + 1)
    average = _Average(network, held)
    losses: list[float] = []
    best: dict[str, NDArray[np.float32]] = {}
    for _ in range(settings.epochs):
        trained = _epoch(network, crops, optimiser, schedule, average)
        losses.append(average.loss() if held else trained)
        if not held or losses[-1] <= min(losses):
            best = _exported(average.weights)
    return best, losses


def _epoch(
    network: _Network,
    crops: _Crops,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    average: _Average,
) -> float:
    """One pass over the crops of an epoch; the mean loss."""
    settings, centres, total = network.settings, crops.epoch(), 0.0
    for begin in range(0, len(centres), settings.batch):
        letters, embedding, target, weight = crops.batch(centres[begin : begin + settings.batch])
        loss = _loss(network(letters, embedding), target, weight, settings)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        average.follow(network)
        total += loss.item() * len(target)
    return total / len(centres)


def _exported(state: Mapping[str, torch.Tensor]) -> dict[str, NDArray[np.float32]]:
    """Convolution weights (out, in, tap) as (tap * in, out), the layout of `methods._tagger_kernels.convolved`."""
    arrays = {}
    for name, value in state.items():
        plain = value.detach().numpy().astype(np.float32)
        short = name.replace("blocks.", "block")
        if short.endswith(".weight"):
            arrays[short] = np.ascontiguousarray(plain.transpose(2, 1, 0).reshape(-1, plain.shape[0]))
        else:
            arrays[short] = plain[None]
    return arrays
