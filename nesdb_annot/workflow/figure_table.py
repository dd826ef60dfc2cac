"""Figures of an evaluation by what they are of, and tables for a terminal or for a text in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..figures import EvaluationFigure

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
