"""Compiled kernels of exact segmentation; imports numba, so import it inside functions only.

With S the running sums of the rows, a segment (a, b] costs the sum of its rows' squares less its *gain*,
|S[b] - S[a]|^2 / (b - a). The squares are those of all rows in any segmentation, so that gains are all that is
compared. They follow from inner products of running sums in float32, with a bound of their error, since the order of
these sums is known (Higham 2002, Accuracy and Stability of Numerical Algorithms, chapter 3). A begin that wins beyond
the errors is chosen at once; between the others decides float64, from the rows. The outcome is that of float64.
"""

from __future__ import annotations

import numpy as np

from ..compiled import compiled_in_order
from ..lanes import PAIR, WIDTH, all_doubles, doubles, multiply_add, store, total
from . import _ledger, _running_sums
from ._ledger import BASE, DOUBT, DRIFT, LEDGER, SQUARE, START, Found, Integers, Search
from ._running_sums import LAGS, REBASED_AFTER, SPARE, UNIT, WHOLE, Floats, Rows, Singles

ROWS = 32
"""Rows that are taken at a time, a multiple of `PAIR` and of `TOGETHER`."""

SHARED_AFTER = 256
"""Rows after which doubt is shared, a multiple of `ROWS`."""

PATIENCE = 32
"""Segments that two segmentations are followed back before all that they rest on is settled."""

SAMPLE = 256
"""Rows that tell where rows are seen from, which costs do not depend on."""


def room(length: int, dimension: int, reach: int) -> int:
    """Numbers in float64 that a search needs as scratch."""
    return LEDGER * (length + 1 + reach + SPARE) + (reach + 1 + REBASED_AFTER + SPARE) * dimension // 2 + 16


@compiled_in_order
def power_of_two(number: float) -> float:
    """What brings a number near 1 without rounding, in float32's range; 1 for zero and for what is not finite."""
    if not 0.0 < number < np.inf:
        return 1.0
    power = float(np.round(np.log2(number)))
    return float(2.0 ** min(max(-power, -120.0), 120.0))


@compiled_in_order
def gain(rows: Rows, begin: int, end: int) -> float:
    """Gain of the segment (begin, end] in float64."""
    sums = rows.wide * (end - begin)
    last = end - 1
    for row in range(begin, end, 2):
        # An odd row out is added with nothing.
        one, two = all_doubles(rows.scale[row]), all_doubles(rows.scale[row + 1] if row < last else 0.0)
        other = min(row + 1, last)
        for column in range(0, sums.shape[1], PAIR):
            summed = multiply_add(doubles(rows.embedding, row, column), one, doubles(sums, 0, column))
            store(sums, 0, column, multiply_add(doubles(rows.embedding, other, column), two, summed))
    square = all_doubles(0.0)
    for column in range(0, sums.shape[1], PAIR):
        summed = doubles(sums, 0, column)
        square = multiply_add(summed, summed, square)
    return total(square) / (end - begin)


@compiled_in_order
def settle(rows: Rows, ledger: Floats, search: Search, at: int) -> float:
    """Cost of the best segmentation up to `at` in float64, written to the ledger with all that it rests on.

    Each place is settled once, so that ties without end, as of equal rows, take linear time.
    """
    reach, chain, steps = search.reach, np.empty(at + 1, dtype=np.int64), 0
    while ledger[DOUBT, at + reach] > 0:
        chain[steps] = at
        steps += 1
        at = int(ledger[START, at + reach])
    for step in range(steps - 1, -1, -1):
        begin, at = at, chain[step]
        ledger[BASE, at + reach] = ledger[BASE, begin + reach] + search.penalty - gain(rows, begin, at)
        ledger[DOUBT, at + reach] = 0.0
    return float(ledger[BASE, at + reach])


