"""The Python interface for single proteins: `predict`, `mutate` and `plot` need no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .formats.hgvs import parse_change
from .interface import dataframe_of, settings_with
from .predictions import Prediction
from .records import ProteinRecord
from .report.answer import answer_lines, verdict
from .report.protein_track import track_of
from .report.rows import PREDICTION_COLUMNS, prediction_rows
from .report.track import track_svg
from .residues import ResidueError, clean_residues

if TYPE_CHECKING:
    from .settings import Settings
    from .workflow.mutate import RefusedVariant, VariantEffect
    from .workflow.predict import Predictor

Sequences = str | Sequence[str] | Mapping[str, str]
"""Residues of one protein, of several, or name -> residues."""


@dataclass(frozen=True, slots=True)
class ProteinAnswer:
    """The answer for one protein; a notebook shows its picture and its sentences.

    Attributes:
        prediction: candidates, probabilities and relation to the training set.
        sentences: the same in words, as the command line prints them.
    """

    prediction: Prediction
    sentences: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """``likely NES``, ``possible NES`` or ``no candidate over 0.1``."""
        return verdict(self.prediction)

    def __str__(self) -> str:
        return "\n  ".join(self.sentences)

    def to_frame(self) -> Any:  # noqa: ANN401  # pandas is optional
        """Return all candidates as a pandas DataFrame, best first."""
        return dataframe_of(prediction_rows([self.prediction], every=True), PREDICTION_COLUMNS)

    def to_svg(self) -> str:
        """Return the picture of the protein as SVG."""
        return track_svg(track_of(self.prediction))

    def _repr_html_(self) -> str:
        """Return picture and sentences for a notebook."""
        lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences[1:])
        return f"{self.to_svg()}<p>{escape(self.sentences[0])}</p><ul>{lines}</ul>"


def predict(sequences: Sequences, *, cargo: bool = False, **settings: object) -> Any:  # noqa: ANN401
    """Return a `ProteinAnswer` for one sequence, or a list of them for several.

    Args:
        sequences: residues of one protein, of several, or name -> residues.
        cargo: whether the proteins are known to be exported by CRM1.
        settings: fields of `Settings`, such as ``engine``.

    Raises:
        InputError: if a sequence holds a letter that is not an amino acid.

    Example:
        >>> answer = predict("MNELALKLAGLDINKTEG", cargo=True)  # doctest: +SKIP
        >>> answer.verdict  # doctest: +SKIP
        'likely NES'
    """
    predictor = _predictor(settings_with({**settings, **({"cargo_prior": 1.0} if cargo else {})}))
    observed, thresholds = predictor.observed, predictor.thresholds
    predictions = predictor.predict(_records(sequences))
    answers = [ProteinAnswer(one, tuple(answer_lines(one, observed, thresholds))) for one in predictions]
    return answers[0] if isinstance(sequences, str) else answers


def mutate(
    sequence: str, variants: Sequence[str] = (), *, scan: str = "alanine", **settings: object
) -> list[VariantEffect | RefusedVariant]:
    """Return what variants do to the candidates of a protein.

    Args:
        sequence: residues of the protein.
        variants: in HGVS protein notation; without any, the candidates over 0.1 in a cargo are scanned.
        scan: ``alanine`` or ``all``.
        settings: fields of `Settings`.

    Raises:
        InputError: if the sequence or a variant cannot be read.
    """
    from .workflow.mutate import scanned, variant_effects

    predictor = _predictor(settings_with({**settings, "cargo_prior": 1.0}))
    [protein] = _records(sequence)
    chosen = [parse_change(text, protein.residues) for text in variants]
    chosen = chosen or list(scanned(next(predictor.predict([protein])), scan))
    return list(variant_effects(predictor, protein, chosen))


def plot(sequence: str, *, cargo: bool = False, **settings: object) -> str:
    """Return the picture of one protein as SVG; see `predict` for the arguments."""
    answer: ProteinAnswer = predict(sequence, cargo=cargo, **settings)
    return answer.to_svg()


def _records(sequences: Sequences) -> list[ProteinRecord]:
    if isinstance(sequences, str):
        named = {"sequence": sequences}
    elif isinstance(sequences, Mapping):
        named = dict(sequences)
    else:
        named = {f"sequence_{number}": residues for number, residues in enumerate(sequences, 1)}
    records = []
    for name, residues in named.items():
        try:
            records.append(ProteinRecord(name, clean_residues(residues), name, 0))
        except ResidueError as error:
            raise InputError(f"{name} cannot be read", why=str(error), remedy="give one-letter residues") from error
    return records


@lru_cache(maxsize=2)
def _predictor(settings: Settings) -> Predictor:
    """The open language model; it stays open for the next call."""
    from .workflow.predict import open_predictor

    return open_predictor(settings)
