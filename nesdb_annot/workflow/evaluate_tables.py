"""Tables of an evaluation, made from its figures as they are stored: for a terminal, or for a text in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..records import EvaluationFigure

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what it shows, names of its columns, and rows."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Row]

    def markdown(self) -> str:
        """Title and table in Markdown."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        return "\n".join([self.title, "", *("| " + " | ".join(map(shown, line)) + " |" for line in lines)])


def shown(value: object) -> str:
    """A cell: two decimals for a figure, a dash where there is none.

    Example:
        >>> shown(0.4567), shown(None), shown(12)
        ('0.46', '-', '12')
    """
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def with_interval(figure: EvaluationFigure | None) -> str:
    """``0.47 (0.41-0.55)``; a dash where there is no value."""
    if figure is None or figure.value is None:
        return "-"
    ends = f" ({figure.interval[0]:.2f}-{figure.interval[1]:.2f})" if figure.interval else ""
    return f"{figure.value:.2f}{ends}"


@dataclass(frozen=True)
class Figures:
    """The figures of one evaluation, found by what they are of."""

    rows: Sequence[EvaluationFigure]
    _index: Mapping[tuple[str, ...], EvaluationFigure] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the rows."""
        index = {(r.protocol, r.population, r.method, r.condition, r.figure): r for r in self.rows}
        object.__setattr__(self, "_index", index)

    def figure(
        self, population: str, method: str, name: str, condition: str = "", protocol: str = "honest"
    ) -> EvaluationFigure | None:
        """One figure; None if it was not measured."""
        return self._index.get((protocol, population, method, condition, name))

    def value(self, population: str, method: str, name: str, condition: str = "", protocol: str = "honest") -> object:
        """Its value; None if it was not measured, is not defined or not reached."""
        found = self.figure(population, method, name, condition, protocol)
        return None if found is None else found.value

    def count(self, population: str, method: str, name: str, condition: str = "", protocol: str = "honest") -> object:
        """Its value as a whole number."""
        value = self.value(population, method, name, condition, protocol)
        return int(value) if isinstance(value, float | int) else None

    def methods(self, population: str, name: str, protocol: str = "honest") -> list[str]:
        """Methods that a figure was measured of, the combination first, then by falling value."""
        found = {
            r.method: r.value
            for r in self.rows
            if (r.protocol, r.population, r.figure, r.condition) == (protocol, population, name, "")
        }
        return sorted(found, key=lambda method: (method != "combined", -(found[method] or 0.0), method))

    def conditions(self, population: str, name: str) -> list[str]:
        """Conditions that a figure of the combination was measured under, in the order of their names."""
        return sorted(
            {r.condition for r in self.rows if (r.population, r.figure) == (population, name) and r.condition}
        )


RANKING = ("method", "AP (95 %)", "P@R .2", "P@R .5", "P@R .68", "P@R .8", "top-1", "top-3", "top-5")
THRESHOLD = (
    *("method", "AUROC", "AUPRC", "base rate", "accuracy", "precision", "recall", "F1", "MCC", "errors/1000"),
    *("IoU", "ECE", "Brier"),
)
TRUTHS = {
    "A": "Truth A (curated peptides of at most 30 residues)",
    "B": "Truth B (functional ranges of 8 to 40 residues)",
}


def ranking_table(figures: Figures, population: str) -> Table:
    """How well each method puts known motifs first, over all thresholds."""

    def row(method: str) -> Row:
        ap, half = (figures.figure(population, method, n) for n in ("average_precision", "precision_at_0.5"))
        precision = [figures.value(population, method, f"precision_at_{r}") for r in ("0.2", "0.5", "0.68", "0.8")]
        if method == "combined":
            precision[1] = with_interval(half)
        top = [figures.value(population, method, f"top_{k}") for k in (1, 3, 5)]
        return (method, with_interval(ap), *precision, *top)

    size = [figures.count(population, "combined", name) for name in ("proteins", "motifs")]
    title = f"{TRUTHS[population]}: {size[1]} NESs, {size[0]} proteins of held-out families"
    return Table(title, RANKING, [row(method) for method in figures.methods(population, "average_precision")])


def threshold_table(figures: Figures, population: str) -> Table:
    """Each method at the threshold of highest F1 on the other folds, and its calibration."""
    names = (
        *("auroc", "auprc", "base_rate", "accuracy", "precision", "recall", "f1", "mcc", "errors_per_1000_residues"),
        *("iou", "calibration_error", "brier"),
    )
    rows = [
        (method, *(figures.value(population, method, name) for name in names))
        for method in figures.methods(population, "average_precision")
    ]
    return Table(f"{TRUTHS[population]}: at the threshold of highest F1 on the other folds", THRESHOLD, rows)


def baseline_table(figures: Figures, population: str) -> Table:
    """Each baseline at the recall that it reaches, and the combination at the same recall."""
    names = ("recall_reached", "precision_reached", "precision_of_combined_there")
    rows = [
        (method, *(figures.value(population, method, name) for name in names))
        for method in figures.methods(population, "recall_reached")
    ]
    columns = ("baseline", "recall it reaches", "its precision", "precision of combined there")
    return Table(f"{TRUTHS[population]}: beside each baseline, at its own recall", columns, rows)


def order_table(figures: Figures, population: str) -> Table:
    """Whether a further NES of a protein is found as often as the first."""
    kinds = ("sole", "first", "further")
    rows = [
        (method, *(figures.value(population, method, f"recall_{kind}") for kind in kinds))
        for method in figures.methods(population, "recall_sole")
    ]
    counts = [figures.count(population, "combined", f"motifs_{kind}") for kind in kinds]
    columns = ("method", *(f"{kind} (n = {n})" for kind, n in zip(kinds, counts, strict=True)))
    title = "share found at that threshold; of several NESs in a protein, first is the best scored"
    return Table(f"{TRUTHS[population]}: {title}", columns, rows)


def reliability_table(figures: Figures, population: str) -> Table:
    """Stated against observed frequency of the combination."""
    rows = [
        (
            f"{(place - 1) / 10:.1f}-{place / 10:.1f}",
            figures.count(population, "combined", f"reliability_count_{place}"),
            figures.value(population, "combined", f"reliability_stated_{place}"),
            figures.value(population, "combined", f"reliability_observed_{place}"),
        )
        for place in range(1, 11)
    ]
    columns = ("probability", "candidates", "mean stated", "share of hits")
    return Table(f"{TRUTHS[population]}: calibration of combined", columns, rows)


_HONEST: tuple[Callable[[Figures, str], Table], ...] = (
    *(ranking_table, threshold_table, baseline_table, order_table, reliability_table),
)


def tables(rows: Sequence[EvaluationFigure]) -> Iterator[Table]:
    """All tables that the figures of an evaluation fill."""
    figures = Figures(rows)
    for population in TRUTHS:
        if figures.methods(population, "average_precision"):
            yield from (table(figures, population) for table in _HONEST)
