"""The training loop: resumable, its curve as JSON lines; on a CPU data-parallel over single-threaded processes."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from esm.model.esm2 import ESM2
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from ...errors import ConfigurationError
from ...files.atomic import atomic_file
from . import forward
from .batches import Batch, corrupted, crop
from .corpus import open_split
from .feeding import fed, tensors_of
from .initial import fresh_model
from .optimiser import Optimiser

STATE = "state.safetensors"
CURVE = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, for how long.

    Attributes:
        corpus: a prepared corpus.
        folder: where state and curve go.
        layers, width, heads: shape of the model.
        steps: optimiser steps, or 0 to let `seconds` of wall time decide.
        seconds: wall time over all sessions; learning rate and end follow it when `steps` is 0. A finished run that is
            given more of either goes on: its rate, which had fallen to zero, is at once what it would be at this point
            of the longer run, and falls to zero again.
        batch_tokens: tokens of one batch; a step takes `batches_per_step` of them.
        processes: data-parallel processes; must divide `batches_per_step`. One on a GPU.
        device: of torch.
        loaders: processes that make batches ahead; with 1 the training process makes its own.
        peak: greatest learning rate of AdamW, `optimiser.MATRIX_RATE` times that for Muon; linear warm-up over
            `warm_up` steps, then linear decay to zero.
        save_every: seconds between saved states.
        measure_every: seconds between validations.
        compiled: use torch.compile (a C++ compiler must be there).
        half: bfloat16 matrices and residual stream, float32 parameters.
    """

    corpus: Path
    folder: Path
    layers: int = 6
    width: int = 192
    heads: int = 6
    steps: int = 0
    seconds: float = 4500.0
    batch_tokens: int = 4096
    batches_per_step: int = 2
    processes: int = 1
    device: str = "cpu"
    loaders: int = 1
    peak: float = 1e-3
    warm_up: int = 200
    seed: int = 1
    save_every: float = 600.0
    measure_every: float = 300.0
    compiled: bool = False
    half: bool = False


def trained_parameters(model: ESM2) -> dict[str, Tensor]:
    """Every parameter but the contact head, which masked-language modelling never touches."""
    return {name: p for name, p in model.named_parameters() if not name.startswith("contact_head")}


def learning_rate(plan: Plan, step: int, progress: float) -> float:
    """Linear warm-up by steps, linear decay to zero by progress (0 to 1)."""
    return plan.peak * min(1.0, (step + 1) / plan.warm_up) * max(0.0, 1.0 - progress)


def save_state(path: Path, model: ESM2, optimiser: Optimiser, facts: dict[str, float]) -> None:
    """Parameters and moments, with the counters; written aside, then renamed."""
    tensors = {"model." + name: p.detach().contiguous() for name, p in trained_parameters(model).items()}
    with atomic_file(path) as aside:
        save_file(tensors | optimiser.state(), aside, metadata={"facts": json.dumps(facts)})


def load_state(path: Path, model: ESM2, optimiser: Optimiser) -> dict[str, float]:
    """Put a saved state back; returns its counters."""
    with safe_open(path, framework="pt") as state, torch.no_grad():
        facts: dict[str, float] = json.loads(state.metadata()["facts"])
        tensors = {name: state.get_tensor(name) for name in state.keys()}  # noqa: SIM118 - it is no mapping
        for name, parameter in trained_parameters(model).items():
            parameter.copy_(tensors["model." + name])
    optimiser.restore(tensors, int(facts["step"]))
    return facts


def validation_batches(corpus: Path, proteins: int | None = None, longest: int = 512) -> list[Batch]:
    """One batch of one crop per validation protein; every chosen residue is shown as <mask>."""
    store = open_split(corpus, "validation")
    batches = []
    for protein in range(min(len(store), proteins or len(store))):
        generator = np.random.default_rng([7, protein])
        length = int(store.offsets[protein + 1] - store.offsets[protein]) + 2
        first = int(generator.integers(0, max(1, length - longest + 1)))
        tokens = crop(store, protein, first, longest).astype(np.int64)[None]
        batches.append(corrupted(tokens, generator, masks_only=True))
    return batches


def perplexity(model: ESM2, batches: list[Batch]) -> float:
    """Exponential of the mean cross-entropy over all masked residues, float32."""
    device = model.embed_tokens.weight.device
    total, count = torch.zeros((), device=device), 0
    with torch.inference_mode():
        for batch in batches:
            tokens, chosen, targets = (tensor.to(device) for tensor in tensors_of(batch))
            total += forward.masked_loss(model, tokens, chosen, targets) * len(targets)
            count += len(batch.targets)
    return math.exp(float(total) / count)


def _loss_of(plan: Plan) -> Callable[..., Tensor]:
    """The loss of a batch as this device computes it best."""
    stream = torch.bfloat16 if plan.half else torch.float32
    if plan.compiled and plan.device.startswith("cuda"):
        return functools.partial(forward.masked_loss, stream=stream, parts=forward.compiled_parts())
    loss = torch.compile(forward.masked_loss) if plan.compiled else forward.masked_loss
    return functools.partial(loss, stream=stream)


