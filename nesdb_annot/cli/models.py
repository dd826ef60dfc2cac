"""`nesannot models`: the language models: which there are, where their weights come from, and how ours was trained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .console import TerminalProgress, note, print_table
from .context import settings_of, settings_with
from .options import Device, Engine, Layer, Quiet

app = typer.Typer(help="List, fetch, check and pre-train language models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="a name from `models list`, or the path of a checkpoint")]


@app.command(name="list")
def list_models(ctx: typer.Context) -> None:
    """Show the models, their size, and whether their weights are here."""
    from ..language import prott5_files
    from ..language.catalog import BUNDLED, OFFICIAL_MODELS
    from ..language.models import BUNDLED_FILE, weights_folder

    folder = weights_folder(settings_of(ctx))
    card = json.loads(BUNDLED_FILE.with_suffix(".json").read_text(encoding="utf-8"))
    rows = [(BUNDLED, card["layers"], card["width"], f"{card['parameters']:,}", card["licence"], "yes")]
    for model in OFFICIAL_MODELS.values():
        here = "yes" if (folder / model.file_name).is_file() else "no"
        rows.append((model.name, model.layers, model.width, f"{model.parameters:,}", model.licence, here))
    there = prott5_files.fetched_folder(settings_of(ctx), prott5_files.HUB_NAME) / prott5_files.SMALL_FILES[0]
    shape = prott5_files.LAYERS, prott5_files.WIDTH, f"{prott5_files.PARAMETERS:,}"
    rows.append((prott5_files.SHORT_NAME, *shape, prott5_files.LICENCE, "yes" if there.is_file() else "no"))
    print_table(("model", "layers", "width", "parameters", "licence", "here"), rows)


@app.command()
def info(ctx: typer.Context, name: Name = "bundled") -> None:
    """Show what is known about a model: shape, digest, and, for the bundled one, its training."""
    from ..language.models import describe

    print_table(("fact", "value"), describe(settings_with(ctx, model=name)))


@app.command()
def verify(
    ctx: typer.Context, name: Name = "bundled", layer: Layer = None, device: Device = None, engine: Engine = None
) -> None:
    """Load a model: its digest, its tensors and its embedding of a reference protein must be as they should."""
    from ..language.embedder import open_embedder

    embedder = open_embedder(settings_with(ctx, model=name, layer=layer, device=device, engine=engine))
    identity = embedder.identity
    note(embedder.chosen)
    typer.echo(f"{identity.name} sha256 {identity.weights_sha256}: {identity.dimension} dimensions")


@app.command()
def knowledge(
    ctx: typer.Context,
    name: Name = "bundled",
    layer: Layer = None,
    device: Device = None,
    engine: Engine = None,
    seed: Annotated[int, typer.Option(min=0, help="of every random choice")] = 17,
    quiet: Quiet = False,
) -> None:
    """Measure whether a model tells known NESs from matched peptides better than composition and random weights do."""
    from ..store.engine import open_store
    from ..workflow.knowledge import knowledge_of

    settings = settings_with(ctx, model=name, layer=layer, device=device, engine=engine)
    with TerminalProgress(quiet) as progress, open_store(settings) as store:
        tables = knowledge_of(store, settings, seed=seed, progress=progress)
    for table in tables:
        typer.echo(f"\n{table.title}")
        print_table(table.columns, table.rows)


@app.command()
def fetch(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="a name from `models list`")],
    to: Annotated[Path | None, typer.Option(help="directory; the data directory by default")] = None,
    sha256: Annotated[str | None, typer.Option(help="digest that the file must have")] = None,
) -> None:
    """Fetch the weights of an official model or of ProtT5; an interrupted fetch goes on where it stopped."""
    from ..workflow.fetch_model import Megabytes, fetch_model

    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"{sha256!r} is no SHA-256", why="that has 64 hexadecimal digits", remedy="sha256sum FILE")
    path = fetch_model(settings_of(ctx), name, to, sha256.lower() if sha256 else None, Megabytes(note))
    note(f"{name} is in {path}")


@app.command(hidden=True)
def pretrain(
    ctx: typer.Context,
    corpus: Annotated[Path, typer.Argument(help="FASTA, plain or .xz", exists=True, dir_okay=False)],
    folder: Annotated[Path, typer.Argument(help="state, curve and model go here; a run found there goes on")],
    leave_out: Annotated[
        list[Path] | None, typer.Option(help="FASTA of proteins whose families must not be trained on")
    ] = None,
    minutes: Annotated[float, typer.Option(help="wall time, all sessions together")] = 90.0,
    steps: Annotated[int, typer.Option(help="steps, all sessions together, instead of minutes")] = 0,
    layers: int = 6,
    width: int = 192,
    heads: int = 6,
    compiled: Annotated[bool, typer.Option(help="torch.compile; needs a C++ compiler")] = True,
    device: Device = None,
) -> None:
    """Train a small model of ESM-2's architecture on your own corpus, on a GPU if there is one, else on two cores.

    What is found in FOLDER goes on, a run that was stopped as if it had not been. A run that had ended goes on if it is
    given more minutes than before: its learning rate, fallen to zero, takes up where a run of that length would be,
    and falls again. The model in FOLDER is replaced at the end.
    """
    from ..language.engines.choice import found_device
    from ..language.pretraining.run import Wanted, train

    settings = settings_with(ctx, device=device)
    chosen, why = found_device(settings.device)
    note(f"training on {chosen} ({why})")
    wanted = Wanted(layers, width, heads, minutes, steps, compiled, device=chosen)
    card = train(corpus, leave_out or [], folder, wanted, workers=settings.workers)
    print_table(("fact", "value"), [(key, str(fact)) for key, fact in card.items()])
