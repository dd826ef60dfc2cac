"""Compiled kernels that choose among overlapping spans; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled


@compiled
def choose_varied(
    proposals: NDArray[np.int64],
    family: NDArray[np.int64],
    likeness: NDArray[np.float64],
    steps: NDArray[np.int64],
    budget: int,
) -> NDArray[np.int64]:
    """Indices of accepted proposals, in the order of acceptance.

    Each step goes on through one family, best proposal first, until the family has as many accepted as the step
    allows. A proposal is refused if its IoU with an accepted one of its family reaches the family's `likeness`, or
    with one of any other family reaches 1; a family with negative likeness compares itself with all families.

    Args:
        proposals: first and last residue, 1-based inclusive, shape (n, 2), grouped by family, best first.
        family: first proposal of each family, and n at the end, shape (families + 1,).
        likeness: of each family, -1 to 1, shape (families,).
        steps: family and allowed number, shape (steps, 2).
        budget: never accept more in all.
    """
    accepted = np.empty(min(budget, len(proposals)), dtype=np.int64)
    kind = np.empty(len(accepted), dtype=np.int64)
    cursor = family[:-1].copy()
    count = np.zeros(len(likeness), dtype=np.int64)
    found = 0
    for step in range(len(steps)):
        mine = steps[step, 0]
        limit = abs(likeness[mine])
        while found < len(accepted) and count[mine] < steps[step, 1] and cursor[mine] < family[mine + 1]:
            first, last = proposals[cursor[mine]]
            refused = False
            for k in range(found):
                other_first, other_last = proposals[accepted[k]]
                shared = min(last, other_last) - max(first, other_first) + 1
                if shared > 0:
                    iou = shared / (last - first + other_last - other_first + 2 - shared)
                    strict = kind[k] == mine or likeness[mine] < 0
                    if iou >= 1.0 or (strict and iou >= limit):
                        refused = True
                        break
            if not refused:
                accepted[found] = cursor[mine]
                kind[found] = mine
                found += 1
                count[mine] += 1
            cursor[mine] += 1
    return accepted[:found].copy()


@compiled
def crowd(first: int, last: int, other_first: int, other_last: int, maximum_overlap: float) -> bool:
    """Whether two spans share more than `maximum_overlap` of the shorter."""
    shared = min(last, other_last) - max(first, other_first) + 1
    return shared > maximum_overlap * min(last - first + 1, other_last - other_first + 1)


@compiled
def suppress(
    spans: NDArray[np.int64], order: NDArray[np.int64], maximum_overlap: float, limit: int
) -> NDArray[np.int64]:
    """Go through `order` and keep a span unless it overlaps one kept by more than `maximum_overlap` of the shorter.

    Args:
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        order: indices of the spans, best first.
        maximum_overlap: share of the shorter span, 0 to 1.
        limit: most spans to keep.
    """
    kept = np.empty(min(limit, len(order)), dtype=np.int64)
    found = 0
    for index in order:
        if found == len(kept):
            break
        first, last = spans[index]
        clear = True
        for k in range(found):
            if crowd(first, last, spans[kept[k], 0], spans[kept[k], 1], maximum_overlap):
                clear = False
                break
        if clear:
            kept[found] = index
            found += 1
    return kept[:found].copy()


@compiled
def settle(
    spans: NDArray[np.int64], wishes: NDArray[np.int64], order: NDArray[np.int64], maximum_overlap: float
) -> NDArray[np.int64]:
    """Go through `order` and give each span the first of its wishes that leaves it clear of all others, if any does.

    Others are where they have been put already, or still are. So spans that are clear of one another stay so.

    Args:
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        wishes: of each, best first, shape (n, m, 2).
        order: indices of the spans, best first.
        maximum_overlap: share of the shorter of two spans that both may hold, 0 to 1.

    Returns:
        Where each span is in the end, shape (n, 2).
    """
    settled = spans.copy()
    for index in order:
        for wish in range(wishes.shape[1]):
            first, last = wishes[index, wish]
            clear = True
            for other in range(len(settled)):
                if other != index and crowd(first, last, settled[other, 0], settled[other, 1], maximum_overlap):
                    clear = False
                    break
            if clear:
                settled[index] = first, last
                break
    return settled
