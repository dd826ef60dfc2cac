"""What a kernel reads, in one piece of memory that can be sent to another process."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

PANEL = 64
"""Outputs of a linear layer that the kernel computes together; as in `kernel.c`."""

ALIGNMENT = 64
"""Bytes: a vector of the processor, and a line of its cache."""

Struct = TypeVar("Struct", bound=ctypes.Structure)


def aligned(size: int) -> NDArray[np.uint8]:
    """So many bytes, of any content, that begin at a multiple of `ALIGNMENT`."""
    room = np.empty(size + ALIGNMENT, dtype=np.uint8)
    begin = -room.ctypes.data % ALIGNMENT
    return room[begin : begin + size]


class Image:
    """Numbers one array behind the other; where each lies is told as an offset until the whole has its place."""

    def __init__(self) -> None:
        self._arrays: list[NDArray[np.uint8]] = []
        self._size = 0

    def add(self, tensor: Tensor) -> int:
        """Put numbers at the end; returns their offset in bytes."""
        content: NDArray[np.uint8] = tensor.detach().contiguous().flatten().numpy().view(np.uint8)
        begin = self._size
        self._arrays.append(content)
        self._size += -(-len(content) // ALIGNMENT) * ALIGNMENT
        return begin

    def whole(self) -> NDArray[np.uint8]:
        """All of it."""
        room, begin = aligned(self._size), 0
        for content in self._arrays:
            room[begin : begin + len(content)] = content
            begin += -(-len(content) // ALIGNMENT) * ALIGNMENT
        return room


def placed(offsets: Struct, base: int) -> Struct:
    """The same structure with addresses: every pointer in it, and in structures within it, moved by `base`.

    Example:
        >>> class Pair(ctypes.Structure):
        ...     _fields_ = (("place", ctypes.c_void_p), ("count", ctypes.c_long))
        >>> moved = placed(Pair(64, 3), 4096)
        >>> moved.place, moved.count
        (4160, 3)
    """
    values = []
    for name, kind, *_ in offsets._fields_:
        value = getattr(offsets, name)
        if kind is ctypes.c_void_p:
            value = (value or 0) + base  # a pointer of 0 reads as None
        elif isinstance(value, ctypes.Structure):
            value = placed(value, base)
        values.append(value)
    return type(offsets)(*values)
