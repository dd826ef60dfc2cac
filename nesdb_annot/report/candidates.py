"""Plots 3, 4 and 5: lengths, the best candidates, and the patterns behind them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..workflow.plot_material import RankedScores
from .style import COLUMN, GREY, INK, PALE, colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEST = 0.01
"""Share of all candidates, from the top, that is shown beside all."""

SCALE = "probability (combined: where one protein in ten is a cargo)"
"""The marks of single methods are calibrated on cargoes."""


def _best(ranked: RankedScores) -> int:
    """How many are called the best: `BEST` of all, but as many as are named, where there are so many."""
    return min(max(len(ranked.named), round(BEST * len(ranked.lengths))), len(ranked.lengths))


def lengths(ranked: RankedScores) -> Figure:
    """Plot 3: lengths of the candidates, all and the best."""
    figure, panel = new_figure(COLUMN, COLUMN * 0.7)
    best = _best(ranked)
    edges = np.arange(ranked.lengths.min() - 0.5, ranked.lengths.max() + 1.5)
    for sizes, style in (
        (ranked.lengths, {"histtype": "stepfilled", "color": PALE, "label": f"all {len(ranked.lengths):,}"}),
        (ranked.lengths[:best], {"histtype": "step", "color": colour("tagger"), "label": f"best {best:,}"}),
    ):
        panel.hist(sizes, edges, weights=np.full(len(sizes), 100 / len(sizes)), **style)
    panel.set(xlabel="length of the candidate, residues", ylabel="candidates, %", title=ranked.source)
    panel.set_ylim(0, 1.3 * panel.get_ylim()[1])
    panel.xaxis.get_major_locator().set_params(integer=True, nbins=8)
    panel.legend(loc="upper center", ncols=2)
    return figure


def best_candidates(ranked: RankedScores) -> Figure:
    """Plot 4: the best candidates by name, with what each method gives them."""
    number = len(ranked.named)
    figure, panel = new_figure(COLUMN * 1.35, 0.4 + 0.165 * number)
    places = np.arange(number)[::-1]
    for i, name in enumerate(ranked.methods[:-1]):
        values = ranked.scores[:number, i]
        panel.plot(values, places, ls="none", marker="|", ms=6, mew=1.2, color=colour(name), label=name)
    combined = ranked.scores[:number, -1]
    panel.plot(combined, places, ls="none", marker="o", ms=4, color=INK, label="combined")
    panel.hlines(places, 0, combined, color=PALE, lw=0.8, zorder=0)
    panel.set_yticks(places, [f"{rank}  {name}" for rank, name in enumerate(ranked.named, 1)])
    panel.set(xlim=(0, 1.02), ylim=(-0.8, number - 0.2), xlabel=SCALE, title=ranked.source)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handletextpad=0.2)
    return figure


def classes(ranked: RankedScores) -> Figure:
    """Plot 5: class of the best consensus pattern, of all candidates and of the best."""
    best = _best(ranked)
    sets = [Counter(ranked.classes), Counter(ranked.classes[:best])]
    totals = [sum(counted.values()) for counted in sets]
    share = {name: sets[1][name] / totals[1] for name in sets[0]}
    names = sorted((name for name in sets[0] if name), key=lambda name: share[name])
    figure, panel = new_figure(COLUMN, 0.6 + 0.17 * (len(names) + 1))
    order = [None, *names] if None in sets[0] else names
    places = np.arange(len(order))
    for counted, total, marker, shade, label in zip(
        sets, totals, "so", (GREY, colour("tagger")), ("all", "best"), strict=True
    ):
        values = [100 * counted[name] / total for name in order]
        panel.plot(values, places, ls="none", marker=marker, ms=4, color=shade, clip_on=False,
                   label=f"{label} {total:,}")  # fmt: skip
    low = [min(100 * c[n] / t for c, t in zip(sets, totals, strict=True)) for n in order]
    high = [max(100 * c[n] / t for c, t in zip(sets, totals, strict=True)) for n in order]
    panel.hlines(places, low, high, color=PALE, lw=1.2, zorder=0)
    panel.set_yticks(places, [name or "no pattern" for name in order])
    panel.set(xlabel="candidates, %", ylabel="class of the best pattern", title=ranked.source, xlim=(0, None))
    panel.tick_params(axis="y", length=0)
    panel.legend(loc="center right")
    return figure
