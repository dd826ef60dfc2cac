"""Compiled forward pass of the tagger; imports numba, so import it inside functions only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Rows = NDArray[np.float32]

BLOCK = 128
"""Residues whose neighbours are laid side by side at a time: few enough to stay in the processor's cache."""


@compiled
def convolved(x: Rows, weight: Rows, dilation: int, y: Rows) -> None:
    """Products of the neighbours at each tap with `weight`; what lies beyond the ends is zero.

    Args:
        x: shape (L, channels).
        weight: shape (taps * channels, outputs).
        dilation: residues from one tap to the next.
        y: filled, shape (L, outputs).
    """
    length, channels = x.shape
    taps = len(weight) // channels
    stacked = np.empty((BLOCK, taps * channels), dtype=np.float32)
    for begin in range(0, length, BLOCK):
        end = min(begin + BLOCK, length)
        for row in range(begin, end):
            for tap in range(taps):
                neighbour = row + dilation * (tap - taps // 2)
                place = tap * channels
                if 0 <= neighbour < length:
                    for channel in range(channels):
                        stacked[row - begin, place + channel] = x[neighbour, channel]
                else:
                    for channel in range(channels):
                        stacked[row - begin, place + channel] = 0.0
        np.dot(stacked[: end - begin], weight, y[begin:end])


@compiled
def member_logits(
    letters: NDArray[np.intp],
    x: Rows,
    table: Rows,
    first: tuple[Rows, Rows],
    blocks: tuple[Rows, Rows, NDArray[np.int64]],
    output: tuple[Rows, float],
) -> Rows:
    """Log-odds of each residue by one network, shape (L,).

    Args:
        letters: index of each residue, shape (L,).
        x: features besides letters, shape (L, features).
        table: what each letter adds at each tap of the first convolution, shape (taps, letters, channels).
        first: weights, shape (taps * features, channels), and biases of the first convolution.
        blocks: weights, shape (blocks, taps * channels, channels), biases, shape (blocks, channels), and dilations of
            the residual convolutions.
        output: weights, shape (channels,), and bias of the last layer.
    """
    weights, biases, dilations = blocks
    length, channels, taps = len(letters), table.shape[2], len(table)
    held, y = np.empty((length, channels), dtype=np.float32), np.empty((length, channels), dtype=np.float32)
    convolved(x, first[0], 1, held)
    for row in range(length):
        own = held[row]
        for tap in range(taps):
            neighbour = row + tap - taps // 2
            if 0 <= neighbour < length:
                added = table[tap, letters[neighbour]]
                for channel in range(channels):
                    own[channel] += added[channel]
        for channel in range(channels):
            own[channel] = max(own[channel] + first[1][channel], np.float32(0.0))
    for block in range(len(weights)):
        convolved(held, weights[block], dilations[block], y)
        bias = biases[block]
        for row in range(length):
            for channel in range(channels):
                held[row, channel] += max(y[row, channel] + bias[channel], np.float32(0.0))
    logits = np.empty(length, dtype=np.float32)
    for row in range(length):
        total = np.float32(output[1])
        for channel in range(channels):
            total += held[row, channel] * output[0][channel]
        logits[row] = total
    return logits


@compiled
def best_stretches(logits: Rows, spans: NDArray[np.int64], width: int) -> tuple[Rows, NDArray[np.int64]]:
    """Best mean over `width` residues inside each span (or over all of a shorter one), and where that stretch begins.

    Args:
        logits: shape (L,).
        spans: first and last residue, 1-based inclusive, shape (n, 2).
        width: residues.
    """
    sums = np.zeros(len(logits) + 1)
    for row in range(len(logits)):
        sums[row + 1] = sums[row] + logits[row]
    means, firsts = np.empty(len(spans), dtype=np.float32), np.empty(len(spans), dtype=np.int64)
    for span in range(len(spans)):
        first, last = spans[span]
        own = min(width, last - first + 1)
        best = -np.inf
        for begin in range(first - 1, last - own + 1):
            total = sums[begin + own] - sums[begin]
            if total > best:
                best = total
                firsts[span] = begin + 1
        means[span] = best / own
    return means, firsts
