"""Turns a training state into the files that the loader reads: safetensors in float16, and a JSON card."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ...files.digests import file_sha256
from ..self_check import store_reference
from .batches import LENGTHS
from .loop import STATE

OVERLAP = 128
"""Residues that windows share; the model is used, as it was trained, on no more than the greatest crop at once, because
its perplexity on longer proteins is the worse the more it sees of them (15.4 whole, 15.0 in windows, of a model
that had been trained on crops of 512)."""


def publish(folder: Path, target: Path, training: dict[str, object]) -> dict[str, object]:
    """Write ``target`` (``.safetensors``), its card and its reference vectors beside it; returns the card.

    Args:
        folder: of a training run (state and plan).
        target: file to write.
        training: facts of the training that the card shall state.
    """
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with safe_open(folder / STATE, framework="pt") as state:
        names = [name for name in state.keys() if name.startswith("model.")]  # noqa: SIM118 - it is no mapping
        tensors = {name.removeprefix("model."): state.get_tensor(name).to(torch.float16) for name in sorted(names)}
        counters = json.loads(state.metadata()["facts"])
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target, metadata={"format": "pt"})
    target.chmod(0o644)  # safetensors writes for the owner alone
    parameters = sum(tensor.numel() for tensor in tensors.values())
    step_tokens = plan["batch_tokens"] * plan["batches_per_step"]
    card: dict[str, object] = {
        "name": f"nesannot_t{plan['layers']}_{parameters / 1e6:.1f}M",
        "architecture": "ESM-2 (fair-esm)",
        "layers": plan["layers"], "width": plan["width"], "heads": plan["heads"], "parameters": parameters,
        "long_rule": {"window": LENGTHS[0] - 2, "overlap": OVERLAP},
        "licence": "MIT", "size": target.stat().st_size, "sha256": file_sha256(target),
        "training": {"steps": counters["step"], "tokens": counters["step"] * step_tokens, **training},
    }  # fmt: skip
    target.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    store_reference(target)
    return card