@compiled_in_order
def excess(rows: Rows, ledger: Floats, search: Search, begin: int, rival: int, end: int) -> float:
    """What a segmentation up to `end` costs more if its last segment starts at `begin` than if it does at `rival`.

    In float64, segment by segment from the end, until what is in doubt of the rest cannot change the sign.
    """
    reach = search.reach
    more = gain(rows, rival, end) - gain(rows, begin, end)
    shared = common_doubt(ledger, reach, begin, rival)
    for _ in range(PATIENCE):
        found: float = more + ledger[BASE, begin + reach] - ledger[BASE, rival + reach]
        doubt = ledger[DOUBT, begin + reach] + ledger[DOUBT, rival + reach] - shared
        if begin == rival or abs(found) >= doubt:
            return found
        if begin > rival:
            last, begin = begin, int(ledger[START, begin + reach])
            more += search.penalty - gain(rows, begin, last)
        else:
            last, rival = rival, int(ledger[START, rival + reach])
            more -= search.penalty - gain(rows, rival, last)
    return more + settle(rows, ledger, search, begin) - settle(rows, ledger, search, rival)


@compiled_in_order
def common_doubt(ledger: Floats, reach: int, one: int, other: int) -> float:
    """Of the doubts of two segmentations what both owe to the segments that they share, as far as that is near."""
    common = _ledger.parting(ledger, reach, one, other, PATIENCE)
    return 2.0 * float(ledger[DOUBT, common + reach]) if common >= 0 else 0.0


@compiled_in_order
def contest(rows: Rows, found: Found, search: Search, column: int, end: int) -> None:
    """Write to the ledger which begin is the best of those that float32 leaves for `end`; of equals the last.

    Args:
        rows: of the whole protein.
        found: the costs with those of this end.
        search: what is asked.
        column: of `end` in the costs.
        end: number of the running sum.
    """
    ledger, costs, reach = found.ledger, found.costs, search.reach
    begins, best = len(search.share), -1
    for j in range(begins - 1, -1, -1):
        if costs[j, column] > costs[2 * begins, column]:
            continue
        if best >= 0:
            begin, rival = end - reach + j, end - reach + best
            low, high = costs[j, column] - costs[begins + best, column], costs[begins + j, column] - costs[best, column]
            more = 0.5 * (low + high)
            if abs(more) <= 0.5 * (high - low) - common_doubt(ledger, reach, begin, rival):
                more = excess(rows, ledger, search, begin, rival, end)
            if more >= 0:
                continue
        best = j
    ledger[BASE, end + reach] = 0.5 * (costs[begins + best, column] + costs[best, column]) + search.penalty
    ledger[DOUBT, end + reach] = 0.5 * (costs[begins + best, column] - costs[best, column])
    ledger[START, end + reach] = end - reach + best


@compiled_in_order
def decide(rows: Rows, found: Found, search: Search, block: int, rounded: float) -> None:
    """Write to the ledger how the best segmentations end after each of `ROWS` rows.

    Args:
        rows: of the whole protein.
        found: the ledger with the squares of these rows' running sums, and their products.
        search: what is asked.
        block: the first of the rows.
        rounded: length of what the last change of the base may have rounded away of a running sum.
    """
    ledger, reach, begins = found.ledger, search.reach, len(search.share)
    shortest = reach - begins + 1
    count, together = min(ROWS, len(rows.scale) - block), min(PAIR, shortest)
    for group in range(0, count, together):
        number, last = block + 1 + group, block + min(group + PAIR, count)
        moved = ledger[DRIFT, last + reach] - ledger[DRIFT, number] + rounded
        if _ledger.bounds(found, search, group, number, moved) == 0.0:
            continue
        for i in range(min(together, count - group)):
            if found.costs[2 * begins, i] == np.inf:
                ledger[DOUBT, number + i + reach] = ledger[START, number + i + reach] = 0.0
            elif found.costs[2 * begins + 1, i] > 1:
                contest(rows, found, search, i, number + i)


