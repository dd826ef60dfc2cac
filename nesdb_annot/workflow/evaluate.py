"""Evaluate: how every method and every baseline does on families that it has not seen.

The heads are fitted as `train` fits them: to all folds but one, in turn; that one is scored and compared with what is
known. What is asked for besides (an organism without CRM1, a screen of cargoes) is scored by heads fitted to
everything, since none of it was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..figures import EvaluatedCandidate, EvaluationFigure
from ..settings import Settings
from .evaluate_errors import all_mistakes, share_figures, write_mistakes
from .evaluate_paper import paper_evaluation
from .evaluate_tables import ranking_table, tables
from .evaluate_unseen import cargo_figures, motif_free_figures, screened_proteins
from .fetch_model import fetch_missing
from .figure_table import Figures, Table
from .material import Material, check_material, fit, gather
from .progress import Progress, Silent
from .truths import truth_a, truth_b

if TYPE_CHECKING:
    from ..learning.training import HeldOutProtein, TrainingOutcome
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is evaluated besides the methods on held-out families.

    Attributes:
        negatives: a proteome without CRM1: a part is taught to be free of NESs, and errors are counted on the half
            that is never taught.
        cargo: a table of proteins by their affinity to CRM1.
        paper: repeat the published protocol.
        ablation: the combination without each method and without its second stage, and each way of combining.
        learning_curve: the combination with fewer families; takes some minutes more.
        errors: a file that gets every NES and every false positive.
        save_to: a file that gets the head set, fitted to all families: the one that `train` makes with the same seed.
        seed: of every random choice.
    """

    negatives: str | None = None
    cargo: Path | None = None
    paper: bool = False
    ablation: bool = False
    learning_curve: bool = False
    errors: Path | None = None
    save_to: Path | None = None
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation that is stored as run `run_id`."""

    run_id: int
    figures: Sequence[EvaluationFigure]

    def tables(self) -> Iterator[Table]:
        """What was found."""
        return tables(self.figures)


def stored_evaluation(store: Store) -> Evaluation:
    """The newest evaluation in the database.

    Raises:
        InputError: if nothing was evaluated yet.
    """
    from ..store.evaluations import latest_evaluation, load_figures

    run_id = latest_evaluation(store)
    return Evaluation(run_id, load_figures(store, run_id))


def evaluate_methods(
    store: Store, settings: Settings, wanted: Wanted | None = None, progress: Progress | None = None
) -> Evaluation:
    """Fit every method to all folds but one, in turn, and compare what it says of that one with what is known.

    Args:
        store: with the references; gets figures and candidates.
        settings: name the language model and the segmentation.
        wanted: besides.
        progress: told how far it is.

    Raises:
        InputError: if the database holds too few references, the table of cargoes cannot be read, or weights that had
            to be fetched are not what they should be.
        ConfigurationError: if there are no weights of the language model.
        UsageError: if there is no proteome of that name.
        CannotWriteError: if the file of errors, of the head set or of the weights cannot be written.
        TryLaterError: if the weights had to be fetched and that failed.
    """
    from ..language.embedder import open_embedder
    from ..store.evaluations import save_evaluation
    from ..store.runs import run
    from .train import write_head_set

    wanted, progress = wanted or Wanted(), progress or Silent()
    _check(store, wanted)
    fetch_missing(settings, progress)
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    stated = {**asdict(wanted), "language_model": embedder.identity.name, "segmentation": settings.segmentation}
    with run(store, "evaluate", stated, device=embedder.chosen) as (run_id, counts):
        material = gather(store, embedder, settings, wanted.negatives, wanted.seed, progress)
        counts.update(material.counts)
        outcome = fit(material, settings, wanted.seed, progress)
        if wanted.save_to:
            write_head_set(wanted.save_to, outcome.head_set.to_bytes())
        figures, candidates = _held_out(outcome, material, wanted, progress)
        if wanted.paper:
            published, segments = paper_evaluation(material, wanted.seed, progress)
            figures, candidates = figures + published, candidates + segments
        figures += _unseen(store, settings, outcome, material, wanted, progress)
        save_evaluation(store, run_id, figures, candidates)
    return Evaluation(run_id, figures)


def _check(store: Store, wanted: Wanted) -> None:
    """Refuse now what would fail only after minutes."""
    from ..formats.writing import check_place
    check_place(wanted.save_to, "--save-to")
    check_place(wanted.errors, "--errors")
    if wanted.cargo:
        screened_proteins(wanted.cargo, lambda _: None)
    check_material(store, wanted.negatives)


def _held_out(
    outcome: TrainingOutcome, material: Material, wanted: Wanted, progress: Progress
) -> tuple[list[EvaluationFigure], list[EvaluatedCandidate]]:
    """Everything that is measured on held-out families."""
    from ..learning.evaluation import candidates, evaluate, rankings

    progress.note("measuring")
    ranked = rankings(outcome.held_out, material.resolve, material.refine)
    truths = {"A": truth_a(material.entries), "B": truth_b(material.entries)}
    figures = [figure for name, known in truths.items() for figure in evaluate(ranked, known, name)]
    found = all_mistakes(ranked, truths["A"])
    figures += share_figures(found)
    if wanted.errors:
        write_mistakes(wanted.errors, found, material.entries)
    figures += _ingredients(outcome, material, wanted, progress)
    return figures, list(candidates(ranked, truths["A"], truths["B"]))


def _ingredients(
    outcome: TrainingOutcome, material: Material, wanted: Wanted, progress: Progress
) -> list[EvaluationFigure]:
    """What methods and families contribute, as far as it is wanted."""
    from ..learning.ablation import ablations, learning_curve
    from ..learning.heads import TrainingSettings

    truths, figures = truth_a(material.entries), []
    if wanted.ablation:
        progress.note("the combination without each method")
        figures += list(ablations(outcome.held_out, material.folds, material.resolve, truths, material.refine))
    if wanted.learning_curve:
        figures += learning_curve(
            material.proteins,
            material.folds,
            material.resolve,
            truths,
            TrainingSettings(),
            seed=wanted.seed,
            told=progress.note,
            refine=material.refine,
        )
    return figures


def _unseen(
    store: Store, settings: Settings, outcome: TrainingOutcome, material: Material, wanted: Wanted, progress: Progress
) -> list[EvaluationFigure]:
    """What is measured on proteins that nothing was trained on, as far as it is wanted."""
    figures = []
    if wanted.negatives:
        figures += motif_free_figures(store, settings, wanted.negatives, outcome.head_set, progress)
    if wanted.cargo:
        figures += cargo_figures(wanted.cargo, settings, material, outcome.head_set, progress)
    return figures


def headlines(held_out: Sequence[HeldOutProtein], material: Material) -> tuple[Table, ...]:
    """How well each method and each baseline puts the curated peptides first, and functional ranges where there are."""
    from ..learning.evaluation import evaluate, rankings

    ranked = rankings(held_out, material.resolve, material.refine)
    truths = {"A": truth_a(material.entries), "B": truth_b(material.entries)}
    return tuple(ranking_table(Figures(evaluate(ranked, own, name)), name) for name, own in truths.items() if own)
