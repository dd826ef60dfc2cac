"""Plots 1, 2 and 6: how scores are distributed, and how the methods' scores go together."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ..workflow.plot_material import Evaluated, RankedScores
from .style import COLUMN, ERROR, GREY, HIT, INK, PAGE, colour, new_figure, new_panels, spoken

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

BINS = 25
LOWEST = 1e-4
"""Probability that lower ones are drawn at, on axes of log-odds."""

TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural log-odds, kept within those of `LOWEST` and 1 - `LOWEST`."""
    kept = np.clip(probability, LOWEST, 1 - LOWEST)
    odds: NDArray[np.float64] = np.log(kept / (1 - kept))
    return odds


def _ticks(values: NDArray[np.float64]) -> tuple[list[float], list[str]]:
    """Places and labels of ticks that the values reach."""
    shown = [p for p in TICKS if values.min() - 0.6 <= log_odds(np.array(p)) <= values.max() + 0.6]
    return [float(log_odds(np.array(p))) for p in shown], [f"{p:g}" for p in shown]


def distributions(evaluated: Evaluated) -> Figure:
    """Plot 1: each method's probabilities, hits and errors apart, on families that it had not seen."""
    outcomes = evaluated.outcomes["honest"]
    known = [name for name in ("combined", *sorted(outcomes)) if name in outcomes and colour(name) != GREY]
    names = list(dict.fromkeys(known))
    figure, axes = new_panels(PAGE, 1.7 * -(-len(names) // 3), -(-len(names) // 3), 3)
    panels = list(chain.from_iterable(axes))
    for panel, name in zip(panels, names, strict=False):
        scores, hit = log_odds(outcomes[name].scores), outcomes[name].hit
        edges = np.linspace(scores.min(), max(scores.max(), scores.min() + 1e-6), BINS)
        for chosen, shade, label in ((~hit, ERROR, "errors"), (hit, HIT, "hits")):
            weight = np.full(chosen.sum(), 100 / chosen.sum())
            panel.hist(scores[chosen], edges, weights=weight, histtype="stepfilled", color=shade, alpha=0.25)
            panel.hist(scores[chosen], edges, weights=weight, histtype="step", color=shade, lw=1.2,
                       label=f"{label} ({chosen.sum():,})")  # fmt: skip
        places, labels = _ticks(scores)
        panel.set(title=spoken(name), xticks=places, xticklabels=labels, ylim=(0, 1.4 * panel.get_ylim()[1]))
        panel.legend(handlelength=1.2, loc="upper left")
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    figure.supxlabel("probability of an NES, held-out families (scale of log-odds)", fontsize=8)
    figure.supylabel("candidates, % of their kind", fontsize=8)
    return figure


def _columns(ranked: RankedScores, limit: int = 20_000) -> dict[str, NDArray[np.float64]]:
    """Log-odds by method; of more than `limit` candidates an even part, the best always among them."""
    step = -(-len(ranked.scores) // limit)
    rows = np.unique(np.concatenate([np.arange(min(500, len(ranked.scores))), np.arange(0, len(ranked.scores), step)]))
    return {name: log_odds(ranked.scores[rows, i]) for i, name in enumerate(ranked.methods)}


def consensus_and_similarity(ranked: RankedScores) -> Figure:
    """Plot 2: consensus beside similarity, with the combination as colour."""
    columns = _columns(ranked)
    figure, panel = new_figure(COLUMN * 1.15, COLUMN * 0.95)
    order = np.argsort(columns["combined"])
    x, y, shade = (columns[name][order] for name in ("consensus", "similarity", "combined"))
    points = panel.scatter(x, y, c=shade, s=5, cmap="cividis", linewidths=0, rasterized=True)
    for axis, values in ((panel.xaxis, x), (panel.yaxis, y)):
        places, labels = _ticks(values)
        axis.set_ticks(places, labels)
    panel.set(xlabel="consensus, probability", ylabel="similarity, probability", title=ranked.source)
    if (x == x.min()).mean() > 0.05:
        panel.annotate("no pattern", (x.min(), y.max()), xytext=(4, 6), textcoords="offset points", fontsize=7)
    places, labels = _ticks(shade)
    bar = figure.colorbar(points, ax=panel, ticks=places)
    bar.ax.set_yticklabels(labels)
    bar.set_label("combined, probability")
    bar.outline.set_visible(False)
    return figure


def against_combined(ranked: RankedScores) -> Figure:
    """Plot 6: each method beside the combination, with the line of least squares on log-odds."""
    columns = _columns(ranked)
    names = [name for name in ranked.methods if name != "combined"]
    figure, axes = new_panels(PAGE, 1.75, 1, len(names), sharey=True)
    combined = columns["combined"]
    for panel, name in zip(axes[0], names, strict=True):
        x = columns[name]
        panel.scatter(x, combined, s=3, color=colour(name), alpha=0.25, linewidths=0, rasterized=True)
        if np.ptp(x) > 0:
            slope, start = np.polyfit(x, combined, 1)
            ends = np.array([x.min(), x.max()])
            panel.plot(ends, start + slope * ends, color=INK, lw=1, ls="--")
            panel.set_title(f"{spoken(name)}, r = {np.corrcoef(x, combined)[0, 1]:.2f}")
        places, labels = _ticks(x)
        every = 2 if len(places) > 3 else 1
        panel.set_xticks(places[::every], labels[::every])
    places, labels = _ticks(combined)
    axes[0][0].set_yticks(places, labels)
    axes[0][0].set_ylabel("combined, probability")
    figure.supxlabel(f"probability by the method (scale of log-odds); {ranked.source}", fontsize=8)
    return figure