@compiled_in_order
def optimal_change_points(
    rows: Rows, shortest: int, reach: int, penalty: float, fuzz: float, scratch: Floats
) -> Integers:
    """Ends of the segments that minimise squared error + `penalty` per segment, each `shortest` to `reach` long.

    Time L * reach.

    Args:
        rows: the dimension a multiple of `WHOLE`; L must admit such lengths.
        shortest: shortest segment.
        reach: longest segment, at most L.
        penalty: of each segment.
        fuzz: length of what a row loses in float32 beyond its own rounding, in units of that.
        scratch: see `room`.

    Returns:
        nothing if float32 does not hold the sums.
    """
    length, dimension = rows.embedding.shape
    begins, width = reach - shortest + 1, length + 1 + reach + SPARE
    ledger = scratch[: LEDGER * width].reshape(LEDGER, width)
    sums = _running_sums.aligned(scratch[LEDGER * width :], dimension)
    ledger[:], ledger[BASE], ledger[BASE, reach], sums[: reach + 1] = 0.0, np.inf, 0.0, 0.0
    # Sums in lanes and then of these: of products, and in twice the lanes of squares; with some room.
    error = (dimension // WIDTH + dimension // WHOLE + 16) * UNIT
    search = Search(reach, 1.0 / np.arange(reach, shortest - 1, -1), penalty, error)
    near = np.zeros((LAGS * ((begins + LAGS - 1) // LAGS), ROWS + PAIR), np.float32)
    found, rounded = Found(ledger, near, np.empty((2 * begins + 2, PAIR))), 0.0
    for block in range(0, length, ROWS):
        count, at, number = min(ROWS, length - block), reach + block % REBASED_AFTER, block + 1 + reach
        if block and at == reach:
            # A sum that is still in reach may have been moved before.
            rounded *= reach > REBASED_AFTER
            rounded += _running_sums.rebase(sums, reach + REBASED_AFTER, reach + 1, ledger[SQUARE, block:])
        if block and block % SHARED_AFTER == 0:
            _ledger.share_doubt(ledger, reach, block)
        _running_sums.extend(rows, block, sums, at, ledger[SQUARE : DRIFT + 1, number : number + count])
        if count < ROWS:
            # Read with the last: memory may hold numbers by chance that take a processor a hundred times as long.
            sums[at + 1 + count : at + 1 + count + SPARE] = 0.0
        _running_sums.products(sums, at + 1, count, at + 1 - reach, near)
        for column in range(number, number + count):
            lost = np.sqrt(ledger[SQUARE, column]) + np.sqrt(ledger[DRIFT, column]) + fuzz
            ledger[DRIFT, column] = ledger[DRIFT, column - 1] + 1.01 * UNIT * lost
        decide(rows, found, search, block, rounded)
    if not np.isfinite(ledger[DRIFT, length + reach]):
        return np.empty(0, dtype=np.int64)
    return _ledger.ends_of(ledger[START, reach : reach + length + 1])


@compiled_in_order
def change_points(
    embedding: Singles, lengths: Integers, penalty: float, cosine: bool, relative: bool, scratch: Floats
) -> Integers:
    """`optimal_change_points` of embeddings of any size; nothing if they are not finite.

    Args:
        embedding: shape (L, dimension).
        lengths: of the shortest and the longest segment.
        penalty: of each segment.
        cosine: rows are brought to length 1.
        relative: the penalty is in multiples of the mean cost of a residue.
        scratch: see `room`.
    """
    scale = _running_sums.inverse_norms(embedding) if cosine else np.ones(len(embedding))
    # All rows tell the unit of a relative penalty; where rows are seen from, some tell well enough.
    some = 1 if relative else max(1, len(embedding) // SAMPLE)
    for step in (some, 1):
        mean, unit = _running_sums.moments(embedding, scale, step, embedding[0] * scale[0])
        # Rows of length near 1: float32 holds what embeddings of any size become. A power of two rounds nothing.
        size = power_of_two(np.sqrt(unit))
        offset = (mean.reshape(1, len(mean)) * -size).astype(np.float32)
        rows = Rows(embedding, scale * size, offset, offset.astype(np.float64))
        own = penalty * size * size * (unit if relative else 1.0)
        # A row of length 1 is rounded as what it is multiplied with and again as the product.
        fuzz = 2.0 * size if cosine else 0.0
        ends = optimal_change_points(rows, lengths[0], lengths[1], own, fuzz, scratch)
        # A row that dwarfs those that tell the size overflows.
        if len(ends) or step == 1:
            break
    return ends
