"""Evaluate: how every method and every baseline does on families that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..settings import Settings
from .candidates import Resolve
from .material import fit, gather
from .progress import Progress, Silent

if TYPE_CHECKING:
    from ..learning.training import HeldOutProtein
    from ..store.engine import Store

COLUMNS = ("method", "AP", "95 % interval", "P@R.2", "P@R.5", "P@R.68", "P@R.8", "top-1", "AUROC", "ECE", "Brier")
"""AP: average precision; P@R: precision where that recall is reached; ECE: expected calibration error."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation that is stored as run `run_id`, as a table."""

    run_id: int
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def evaluate_methods(
    store: Store,
    settings: Settings,
    *,
    negatives: str | None = None,
    seed: int = 17,
    progress: Progress | None = None,
) -> Evaluation:
    """Fit every method to all folds but one, in turn, and compare what it says of that one with what is known.

    Args:
        store: with the references.
        settings: name the language model and the segmentation.
        negatives: a proteome of an organism without CRM1.
        seed: of every random choice.
        progress: told how far it is.

    Raises:
        InputError: if the database holds too few references.
        ConfigurationError: if there are no weights of the language model.
    """
    from ..language.embedder import open_embedder
    from ..store.runs import run

    progress = progress or Silent()
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    stated = {"language_model": embedder.identity.name, "negatives": negatives, "seed": seed}
    with run(store, "evaluate", stated, device=embedder.chosen) as (run_id, counts):
        material = gather(store, embedder, settings, negatives, seed, progress)
        counts.update(material.counts)
        outcome = fit(material, settings, seed, progress.note)
        return Evaluation(run_id, COLUMNS, headline(outcome.held_out, material.resolve))


def headline(held_out: Sequence[HeldOutProtein], resolve: Resolve) -> list[tuple[object, ...]]:
    """A row of `COLUMNS` for each method and each baseline, on proteins whose families were held out."""
    from ..learning.evaluation import evaluate

    return [
        (
            figures.method,
            figures.average_precision,
            f"{figures.interval[0]:.2f}-{figures.interval[1]:.2f}",
            *(figures.precision[recall] for recall in (0.2, 0.5, 0.68, 0.8)),
            figures.top[1],
            figures.auroc,
            figures.calibration_error,
            figures.brier,
        )
        for figures in evaluate(held_out, resolve)
    ]
