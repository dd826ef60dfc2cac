"""How all figures look, and how they are written. Matplotlib is imported here only, without any display."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import CannotWriteError, ConfigurationError
from ..installation import install_command
from ..scoring_methods import COMBINED, SCORING_METHODS, Dashes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
DPI = 300

COLUMN, PAGE = 3.5, 7.2
"""Widths of one and of two columns of a journal page, inches."""

INK, GREY, PALE = "#222222", "#8a8a8a", "#d9d9d9"

COLOURS = {
    COMBINED: "#000000",
    "combined_in_proteome": "#4d4d4d",
    "weighted_sum": "#000000",
    **{method.name: method.colour for method in SCORING_METHODS},
}
"""One colour for each method in all figures; methods of the paper have those of the methods of the same name."""

LINES: dict[str, Dashes] = {
    COMBINED: "-",
    "combined_in_proteome": (0, (2, 1)),
    **{method.name: method.dashes for method in SCORING_METHODS},
}
"""A dash pattern for each method, for prints without colour."""

HIT, ERROR = "#D55E00", "#56B4E9"

_LOOK: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "nesannot",
    "pdf.fonttype": 42,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.04,
}


def colour(method: str) -> str:
    """Of a method; grey for baselines."""
    return COLOURS.get(method.removeprefix("paper_"), GREY)


def line(method: str) -> Dashes:
    """Dash pattern of a method."""
    return LINES.get(method.removeprefix("paper_"), "-")


def spoken(method: str) -> str:
    """A method's name for readers.

    Example:
        >>> spoken("paper_weighted_sum")
        'weighted sum (paper)'
    """
    plain = method.removeprefix("paper_").replace("_", " ")
    return f"{plain} (paper)" if method.startswith("paper_") else plain


def check_matplotlib() -> None:
    """Refuse to draw without matplotlib.

    Raises:
        ConfigurationError: with what to type.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            "figures need matplotlib, which is not installed", remedy=install_command("matplotlib")
        ) from error


@contextmanager
def look() -> Iterator[None]:
    """While it lasts, figures are drawn in the style of this module."""
    from matplotlib import rc_context

    with rc_context(_LOOK):
        yield


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of so many inches with one pair of axes, without any window or global state."""
    figure, panels = new_panels(width, height, 1, 1)
    return figure, panels[0][0]


def new_panels(
    width: float,
    height: float,
    rows: int,
    columns: int,
    *,
    sharey: Literal["row"] | bool = False,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of so many inches with axes in a grid, row by row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=sharey, height_ratios=heights)
    return figure, panels.tolist()


def panel_letter(axes: Axes, letter: str) -> None:
    """A bold letter at the upper left of a panel."""
    axes.annotate(letter, (0, 1), xytext=(-26, 6), xycoords="axes fraction", textcoords="offset points",
                  fontsize=9, fontweight="bold", color=INK)  # fmt: skip


def save(figure: Figure, directory: Path, name: str) -> list[Path]:
    """Write a figure in all `FORMATS`; equal figures give equal SVG and PNG files.

    Raises:
        CannotWriteError: if a file cannot be written.
    """
    written = []
    for kind in FORMATS:
        path = directory / f"{name}.{kind}"
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        try:
            figure.savefig(path, format=kind, dpi=DPI, metadata=undated)
        except OSError as error:
            raise CannotWriteError(f"cannot write {path}", why=str(error)) from error
        written.append(path)
    return written
