"""All figures by name, and the one verb that draws what there is material for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CannotWriteError
from ..workflow.plot_material import Evaluated, PlotMaterial, RankedScores
from . import candidates, flow, quality, scores, training
from .style import look, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..methods.headset import HeadSet

FROM_EVALUATION: dict[str, Callable[[Evaluated], Figure]] = {
    "plot1_score_distributions": scores.distributions,
    "plot7_roc": quality.characteristic,
    "plot7_precision_recall": quality.precision_and_recall,
    "plot8_figures_of_merit": quality.merits,
}
"""Figures of the newest evaluation."""

FROM_RANKING: dict[str, Callable[[RankedScores], Figure]] = {
    "plot2_consensus_similarity": scores.consensus_and_similarity,
    "plot3_lengths": candidates.lengths,
    "plot4_best_candidates": candidates.best_candidates,
    "plot5_classes": candidates.classes,
    "plot6_methods_and_combined": scores.against_combined,
}
"""Figures of a ranked proteome."""

FROM_HEAD_SET: dict[str, Callable[[HeadSet], Figure]] = {
    "flow_chart": flow.flow_chart,
    "loss_curves": training.loss_curves,
}
"""Figures of the heads that are in use."""


def drawn(material: PlotMaterial) -> Iterator[tuple[str, Figure]]:
    """Name and figure of everything that there is material for, in the order of the names."""
    found: dict[str, Callable[[], Figure]] = {}
    if _has_evaluation(material) and material.evaluated:
        found |= {name: partial(draw, material.evaluated) for name, draw in FROM_EVALUATION.items()}
    if material.ranked:
        found |= {name: partial(draw, material.ranked) for name, draw in FROM_RANKING.items()}
    if material.head_set:
        found |= {name: partial(draw, material.head_set) for name, draw in FROM_HEAD_SET.items()}
        if not training.curves_of(material.head_set):
            del found["loss_curves"]
    for name in sorted(found):
        yield name, found[name]()


def _has_evaluation(material: PlotMaterial) -> bool:
    return material.evaluated is not None and bool(material.evaluated.outcomes.get("honest"))


def missing(material: PlotMaterial) -> list[str]:
    """What could not be drawn, and what to type."""
    told = []
    if not _has_evaluation(material):
        told.append(f"{', '.join(FROM_EVALUATION)}: nothing was evaluated yet; nesannot evaluate")
    if not material.ranked:
        told.append(f"{', '.join(FROM_RANKING)}: no proteome is ranked yet; nesannot score NAME; nesannot rank NAME")
    if not material.head_set:
        why = material.without_heads or "there is no head set"
        told.append(f"{', '.join(FROM_HEAD_SET)}: {why}; nesannot train")
    return told


def draw_all(material: PlotMaterial, directory: Path) -> list[Path]:
    """Draw and write everything that there is material for.

    Returns:
        The files written.

    Raises:
        CannotWriteError: if the directory or a file cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(f"cannot make the directory {directory}", why=str(error)) from error
    with look():
        return [path for name, figure in drawn(material) for path in save(figure, directory, name)]
