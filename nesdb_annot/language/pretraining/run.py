"""Pre-training from a FASTA file to a model that the loader reads: prepare, train, compare, publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..processor import has_bfloat16
from .background import Background
from .corpus import open_split, prepare, read_sequences
from .loop import CURVE, Plan, pretrain, validation_batches
from .publish import publish

MODEL = "model.safetensors"


LOADERS = 12
"""Processes that make batches for a GPU, where there are as many cores."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Shape and effort of a training; `steps` other than 0 takes the place of `minutes`.

    Attributes:
        layers, width, heads: shape of the model.
        minutes: wall time of all sessions together.
        steps: of all sessions together.
        compiled: use torch.compile.
        batch_tokens: tokens of a batch; 0 for what the device likes, 4,096 on a CPU and 131,072 on a GPU.
        device: of torch.
    """

    layers: int = 6
    width: int = 192
    heads: int = 6
    minutes: float = 90.0
    steps: int = 0
    compiled: bool = True
    batch_tokens: int = 0
    device: str = "cpu"


def _prepared(corpus: Path, leave_out: Sequence[Path], folder: Path) -> dict[str, object]:
    """The card of the prepared corpus in `folder`, made there if it is not yet."""
    card = folder / "corpus.json"
    if card.is_file():
        known: dict[str, object] = json.loads(card.read_text(encoding="utf-8"))
        return known
    left_out = sorted({residues for path in leave_out for residues in read_sequences(path)})
    return prepare(corpus, left_out, folder)


def final_perplexity(curve: Path) -> float:
    """Perplexity on all validation proteins, from the last line of a curve."""
    last = json.loads(curve.read_text(encoding="utf-8").splitlines()[-1])
    return float(last["final_validation_perplexity"])


def _plan(wanted: Wanted, folder: Path, workers: int) -> Plan:
    """The plan for the device: a CPU's processes share each step; a GPU takes large steps at a higher rate alone."""
    shape = Plan(
        corpus=folder / "corpus", folder=folder, layers=wanted.layers, width=wanted.width, heads=wanted.heads,
        steps=wanted.steps, seconds=60 * wanted.minutes, compiled=wanted.compiled, device=wanted.device,
    )  # fmt: skip
    if wanted.device == "cpu":
        tokens, processes = wanted.batch_tokens or 4096, min(2, workers)
        return replace(shape, batch_tokens=tokens, processes=processes, half=has_bfloat16())
    cuda = wanted.device.startswith("cuda")
    return replace(
        shape, batch_tokens=wanted.batch_tokens or 131_072, peak=5e-3, loaders=min(LOADERS, workers), half=cuda,
        measure_every=45.0, save_every=120.0,
    )  # fmt: skip


def train(
    corpus: Path, leave_out: Sequence[Path], folder: Path, wanted: Wanted, *, workers: int = 1
) -> dict[str, object]:
    """Train, going on from what is in `folder`; returns the card of the model written there.

    Args:
        corpus: FASTA file.
        leave_out: FASTA files of proteins whose families are not trained on.
        folder: everything is kept there.
        wanted: shape and effort.
        workers: processes: on a CPU two at most share the training, on a GPU up to `LOADERS` make its batches.
    """
    prepared = _prepared(corpus, leave_out, folder / "corpus")
    plan = _plan(wanted, folder, workers)
    pretrain(plan)
    background = Background(open_split(plan.corpus, "train")).perplexities(validation_batches(plan.corpus))
    perplexities = {"validation_perplexity": final_perplexity(folder / CURVE), **background}
    return publish(folder, folder / MODEL, {"corpus": prepared, **perplexities})
