"""The measurement of one shape: batch by batch, every contender on the same proteins, one after the other."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from numpy.typing import NDArray

from ...residues import STANDARD_RESIDUES
from ...settings import Settings
from ..catalog import BUNDLED
from ..checkpoint import LoadedModel, load_model
from ..engines.choice import found_device
from ..models import BUNDLED_FILE
from .clock import Clock, Spent
from .contenders import STOCK_ALONE, STOCK_BATCHED, Run, contenders, stock_batches
from .peaks import Peaks
from .wanted import Wanted, official_shape, operations, passes

TOKENS_A_ROUND = {"cpu": 1, "cuda": 1 << 18}
"""Tokens that a round holds at least: one batch of fair-esm on a CPU, several passes of the packed engine on a GPU."""


@dataclass(slots=True)
class _Tally:
    spent: Spent = field(default_factory=Spent)
    least_cosine: float = 1.0
    memory: int = 0


def residues_of(lengths: Sequence[int], seed: int) -> list[str]:
    """Random proteins of these lengths from the twenty standard residues."""
    letters = np.frombuffer(STANDARD_RESIDUES.encode(), dtype=np.uint8)
    drawn = np.random.default_rng(seed).choice(letters, sum(lengths)).tobytes().decode()
    ends = list(itertools.accumulate(lengths, initial=0))
    return [drawn[first:end] for first, end in itertools.pairwise(ends)]


def model_of(shape: str, seed: int) -> LoadedModel:
    """The bundled model, or fair-esm's class in an official shape with random weights."""
    if shape == BUNDLED:
        return load_model(BUNDLED_FILE)
    alphabet = Alphabet.from_architecture("ESM-1b")
    torch.manual_seed(seed)
    model = ESM2(*official_shape(shape), alphabet).eval().requires_grad_(requires_grad=False)
    return LoadedModel(shape, "", model, alphabet)


def spread(count: int) -> Iterator[int]:
    """0 to count - 1, first the middle, then the quarters, the eighths ...: what comes first stands for all.

    Example:
        >>> list(spread(7))
        [3, 1, 5, 0, 2, 4, 6]
    """
    seen: set[int] = set()
    for parts in (2**power for power in itertools.count(1)):
        for n in range(1, parts, 2):
            place = min(count * n // parts, count - 1)
            if place not in seen:
                seen.add(place)
                yield place
        if len(seen) >= count:
            return


def _rounds(proteins: Sequence[str], device: str) -> Iterator[list[str]]:
    """Proteins of each round: whole batches of fair-esm, chosen evenly over the lengths."""
    batches = stock_batches(proteins)
    least = TOKENS_A_ROUND["cuda" if device.startswith("cuda") else "cpu"]
    held: list[str] = []
    for place in spread(len(batches)):
        held += batches[place]
        if sum(map(len, held)) >= least:
            yield held
            held = []
    if held:
        yield held


def _least_cosine(found: Sequence[NDArray[np.float32]], expected: Sequence[NDArray[np.float32]]) -> float:
    one, two = np.concatenate(found), np.concatenate(expected)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    return float(((one * two).sum(1) / lengths).min())


class _Race:
    """All contenders of one shape."""

    def __init__(self, runs: dict[str, tuple[Run, int]], clock: Clock) -> None:
        self._runs, self._clock = runs, clock
        self.tallies = {name: _Tally() for name in runs}
        for run, _ in runs.values():
            run(["MKLV" * 16])  # what is made at the first call is not counted

    def round(self, proteins: Sequence[str], first: int) -> None:
        """Every contender on the same proteins; `first` turns their order."""
        names = list(self._runs)
        names = names[first % len(names) :] + names[: first % len(names)]
        answers = {}
        for name in names:
            run, weights = self._runs[name]
            tally, held = self.tallies[name], self._clock.held()
            answers[name], spent = self._clock.timed(partial(run, proteins))
            tally.spent.add(spent)
            tally.memory = max(tally.memory, weights + self._clock.grown(held))
        for name, answer in answers.items():
            self.tallies[name].least_cosine = min(
                self.tallies[name].least_cosine, _least_cosine(answer, answers[STOCK_ALONE])
            )


def measured(shape: str, wanted: Wanted) -> dict[str, object]:
    """One shape: peaks of the machine and, for each contender, speed, ratio to fair-esm, fraction of the peak.

    Returns:
        Names and values, ready for JSON. Rates are per second of one core on a CPU, per second of the device on a GPU.
    """
    device = found_device(wanted.device)[0]
    clock, loaded = Clock(device), model_of(shape, wanted.seed)
    peaks = Peaks(device, clock)
    settings = Settings(cache_dir=(cache := Path(wanted.cache_dir)), data_dir=cache)
    race = _Race(contenders(loaded, wanted.engines, settings, clock), clock)
    size = (int(loaded.model.num_layers), int(loaded.model.embed_dim))
    proteins = residues_of(passes(wanted.lengths), wanted.seed)
    done: list[int] = []
    began = time.monotonic()
    for number, batch in enumerate(_rounds(proteins, device)):
        peaks.measure()
        race.round(batch, number)
        done += map(len, batch)
        if time.monotonic() - began >= wanted.seconds:
            break
    work = operations(size, done)
    rows = [_row(name, tally, race.tallies, done, work, peaks.best) for name, tally in race.tallies.items()]
    return {
        "shape": shape, "layers": size[0], "width": size[1], "device": device, "rounds": number + 1,
        "proteins": len(done), "residues": sum(done), "operations_per_residue": work / sum(done),
        "peak_operations": peaks.best, "engines": rows,
    }  # fmt: skip


def _row(
    name: str, tally: _Tally, all_of: dict[str, _Tally], done: Sequence[int], work: float, peaks: dict[str, float]
) -> dict[str, object]:
    seconds = tally.spent.core
    return {
        "engine": name,
        "residues_per_second": sum(done) / seconds,
        "ratio_to_batched": all_of[STOCK_BATCHED].spent.core / seconds,
        "ratio_to_one_at_a_time": all_of[STOCK_ALONE].spent.core / seconds,
        "operations_per_second": work / seconds,
        "share_of_bfloat16_peak": work / seconds / peaks["bfloat16"],
        "share_of_float32_peak": work / seconds / peaks["float32"],
        "least_cosine": tally.least_cosine,
        "share_of_a_core": tally.spent.core / tally.spent.wall,
        "memory_bytes": tally.memory or None,
    }
