"""Train: the references in the database become a head set for one language model and one segmentation.

Whole families stay in one fold. Every method, calibration, weight and operating point that is reported was fitted on
other folds than the one that it is reported for; the head set that is kept is then fitted to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..files.atomic import write_atomically, write_errors_named
from ..settings import Settings
from .evaluate import headlines
from .fetch_model import fetch_missing
from .figure_table import Table
from .material import check_material, fit, gather
from .progress import Progress, Silent

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class TrainedHeads:
    """A stored head set, and tables of how its methods did on families that they had not seen."""

    head_set: HeadSet
    tables: tuple[Table, ...]


def train_heads(
    store: Store,
    settings: Settings,
    *,
    negatives: str | None = None,
    seed: int = 17,
    save_to: Path | None = None,
    progress: Progress | None = None,
) -> TrainedHeads:
    """Train a head set for the settings' language model and make it the one in use.

    Args:
        negatives: a proteome of an organism without CRM1; a part of it is taught to be free of NESs.
        seed: of every random choice.
        save_to: a file that also gets the head set.

    Raises:
        InputError: if the database holds too few references, or weights that had to be fetched are not what they should
            be.
        UsageError: if there is no proteome `negatives`.
        ConfigurationError: if there are no weights of the language model.
        CannotWriteError: if `save_to` or the weights cannot be written.
        TryLaterError: if the weights had to be fetched and that failed.
    """
    from ..formats.writing import check_place
    from ..language.embedder import open_embedder
    from ..store.runs import run

    check_place(save_to, "--save-to")
    progress = progress or Silent()
    check_material(store, negatives)
    fetch_missing(settings, progress)
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    named = {"language_model": embedder.identity.name, "segmentation": settings.segmentation}
    stated = {**named, "negatives": negatives, "seed": seed}
    with run(store, "train", stated, device=embedder.chosen) as (run_id, counts):
        material = gather(store, embedder, settings, negatives, seed, progress)
        counts.update(material.counts)
        outcome = fit(material, settings, seed, progress)
        keep(store, outcome.head_set, run_id, save_to)
    return TrainedHeads(outcome.head_set, headlines(outcome.held_out, material))


def keep(store: Store, head_set: HeadSet, run_id: int, save_to: Path | None) -> None:
    """Make `head_set` the one in use for its language model, and write it to a file if one is named."""
    from ..segmentation.factory import variant_of
    from ..store.head_sets import save_head_set

    payload = head_set.to_bytes()
    save_head_set(
        store,
        payload,
        name=f"{head_set.language_model.name}/{variant_of(head_set.segmentation)}",
        language_model=head_set.language_model,
        references_digest=head_set.references_digest,
        digest=head_set.digest,
        run_id=run_id,
    )
    if save_to:
        write_head_set(save_to, payload)


def write_head_set(path: Path, payload: bytes) -> None:
    """Write the bytes of a head set to a file, which is there only when it is whole.

    Raises:
        CannotWriteError: if that fails.
    """
    with write_errors_named(path, "--save-to FILE in a directory that you may write"):
        write_atomically(path, payload)
