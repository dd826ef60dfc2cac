"""The published classifier as its authors trained it, for the record: imbalance corrected twice, no early stopping.

Layers 512-512-256-1 with ReLU and dropout on the mean embedding of a segment, Adam, 60 epochs; positives are weighted
up in the loss and drawn more often as well, so that its scores are far from probabilities. `learning.neural` is the
one to work with.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import nn

HIDDEN = (512, 512, 256)
DROPOUT = 0.4
LEARNING_RATE = 1e-4
BATCH = 64
EPOCHS = 60


def fit_and_score(
    pooled: NDArray[np.float32], positive: NDArray[np.bool_], taught: NDArray[np.bool_], seed: int, epochs: int = EPOCHS
) -> NDArray[np.float64]:
    """Raw logits of all segments by the classifier fitted to the `taught` ones, shape (n,).

    Args:
        pooled: mean embeddings, shape (n, dimension).
        positive: shape (n,); both kinds must be among the taught.
        taught: segments of the training proteins, shape (n,).
        seed: of weights, dropout and draws.
        epochs: passes, each of as many draws as there are taught segments.
    """
    with torch.random.fork_rng(devices=[]), threadpool_limits(1):  # threads of small steps wait for one another
        torch.manual_seed(seed)
        network = _network(pooled.shape[1])
        rows = torch.from_numpy(np.flatnonzero(taught))
        inputs, targets = torch.from_numpy(pooled), torch.from_numpy(positive.astype(np.float32))
        own = targets[rows]
        share = own.mean()
        loss = nn.BCEWithLogitsLoss(pos_weight=(1 - share) / share)
        optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
        frequency = torch.where(own > 0, 1 / share, 1 / (1 - share))
        network.train()
        for _ in range(epochs):
            drawn = rows[torch.multinomial(frequency, len(rows), replacement=True)]
            for batch in torch.split(drawn, BATCH):
                optimiser.zero_grad()
                loss(network(inputs[batch]).squeeze(1), targets[batch]).backward()
                optimiser.step()
        network.eval()
        with torch.inference_mode():
            logits: NDArray[np.float64] = network(inputs).squeeze(1).numpy().astype(np.float64)
    return logits


def _network(dimension: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((dimension, *HIDDEN[:-1]), HIDDEN, strict=True):
        layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(DROPOUT)]
    return nn.Sequential(*layers, nn.Linear(HIDDEN[-1], 1))
