"""Batches by number as tensors, made ahead by processes of their own where the device would wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .batches import Batch, BatchOrder
from .corpus import open_split

Tensors = tuple[Tensor, Tensor, Tensor]
"""Tokens (batch, length), flat positions chosen, and their targets."""

AHEAD = 8
"""Batches that each process holds ready."""


def tensors_of(batch: Batch) -> Tensors:
    """The arrays of a batch, shared, not copied."""
    return torch.from_numpy(batch.tokens), torch.from_numpy(batch.chosen), torch.from_numpy(batch.targets)


class NumberedBatches(Dataset[Tensors]):
    """The training batches of a prepared corpus; pickles as its arguments, and opens the corpus where it is used.

    Args:
        corpus: a prepared corpus.
        tokens: of one batch.
        seed: of order, crops and masks.
    """

    def __init__(self, corpus: Path, tokens: int, seed: int) -> None:
        self._arguments = corpus, tokens, seed
        self._order: BatchOrder | None = None

    def __getitem__(self, number: int) -> Tensors:
        """Batch `number`, as `BatchOrder` makes it."""
        if self._order is None:
            corpus, tokens, seed = self._arguments
            self._order = BatchOrder(open_split(corpus, "train"), tokens, seed)
        return tensors_of(self._order[number])


def fed(batches: NumberedBatches, numbers: Iterable[int], device: str, processes: int = 0) -> Iterator[Tensors]:
    """Batches of these numbers, in their order, on a device.

    Args:
        batches: of a prepared corpus.
        numbers: may never end.
        device: of torch.
        processes: that make batches ahead; with 0 each is made when it is asked for.
    """
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=numbers,
        num_workers=processes,
        prefetch_factor=AHEAD if processes else None,
        multiprocessing_context="spawn" if processes else None,
        pin_memory=device.startswith("cuda"),
    )
    for tokens, chosen, targets in loader:
        yield _there(tokens, device), _there(chosen, device), _there(targets, device)


def _there(tensor: Tensor, device: str) -> Tensor:
    return tensor.to(device, non_blocking=True)
