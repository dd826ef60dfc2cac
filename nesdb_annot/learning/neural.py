"""Training of the perceptron on pooled segment embeddings (torch); its forward pass is `methods.neural`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NeuralSettings:
    """Shape and training of the perceptrons; `hidden` are the widths of the hidden layers."""

    members: int = 4
    hidden: tuple[int, ...] = (32, 16)
    dropout: float = 0.4
    input_dropout: float = 0.2
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    batch: int = 512
    epochs: int = 40
    patience: int = 6
    positive_share: float = 0.3


@dataclass(frozen=True, slots=True)
class SegmentRows:
    """Pooled embeddings, shape (n, dimension), with label, weight and group (fold) of each, shape (n,)."""

    pooled: Floats
    positive: NDArray[np.bool_]
    weight: NDArray[np.float64]
    group: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> SegmentRows:
        """The rows chosen."""
        return SegmentRows(self.pooled[chosen], self.positive[chosen], self.weight[chosen], self.group[chosen])


class _Perceptron(nn.Module):
    def __init__(self, dimension: int, settings: NeuralSettings, random: torch.Generator) -> None:
        super().__init__()
        widths = [dimension, *settings.hidden, 1]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.settings, self.random = settings, random
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.kaiming_uniform_(parameter, a=5**0.5, generator=random)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Log-odds, shape (n,)."""
        for index, layer in enumerate(self.layers):
            share = (self.settings.dropout if index else self.settings.input_dropout) if self.training else 0.0
            x = layer(x * torch.empty_like(x).bernoulli_(1 - share, generator=self.random) / (1 - share))
            x = torch.relu(x) if index < len(self.layers) - 1 else x
        return x[:, 0]


def _sampling_weights(rows: SegmentRows, share: float) -> Floats:
    """Chance of each row to be drawn: positives make up `share` of a batch. The imbalance is corrected here only."""
    chance = rows.weight.astype(np.float64).copy()
    for kind, part in ((rows.positive, share), (~rows.positive, 1 - share)):
        chance[kind] *= part / max(chance[kind].sum(), 1e-12)
    outcome: Floats = (chance / chance.sum()).astype(np.float32)
    return outcome


def _entropy(network: _Perceptron, rows: SegmentRows, share: float) -> float:
    network.eval()
    with torch.no_grad():
        loss = nn.functional.binary_cross_entropy_with_logits(
            network(torch.from_numpy(rows.pooled)), torch.from_numpy(rows.positive.astype(np.float32)), reduction="none"
        )
    network.train()
    return float((loss.numpy() * _sampling_weights(rows, share)).sum())


def fit_perceptron(
    train: SegmentRows, validation: SegmentRows, settings: NeuralSettings, seed: int
) -> tuple[dict[str, Floats], list[float]]:
    """One perceptron, stopped where the validation rows are fitted best, and its validation loss per epoch."""
    random, draws = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    network = _Perceptron(train.pooled.shape[1], settings, random)
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    chance = _sampling_weights(train, settings.positive_share).astype(np.float64)
    best, losses = {name: value.clone() for name, value in network.state_dict().items()}, [float("inf")]
    for _ in range(settings.epochs):
        for _ in range(max(1, len(chance) // settings.batch)):
            drawn = draws.choice(len(chance), settings.batch, p=chance / chance.sum())
            target = torch.from_numpy(train.positive[drawn].astype(np.float32))
            output = network(torch.from_numpy(train.pooled[drawn]))
            loss = nn.functional.binary_cross_entropy_with_logits(output, target)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        losses.append(_entropy(network, validation, settings.positive_share))
        if losses[-1] <= min(losses):
            best = {name: value.clone() for name, value in network.state_dict().items()}
        elif len(losses) - int(np.argmin(losses)) > settings.patience:
            break
    return _exported(best), losses[1:]


def _exported(state: dict[str, torch.Tensor]) -> dict[str, Floats]:
    plain = {name.replace("layers.", "layer"): value.numpy().astype(np.float32) for name, value in state.items()}
    return {name: value.T.copy() if name.endswith("weight") else value[None] for name, value in plain.items()}


def fit_neural(rows: SegmentRows, settings: NeuralSettings, seed: int) -> tuple[dict[str, Floats], list[list[float]]]:
    """Arrays as `methods.neural.member_logits` takes them, and the validation losses of each member.

    Each member is stopped early on another group of rows; together they have seen all of them.
    """
    mean, scale = rows.pooled.mean(axis=0), rows.pooled.std(axis=0) + 1e-6
    scaled = SegmentRows(((rows.pooled - mean) / scale).astype(np.float32), rows.positive, rows.weight, rows.group)
    groups = np.unique(rows.group)
    fitted, curves = [], []
    for member in range(settings.members):
        held = scaled.group == groups[member % len(groups)]
        arrays, losses = fit_perceptron(scaled.where(~held), scaled.where(held), settings, seed + member)
        fitted.append(arrays)
        curves.append(losses)
    stacked = {name: np.stack([arrays[name] for arrays in fitted]) for name in fitted[0]}
    return {**stacked, "mean": mean.astype(np.float32), "inverse_scale": (1 / scale).astype(np.float32)}, curves
