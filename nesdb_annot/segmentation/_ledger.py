"""Compiled search for the best segmentations that end at each place, as far as float32 tells.

Imports numba, so import it inside functions only. What is known of each number t, 0 to L, of the running sums stands in
the columns of a *ledger*, from `reach` on, so that what would begin before the first row stands there, too, at infinite
cost. Its last `SPARE` columns are for vectors that read on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled_in_order
from ..lanes import PAIR, all_doubles, doubles, least, multiply_add, store, total, where_at_most
from ._running_sums import UNIT, Floats, Singles

Integers = NDArray[np.int64]

SQUARE, DRIFT, BASE, DOUBT, START, LEDGER = 0, 1, 2, 3, 4, 5
"""Rows of the ledger: squared length of the running sum; what rounding may have moved all of them until then, summed;
cost of the best segmentation that ends there; how far that may be from float64's; where its last segment starts. And
their count."""

STEPS = np.arange(float(PAIR)).reshape(1, PAIR)
"""Number of each lane."""

SLACK = 64 * UNIT
"""Any number will do: with it, 2 |d| w <= SLACK |d|^2 + w^2 / SLACK bounds what a move by w does to a square."""


class Search(NamedTuple):
    """What is asked of a search.

    Attributes:
        reach: longest segment.
        share: one over the length of the segment with each begin, longest first, shape (begins,).
        penalty: of each segment.
        error: of a gain, before its share, relative to the squared lengths of both running sums.
    """

    reach: int
    share: Floats
    penalty: float
    error: float


class Found(NamedTuple):
    """What a search has found so far.

    Attributes:
        ledger: shape (LEDGER, reach + 1 + L + SPARE).
        near: products of the running sums at hand with those at each begin, shape (begins or more, columns).
        costs: of `PAIR` ends what each begin costs at least, what each costs at most, the least of the latter, and how
            many begins may be the best; shape (2 * begins + 2, PAIR).
    """

    ledger: Floats
    near: Singles
    costs: Floats


@compiled_in_order
def ends_of(start: Floats) -> Integers:
    """Ends of the segments, in order, given where the segment that would end at each place starts."""
    ends = np.empty(len(start), dtype=np.int64)
    found = 0
    at = len(start) - 1
    while at > 0:
        ends[found] = at
        found += 1
        at = int(start[at])
    return ends[:found][::-1].copy()


@compiled_in_order
def parting(ledger: Floats, reach: int, one: int, other: int, steps: int) -> int:
    """The last number at which the best segmentations up to `one` and up to `other` both end a segment.

    Returns:
        -1 if that is more than `steps` segments away.
    """
    for _ in range(steps):
        if one == other:
            return one
        if one > other:
            one = int(ledger[START, one + reach])
        else:
            other = int(ledger[START, other + reach])
    return one if one == other else -1


@compiled_in_order
def share_doubt(ledger: Floats, reach: int, newest: int) -> None:
    """Forget the doubt that all segmentations in reach have in common: no comparison hangs on it.

    Args:
        ledger: of the whole protein.
        reach: longest segment.
        newest: number of the last running sum; what begins later begins at most the reach before it.
    """
    common = -1
    for at in range(newest, max(newest - reach, 0) - 1, -1):
        if ledger[BASE, at + reach] < np.inf:
            common = at if common < 0 else parting(ledger, reach, common, at, 2 * newest)
    if common < 0:
        return
    shared = ledger[DOUBT, common + reach]
    for number in range(common + reach, newest + reach + 1):
        ledger[DOUBT, number] = max(ledger[DOUBT, number] - shared, 0.0)


@compiled_in_order
def bounds(found: Found, search: Search, column: int, number: int, moved: float) -> float:
    """Best begins of `PAIR` ends, as far as float32 tells, written to the ledger.

    Args:
        found: its ledger and costs are written.
        search: what is asked.
        column: of the first of the ends in `near`.
        number: of the first of the ends, from 0.
        moved: how far rounding may have moved a difference of two running sums.

    Returns:
        how many of the ends have none or several begins that may be the best.
    """
    ledger, costs = found.ledger, found.costs
    begins, mine, lowest = len(search.share), doubles(ledger, SQUARE, number + search.reach), all_doubles(np.inf)
    error, fixed = all_doubles(search.error), all_doubles(moved * moved * (1.0 + 1.0 / SLACK))
    for j in range(begins):
        part, both = all_doubles(search.share[j]), mine + doubles(ledger, SQUARE, number + j)
        won = part * multiply_add(all_doubles(-2.0), doubles(found.near, j, column), both)
        wide = part * multiply_add(error, both, fixed)
        wide = multiply_add(all_doubles(SLACK), won, wide) + doubles(ledger, DOUBT, number + j)
        cost = doubles(ledger, BASE, number + j) - won
        lowest = least(cost + wide, lowest)
        store(costs, j, 0, cost - wide)
        store(costs, begins + j, 0, cost + wide)
    count, place, lower = all_doubles(0.0), all_doubles(0.0), lowest
    begin = doubles(STEPS, 0, 0) + all_doubles(1.0 * (number - search.reach))
    for j in range(begins):
        cost = doubles(costs, j, 0)
        count = where_at_most(cost, lowest, count + all_doubles(1.0), count)
        place = where_at_most(cost, lowest, begin, place)
        lower = least(cost, lower)
        begin = begin + all_doubles(1.0)
    half, one, at = all_doubles(0.5), all_doubles(1.0), number + search.reach
    store(costs, 2 * begins, 0, lowest)
    store(costs, 2 * begins + 1, 0, count)
    store(ledger, BASE, at, multiply_add(half, lower + lowest, all_doubles(search.penalty)))
    store(ledger, DOUBT, at, half * (lowest - lower))
    store(ledger, START, at, place)
    single = where_at_most(count, one, where_at_most(one, count, all_doubles(0.0), one), one)
    return total(single)
