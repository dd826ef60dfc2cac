"""Plots 7 and 8: receiver operating characteristic, and figures of merit side by side; with precision and recall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import EvaluationFigure
from ..workflow.plot_material import Evaluated, Outcomes
from .style import COLUMN, GREY, PAGE, PALE, colour, line, new_figure, new_panels, panel_letter, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

TITLES = {"honest": "families held out", "paper": "published protocol: training data included"}
MERITS = (("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("auroc", "AUROC"))
SHADES, DASHES = ("#4d4d4d", "#9a9a9a"), ("-", (0, (4, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
Curve = Callable[["NDArray[np.float64]", "NDArray[np.float64]"], "tuple[NDArray[np.float64], NDArray[np.float64]]"]
"""Hits and errors passed -> what stands on the two axes."""
POPULATION = {"honest": "A", "paper": "segments"}


def counts_passed(outcomes: Outcomes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hits and errors at or over each distinct score, from the highest down; both begin with 0.

    Example:
        >>> hits, errors = counts_passed(Outcomes(np.array([0.9, 0.5, 0.5]), np.array([True, False, True])))
        >>> hits.tolist(), errors.tolist()
        ([0.0, 1.0, 2.0], [0.0, 0.0, 1.0])
    """
    order = np.argsort(-outcomes.scores, kind="stable")
    scores, hit = outcomes.scores[order], outcomes.hit[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits, errors = (np.concatenate([[0.0], np.cumsum(kind)[last]]) for kind in (hit, ~hit))
    return hits, errors


def _drawn(outcomes: Mapping[str, Outcomes]) -> list[str]:
    """Methods first by name and the combination last, so that it lies on top; baselines thin and grey before them."""
    return sorted(outcomes, key=lambda name: (colour(name) != GREY, name in ("combined", "paper_weighted_sum"), name))


def _baseline(place: int) -> dict[str, Any]:
    """Shade and dashes of one of several baselines, thin and grey behind the methods."""
    return {"color": SHADES[place % len(SHADES)], "ls": DASHES[place // len(SHADES) % len(DASHES)], "lw": 0.8}


def _curves(panel: Axes, outcomes: Mapping[str, Outcomes], curve: Curve, labelled: bool) -> None:
    """A curve for each method, with the area under it in the legend if it is to be `labelled`."""
    for place, name in enumerate(_drawn(outcomes)):
        x, y = curve(*counts_passed(outcomes[name]))
        known = colour(name) != GREY
        style = {"color": colour(name), "ls": line(name), "lw": 1.4} if known else _baseline(place)
        area = f", {float(np.trapezoid(y, x)):.2f}" if labelled else ""
        panel.plot(x, y, label=spoken(name) + area, **style)
    panel.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=2.6, title_fontsize=7,
                 title="AUROC" if labelled else None)  # fmt: skip


def _roc(hits: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return errors / errors[-1], hits / hits[-1]


def _precision(
    hits: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    kept = hits > 0
    return hits[kept] / hits[-1], hits[kept] / (hits + errors)[kept]


def characteristic(evaluated: Evaluated) -> Figure:
    """Plot 7: hits against errors while the threshold falls, and the area under the curve, for each protocol."""
    shown = {name: own for name, own in evaluated.outcomes.items() if own}
    figure, axes = new_panels(COLUMN * 1.45, 3.0 * len(shown), len(shown), 1)
    for (panel,), (protocol, outcomes), letter in zip(axes, shown.items(), "ab", strict=False):
        panel.plot([0, 1], [0, 1], color=PALE, lw=0.8, zorder=0)
        _curves(panel, outcomes, _roc, labelled=True)
        panel.set(xlabel="errors passed, share of all errors", ylabel="hits passed, share of all hits", aspect="equal",
                  xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), title=TITLES[protocol])  # fmt: skip
        if len(shown) > 1:
            panel_letter(panel, letter)
    return figure


def precision_and_recall(evaluated: Evaluated) -> Figure:
    """Precision against recall of the candidates, which a base rate of a few per cent asks for beside the ROC."""
    outcomes = evaluated.outcomes["honest"]
    figure, panel = new_figure(COLUMN * 1.5, 2.9)
    panel.axhline(np.mean([float(own.hit.mean()) for own in outcomes.values()]), color=PALE, lw=0.8, zorder=0)
    _curves(panel, outcomes, _precision, labelled=False)
    panel.set(xlabel="hits found, share of those among the candidates", ylabel="precision", xlim=(0, 1.01),
              ylim=(0, 1.02), title=TITLES["honest"])  # fmt: skip
    return figure


def merits(evaluated: Evaluated) -> Figure:
    """Plot 8: accuracy, precision, recall, F1 and AUROC of each method, with 95 % intervals where there are any."""
    shown = [name for name in POPULATION if any(f.protocol == name for f in evaluated.figures)]
    found = {name: _merits(evaluated.figures, name) for name in shown}
    heights = [0.55 + 0.16 * len(own) for own in found.values()]
    figure, axes = new_panels(PAGE, sum(heights) + 0.3, len(shown), len(MERITS), sharey="row", heights=heights)
    for row, protocol in zip(axes, shown, strict=True):
        methods = list(found[protocol])
        for panel, (merit, title) in zip(row, MERITS, strict=True):
            _one_merit(panel, [found[protocol][name].get(merit) for name in methods], methods)
            panel.set_title(title)
        row[0].set_yticks(range(len(methods)), [spoken(name) for name in methods])
        bars = "; bars: 95 % intervals over proteins" if protocol == "honest" else ""
        row[2].set_xlabel(TITLES[protocol] + bars)
    return figure


def _merits(figures: Sequence[EvaluationFigure], protocol: str) -> dict[str, dict[str, EvaluationFigure]]:
    """Method -> name -> figure, the method that is best in AUROC last, so that it stands at the top."""
    found: dict[str, dict[str, EvaluationFigure]] = {}
    names = {name for name, _ in MERITS}
    for f in figures:
        if (f.protocol, f.population, f.condition) == (protocol, POPULATION[protocol], "") and f.figure in names:
            found.setdefault(f.method, {})[f.figure] = f
    worst = {name: -1.0 if "auroc" not in own else own["auroc"].value or -1.0 for name, own in found.items()}
    return dict(sorted(found.items(), key=lambda pair: (worst[pair[0]], pair[0])))


def _one_merit(panel: Axes, figures: Sequence[EvaluationFigure | None], methods: Sequence[str]) -> None:
    for place, (found, method) in enumerate(zip(figures, methods, strict=True)):
        if found is None or found.value is None:
            continue
        if found.interval:
            panel.hlines(place, *found.interval, color=colour(method), lw=1.2)
        panel.plot(found.value, place, marker="o", ms=4, color=colour(method))
    panel.set(xlim=(-0.03, 1.03), xticks=(0, 0.5, 1), ylim=(-0.7, len(methods) - 0.3))
    panel.set_xticklabels(("0", "0.5", "1"))
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="y", color=PALE, lw=0.4)
    panel.set_axisbelow(True)
