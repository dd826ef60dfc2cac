"""Evaluate: how every method and every baseline does on families that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import EvaluatedCandidate, EvaluationFigure
from ..settings import Settings
from .evaluate_tables import Figures, Table, ranking_table, tables
from .material import Material, fit, gather
from .progress import Progress, Silent
from .truths import truth_a, truth_b

if TYPE_CHECKING:
    from ..learning.training import HeldOutProtein
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation that is stored as run `run_id`."""

    run_id: int
    figures: Sequence[EvaluationFigure]

    def tables(self) -> Iterator[Table]:
        """What was found."""
        return tables(self.figures)


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
    from ..store.evaluations import save_evaluation
    from ..store.runs import run

    progress = progress or Silent()
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    stated = {"language_model": embedder.identity.name, "negatives": negatives, "seed": seed}
    with run(store, "evaluate", stated, device=embedder.chosen) as (run_id, counts):
        material = gather(store, embedder, settings, negatives, seed, progress)
        counts.update(material.counts)
        outcome = fit(material, settings, seed, progress.note)
        figures, candidates = held_out_figures(outcome.held_out, material)
        save_evaluation(store, run_id, figures, candidates)
    return Evaluation(run_id, figures)


def held_out_figures(
    held_out: Sequence[HeldOutProtein], material: Material
) -> tuple[list[EvaluationFigure], Iterator[EvaluatedCandidate]]:
    """Figures of every method and baseline on truths A and B, and their candidates."""
    from ..learning.evaluation import candidates, evaluate, rankings

    ranked = rankings(held_out, material.resolve)
    truths = {"A": truth_a(material.entries), "B": truth_b(material.entries)}
    figures = [figure for name, known in truths.items() for figure in evaluate(ranked, known, name)]
    return figures, candidates(ranked, truths["A"], truths["B"])


def headline(held_out: Sequence[HeldOutProtein], material: Material) -> Table:
    """How well each method and each baseline puts the curated peptides first."""
    from ..learning.evaluation import evaluate, rankings

    figures = evaluate(rankings(held_out, material.resolve), truth_a(material.entries), "A")
    return ranking_table(Figures(figures), "A")
