"""Evaluations: figures and scored candidates of a run, for tables, plots and later comparison."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InputError
from ..figures import EvaluatedCandidate, EvaluationFigure
from ..residues import ResidueSpan
from .bulk import copy_rows
from .engine import Store
from .queries import execute
from .schema import SCHEMA

_FIGURE = {
    **dict.fromkeys(("protocol", "population", "method", "condition", "figure"), "text"),
    **dict.fromkeys(("value", "low", "high"), "float8"),
}
_CANDIDATE = {
    **dict.fromkeys(("protocol", "method", "part", "verdict", "verdict_b"), "text"),
    **dict.fromkeys(("first_residue", "last_residue"), "int4"),
    "score": "float8",
}


def save_evaluation(
    store: Store, run_id: int, figures: Iterable[EvaluationFigure], candidates: Iterable[EvaluatedCandidate]
) -> None:
    """Store what an evaluation found, in one transaction; the candidates' sequences must be stored already."""
    rows = list(candidates)
    with store.transaction() as connection:
        known = execute(connection, "sequence_ids", digests=sorted({row.digest for row in rows}))
        ids = {row.sha256: row.id for row in known}
        copy_rows(
            connection,
            [SCHEMA, "evaluation_figure"],
            {"run_id": "int8", **_FIGURE},
            ((run_id, *_figure_values(figure)) for figure in figures),
        )
        copy_rows(
            connection,
            [SCHEMA, "evaluation_candidate"],
            {"run_id": "int8", "sequence_id": "int8", **_CANDIDATE},
            ((run_id, ids[row.digest], *_candidate_values(row)) for row in rows),
        )


def _figure_values(figure: EvaluationFigure) -> tuple[object, ...]:
    names = (figure.protocol, figure.population, figure.method, figure.condition, figure.figure)
    return (*names, figure.value, *(figure.interval or (None, None)))


def _candidate_values(row: EvaluatedCandidate) -> tuple[object, ...]:
    names = (row.protocol, row.method, row.part, row.verdict, row.verdict_b)
    return (*names, row.span.first, row.span.last, row.score)


def latest_evaluation(store: Store) -> int:
    """Number of the newest run that stored figures.

    Raises:
        InputError: if there is none.
    """
    with store.transaction() as connection:
        run_id = execute(connection, "latest_evaluation").scalar()
    if run_id is None:
        raise InputError("nothing was evaluated yet", remedy="nesannot evaluate")
    return int(run_id)


def load_figures(store: Store, run_id: int) -> list[EvaluationFigure]:
    """All figures of an evaluation, in the order of their names."""
    with store.transaction() as connection:
        rows = execute(connection, "load_evaluation_figures", run_id=run_id)
        return [
            EvaluationFigure(
                row.protocol,
                row.population,
                row.method,
                row.figure,
                row.value,
                None if row.low is None else (row.low, row.high),
                row.condition,
            )
            for row in rows
        ]


def load_candidates(store: Store, run_id: int, protocol: str, method: str) -> list[EvaluatedCandidate]:
    """Candidates of one method in an evaluation, best first."""
    wanted = {"run_id": run_id, "protocol": protocol, "method": method}
    with store.transaction() as connection:
        return [
            EvaluatedCandidate(
                protocol,
                method,
                row.sha256,
                ResidueSpan(row.first_residue, row.last_residue),
                row.part,
                row.score,
                row.verdict,
                row.verdict_b,
            )
            for row in execute(connection, "load_evaluation_candidates", **wanted)
        ]
