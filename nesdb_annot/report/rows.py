"""Rows of predictions and of variant effects, for tables and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..predictions import Prediction
from .answer import verdict

PREDICTION_COLUMNS = (
    *("accession", "description", "verdict", "rank_in_protein", "first_residue", "last_residue", "peptide"),
    *("nes_class", "core_positions", "probability", "probability_in_cargo", "training", "training_accession"),
    *("evidence", "error"),
)
"""Columns of `prediction_rows`, in order."""


def prediction_rows(predictions: Iterable[Prediction], *, every: bool = False) -> Iterator[tuple[object, ...]]:
    """Yield one row for the best candidate of each protein, with the columns `PREDICTION_COLUMNS`.

    A protein without a candidate has one row with empty cells.

    Args:
        predictions: of the proteins.
        every: yield a row for each candidate.
    """
    for prediction in predictions:
        relation = prediction.relation
        training = (relation.relation.value, relation.accession or None) if relation else (None, None)
        head = (prediction.accession, prediction.description or None, verdict(prediction))
        candidates = prediction.candidates if every else prediction.candidates[:1]
        for number, one in enumerate(candidates, 1):
            cells = one.to_json()
            names = ("first_residue", "last_residue", "peptide", "nes_class", "core_positions")
            numbers = (cells["probability"], cells["probability_in_cargo"])
            yield (*head, number, *(cells[name] for name in names), *numbers, *training, cells["evidence"], None)
        if not candidates:
            yield (*head, *(None,) * 8, *training, None, prediction.error or None)
