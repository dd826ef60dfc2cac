"""Turns a prediction into the picture of one protein."""

from __future__ import annotations

from collections.abc import Sequence

from ..predictions import Prediction
from .track import ProteinTrack, TrackCandidate, TrackMark


def track_of(prediction: Prediction, rows: Sequence[tuple[str, Sequence[TrackMark]]] = ()) -> ProteinTrack:
    """Return the picture of a prediction.

    Args:
        prediction: of the protein.
        rows: further rows of marks, such as known NESs.
    """
    known = prediction.cargo_prior >= 1
    candidates = [
        TrackCandidate(one.span, one.probability_in_cargo if known else one.probability, one.nes_class, one.core)
        for one in prediction.candidates
    ]
    title = " · ".join(part for part in (prediction.accession, prediction.description) if part)
    return ProteinTrack(title, prediction.residues, candidates, rows)