class _Session:
    """One process of one training session."""

    def __init__(self, plan: Plan, rank: int) -> None:
        self.plan, self.rank = plan, rank
        self.model = fresh_model(plan.layers, plan.width, plan.heads, plan.seed).to(plan.device)
        self.optimiser = Optimiser(trained_parameters(self.model))
        self.parameters = list(trained_parameters(self.model).values())
        state = plan.folder / STATE
        facts = load_state(state, self.model, self.optimiser) if state.is_file() else {}
        self.step, self.elapsed = int(facts.get("step", 0)), float(facts.get("elapsed", 0.0))
        self.share = plan.batches_per_step // plan.processes
        source = plan.corpus, plan.batch_tokens, plan.seed
        self.batches = fed(source, self._numbers(), plan.device, plan.loaders)
        self.loss = _loss_of(plan)

    def _numbers(self) -> Iterator[int]:
        """Numbers of the batches that this process works on, from the present step on."""
        for step in itertools.count(self.step):
            first = step * self.plan.batches_per_step + self.rank * self.share
            yield from range(first, first + self.share)

    def gradients(self) -> Tensor:
        """Accumulate the gradients of this process's share of one step; nobody waits for the mean loss returned."""
        kind = torch.device(self.plan.device).type
        mean = torch.zeros((), device=self.plan.device)
        for batch in itertools.islice(self.batches, self.share):
            with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.plan.half):
                loss = self.loss(self.model, *batch) / self.share
            loss.backward()  # type: ignore[no-untyped-call]
            mean += loss.detach()
        return mean

    def shared(self, loss: Tensor, progress: float) -> tuple[Tensor, float]:
        """Average the gradients over the processes; the first one's clock counts for all."""
        if self.plan.processes == 1:
            return loss, progress
        flat = [p.grad.reshape(-1) for p in self.parameters if p.grad is not None]
        own = torch.tensor([float(loss), progress * self.plan.processes if self.rank == 0 else 0.0])
        together = torch.cat([*flat, own]) / self.plan.processes
        dist.all_reduce(together)
        place = 0
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad.copy_(together[place : place + parameter.numel()].view_as(parameter))
                place += parameter.numel()
        return together[-2], float(together[-1])

    def progress(self) -> float:
        """How much of the plan is done, 0 to 1."""
        return self.step / self.plan.steps if self.plan.steps else self.elapsed / self.plan.seconds

    def advance(self, progress: float) -> tuple[Tensor, float]:
        """One optimiser step; returns loss and the progress that all processes agree on."""
        loss, progress = self.shared(self.gradients(), progress)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step(learning_rate(self.plan, self.step, progress))
        self.step += 1
        return loss, progress

    def save(self) -> None:
        """Write the state (first process only)."""
        if self.rank == 0:
            facts = {"step": self.step, "elapsed": self.elapsed}
            save_state(self.plan.folder / STATE, self.model, self.optimiser, facts)

    def note(self, **facts: float) -> None:
        """Append one line to the curve (first process only)."""
        if self.rank == 0:
            tokens = self.step * self.plan.batches_per_step * self.plan.batch_tokens
            line = {"step": self.step, "tokens": tokens, "seconds": round(self.elapsed, 1), **facts}
            with (self.plan.folder / CURVE).open("a") as curve:
                curve.write(json.dumps(line) + "\n")

    def run(self) -> None:
        """Train until the plan is done."""
        begun, before, first = time.monotonic(), self.elapsed, self.step + 1
        saved = measured = self.elapsed
        checks = validation_batches(self.plan.corpus, 128) if self.rank == 0 else []
        agreed, smooth = 0.0, torch.zeros((), device=self.plan.device)
        while agreed < 1.0 and self.progress() < (1.0 if self.plan.steps else math.inf):
            loss, agreed = self.advance(self.progress())
            self.elapsed = before + time.monotonic() - begun
            smooth = loss if self.step == first else smooth.lerp(loss, 0.02)
            if self.step % 50 == 0:
                self.note(loss=round(float(smooth), 4))
            if self.elapsed - measured >= self.plan.measure_every and self.rank == 0:
                self.note(loss=round(float(smooth), 4), validation_perplexity=round(perplexity(self.model, checks), 4))
                measured = self.elapsed
            if self.elapsed - saved >= self.plan.save_every:
                self.save()
                saved = self.elapsed
        self.save()
        if self.rank == 0:
            full = perplexity(self.model, validation_batches(self.plan.corpus))
            self.note(loss=round(float(smooth), 4), final_validation_perplexity=round(full, 4))


def _train(rank: int, plan: Plan) -> None:
    torch.set_num_threads(1)
    if plan.processes > 1:
        rendezvous = f"file://{(plan.folder / 'rendezvous').resolve()}"
        dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=plan.processes)
    session = _Session(plan, rank)
    with contextlib.closing(session.batches):
        session.run()
    if plan.processes > 1:
        dist.destroy_process_group()


def _check_shape(plan: Plan) -> None:
    """Refuse to go on from a state of another shape."""
    before = plan.folder / "plan.json"
    if (plan.folder / STATE).is_file() and before.is_file():
        facts = json.loads(before.read_text(encoding="utf-8"))
        known = {name: facts[name] for name in ("layers", "width", "heads")}
        if any(getattr(plan, name) != value for name, value in known.items()):
            shape = " ".join(f"--{name} {value}" for name, value in known.items())
            remedy = f"{shape}, or another folder"
            raise ConfigurationError(f"{plan.folder} holds a run of another shape", why=shape, remedy=remedy)


def pretrain(plan: Plan) -> None:
    """Train as planned, going on from the state in the plan's folder if there is one.

    Raises:
        ConfigurationError: if the state there is that of a model of another shape.
    """
    _check_shape(plan)
    plan.folder.mkdir(parents=True, exist_ok=True)
    (plan.folder / "rendezvous").unlink(missing_ok=True)
    (plan.folder / "plan.json").write_text(json.dumps(asdict(plan), default=str, indent=1))
    os.environ["OMP_NUM_THREADS"] = "1"
    if plan.processes == 1:
        _train(0, plan)
    else:
        spawn(_train, args=(plan,), nprocs=plan.processes, join=True)  # type: ignore[no-untyped-call]
