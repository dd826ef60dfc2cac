"""Batches by number as tensors, made ahead by processes of their own where the device would wait for them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ...processes.pool import WorkerPool
from .batches import Batch, batch_maker

Tensors = tuple[Tensor, Tensor, Tensor]
"""Tokens (batch, length), flat positions chosen, and their targets."""

T = TypeVar("T")


def tensors_of(batch: Batch) -> Tensors:
    """The arrays of a batch, shared, not copied."""
    return torch.from_numpy(batch.tokens), torch.from_numpy(batch.chosen), torch.from_numpy(batch.targets)


def fed(
    source: tuple[Path, int, int], numbers: Iterable[int], device: str = "cpu", processes: int = 1
) -> Generator[Tensors, None, None]:
    """Batches of these numbers, in their order, on a device.

    Args:
        source: arguments of `batches.batch_maker`.
        numbers: may never end.
        device: of torch.
        processes: that make batches ahead, gone when the generator is closed; with 1 this process makes each when it
            is asked for.
    """
    with WorkerPool(processes, initialise=batch_maker, arguments=source) as pool:
        for batch in in_line(pool.map_unordered(enumerate(numbers))):
            tokens, chosen, targets = tensors_of(batch)
            yield _there(tokens, device), _there(chosen, device), _there(targets, device)


def in_line(numbered: Iterable[tuple[int, T]]) -> Iterator[T]:
    """What comes with its place in line, from 0 on without gaps, in that order; what is early waits."""
    early: dict[int, T] = {}
    due = 0
    for place, item in numbered:
        early[place] = item
        while due in early:
            yield early.pop(due)
            due += 1


def _there(tensor: Tensor, device: str) -> Tensor:
    """On the device; the way to a GPU leads through pinned memory, so that nobody waits for the copy."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.startswith("cuda") else tensor.to(device)
