"""What plots are made of: stored scores, the newest evaluation, and the head set that is in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..figures import EVALUATION_PROTOCOLS, EvaluationFigure
from ..settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..methods.headset import HeadSet
    from ..store.engine import Store

BEST_SHOWN = 20
"""Candidates that are named, from the top."""


@dataclass(frozen=True)
class RankedScores:
    """The current ranking of a proteome.

    Attributes:
        source: proteome and release.
        methods: names; the combination is the last.
        scores: calibrated, shape (n, methods), best candidate first; NaN where a method has none.
        lengths: of the candidates, residues, shape (n,).
        classes: of the best consensus pattern; None for those that match none.
        named: the `BEST_SHOWN` best, as ``GENE first-last``.
        probability: of these, under the cargo prior.
    """

    source: str
    methods: tuple[str, ...]
    scores: NDArray[np.float64]
    lengths: NDArray[np.int64]
    classes: Sequence[str | None]
    named: Sequence[str]
    probability: Sequence[float]


@dataclass(frozen=True)
class Outcomes:
    """How one method scored what is a hit or an error in an evaluation; n candidates."""

    scores: NDArray[np.float64]
    hit: NDArray[np.bool_]


@dataclass(frozen=True)
class Evaluated:
    """An evaluation that is stored as run `run_id`: protocol -> method -> outcomes, and all figures of merit."""

    run_id: int
    outcomes: Mapping[str, Mapping[str, Outcomes]]
    figures: Sequence[EvaluationFigure]


@dataclass(frozen=True)
class PlotMaterial:
    """Everything that can be drawn; None where the database holds nothing of it.

    Attributes:
        without_heads: why there is no head set to draw.
    """

    ranked: RankedScores | None
    evaluated: Evaluated | None
    head_set: HeadSet | None
    without_heads: str = ""


def gather_plots(store: Store, settings: Settings, proteome: str | None = None) -> PlotMaterial:
    """What the database holds to be drawn.

    Args:
        store: with scores and evaluations.
        settings: name the language model whose head set is drawn.
        proteome: whose ranking; the one with most candidates if None.

    Raises:
        InputError: if a proteome is named that is not ranked, or there is nothing at all.
        UsageError: if there is no such proteome.
    """
    ranked, evaluated = _ranked(store, proteome), _evaluated(store)
    if ranked is None and evaluated is None:
        raise InputError("there are no scores and no evaluation to draw", remedy="nesannot evaluate")
    return PlotMaterial(ranked, evaluated, *_head_set(store, settings))


def _ranked(store: Store, proteome: str | None) -> RankedScores | None:
    from ..store.candidates import ranked_rows
    from ..store.proteomes import list_proteomes, proteome_of
    from ..store.rankings import find_ranking

    names = [proteome_of(store, proteome).name] if proteome else [one.name for one in list_proteomes(store)]
    rankings = [found for name in names if (found := find_ranking(store, name)) is not None and found.candidates]
    if not rankings:
        if proteome:
            raise InputError(f"{proteome} is not ranked", remedy=f"nesannot score {proteome}")
        return None
    largest = max(rankings, key=lambda ranking: ranking.candidates)
    rows = ranked_rows(store, largest.id, None)
    return _scores_of(rows)


def _scores_of(rows: Sequence[Mapping[str, object]]) -> RankedScores:
    from ..methods.ranking import NAME
    from ..methods.scoring import METHODS

    methods = (*METHODS, NAME)
    scores = np.array([[row.get(name) for name in methods] for row in rows], dtype=np.float64)
    kept = [i for i in range(len(methods)) if not np.isnan(scores[:, i]).all()]
    best = rows[:BEST_SHOWN]
    return RankedScores(
        source=f"{rows[0]['proteome']}, release {rows[0]['release']}",
        methods=tuple(methods[i] for i in kept),
        scores=scores[:, kept],
        lengths=np.array([len(str(row["peptide"])) for row in rows], dtype=np.int64),
        classes=[None if row["nes_class"] is None else str(row["nes_class"]) for row in rows],
        named=[f"{row['gene'] or row['accession']} {row['first_residue']}-{row['last_residue']}" for row in best],
        probability=[float(str(row["probability"])) for row in best],
    )


def _evaluated(store: Store) -> Evaluated | None:
    """The newest evaluation; None if there is none."""
    from ..store.evaluations import latest_evaluation, load_figures

    try:
        run_id = latest_evaluation(store)
    except InputError:
        return None
    figures = load_figures(store, run_id)
    outcomes = {
        protocol: _outcomes(store, run_id, protocol, sorted({f.method for f in figures if f.protocol == protocol}))
        for protocol in EVALUATION_PROTOCOLS
    }
    return Evaluated(run_id, outcomes, figures)


def _outcomes(store: Store, run_id: int, protocol: str, methods: Sequence[str]) -> dict[str, Outcomes]:
    from ..store.evaluations import load_candidates

    found = {}
    for method in methods:
        known = [c for c in load_candidates(store, run_id, protocol, method) if c.verdict != "unknown"]
        hit = np.array([candidate.verdict == "hit" for candidate in known], dtype=np.bool_)
        if hit.any() and not hit.all():
            found[method] = Outcomes(np.array([candidate.score for candidate in known]), hit)
    return found


def _head_set(store: Store, settings: Settings) -> tuple[HeadSet | None, str]:
    """The head set in use; where there is none, why."""
    from ..errors import ConfigurationError
    from .heads import heads_for

    try:
        return heads_for(store, settings).head_set, ""
    except ConfigurationError as error:
        return None, f"{error.what} ({error.why})" if error.why else error.what
