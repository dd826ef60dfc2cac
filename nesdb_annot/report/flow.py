"""The flow chart: what runs, from a protein to its rank, generated from the head set that is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from .style import GREY, INK, PAGE, PALE, colour, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..methods.headset import HeadSet

WIDTH, HEIGHT = 100.0, 62.0
Place: TypeAlias = tuple[float, float]


def steps_of(head_set: HeadSet) -> dict[str, Any]:
    """What stands in the boxes: texts by step, and the weight of each method."""
    from ..segmentation.factory import variant_of

    model, cut = head_set.language_model, head_set.segmentation
    combined = head_set.parameters.get("combined", {})
    methods: Any = combined.get("methods", [])
    weights: Any = combined.get("weights", [])
    facts = cut.parameters
    bounds = f"{facts['minimum']}-{facts['maximum']} residues" if {"minimum", "maximum"} <= facts.keys() else ""
    lattice = cut.algorithm == "lattice"
    pieces = "overlapping candidates" if lattice else "segments"
    choice: Any = combined.get("combination") or "stack"
    rivals = "" if combined.get("elsewhere") is None else ", other candidates\nof the protein"
    above = "weights above, by context" if combined.get("adaptive") else "weights above"
    return {
        "proteins": "protein",
        "model": f"language model\n{model.name}, layer {model.layer}\n{model.dimension} numbers per residue",
        "segmentation": f"segmentation: {variant_of(cut)}\n{pieces} {bounds}",
        "methods": dict(zip(map(str, methods), map(float, weights), strict=True)),
        "combined": f"combined: {choice}\n{above}{rivals}, and the odds of a cargo",
        "resolution": "overlaps resolved,\nends refined" if lattice else "all segments kept",
        "rank": "ranked by probability\nunder the cargo prior",
        "training": f"trained on {head_set.report.get('cargoes', '?')} cargoes "
        f"with {head_set.report.get('motifs', '?')} NESs",
    }


def _box(axes: Axes, x: float, y: float, size: Place, text: str, edge: str = INK) -> None:
    from matplotlib.patches import FancyBboxPatch

    width, height = size
    axes.add_patch(
        FancyBboxPatch((x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=1.2",
                       facecolor="white", edgecolor=edge, lw=1.1, zorder=2)
    )  # fmt: skip
    axes.text(x, y, text, ha="center", va="center", fontsize=7.5, color=INK, zorder=3, linespacing=1.35)


def _arrow(axes: Axes, start: Place, end: Place, shade: str = GREY, width: float = 1.0) -> None:
    drawn = {"arrowstyle": "-|>", "color": shade, "lw": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
    axes.annotate("", end, start, zorder=1, arrowprops=drawn)


def _label(axes: Axes, place: Place, text: str) -> None:
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.text(*place, text, fontsize=7, ha="center", va="center", color=INK, bbox=behind, zorder=4)


def flow_chart(head_set: HeadSet) -> Figure:
    """Boxes from proteins to ranks; an arrow into the combination is as wide as its method's weight is large."""
    steps = steps_of(head_set)
    figure, axes = new_figure(PAGE, PAGE * HEIGHT / WIDTH)
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT), aspect="equal")
    axes.axis("off")
    top, middle, low = 55.0, 34.0, 14.0
    _box(axes, 10, top, (16, 9), steps["proteins"])
    _box(axes, 42, top, (32, 11), steps["model"])
    _box(axes, 81, top, (34, 11), steps["segmentation"])
    _arrow(axes, (18, top), (26, top))
    _arrow(axes, (58, top), (64, top))
    _methods(axes, steps["methods"], middle, (top - 5.5, low + 5.5))
    _box(axes, 36, low, (40, 11), steps["combined"])
    _box(axes, 69, low, (18, 11), steps["resolution"])
    _box(axes, 90, low, (19, 11), steps["rank"])
    _arrow(axes, (56, low), (60, low))
    _arrow(axes, (78, low), (80.5, low))
    axes.text(2, 2, f"{steps['training']}; head set {head_set.digest[:12]}", fontsize=6.5, color=GREY)
    return figure


def _methods(axes: Axes, weights: dict[str, float], y: float, levels: tuple[float, float]) -> None:
    """A row of methods between the level that feeds them and the combination below."""
    above, below = levels
    step = WIDTH / max(len(weights), 1)
    greatest = max((abs(weight) for weight in weights.values()), default=1.0) or 1.0
    axes.plot([step / 2, WIDTH - step / 2], [above - 4, above - 4], color=PALE, lw=1.2, zorder=0)
    axes.plot([81, 81], [above, above - 4], color=PALE, lw=1.2, zorder=0)
    for i, (name, weight) in enumerate(weights.items()):
        x = step * (i + 0.5)
        _arrow(axes, (x, above - 4), (x, y + 3.5), PALE, 1.2)
        _box(axes, x, y, (step - 3, 7), name, colour(name))
        end = 36 + (x - 50) * 0.3
        width = 0.6 + 2.4 * abs(weight) / greatest
        _arrow(axes, (x, y - 3.5), (end, below), colour(name) if weight else PALE, width if weight else 0.8)
        _label(axes, (x + 0.38 * (end - x), y - 3.5 + 0.38 * (below - y + 3.5)), f"{weight:.2f}")
