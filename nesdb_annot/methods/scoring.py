"""All methods of a head set, applied to one protein at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity, MethodScore
from . import biochemical, cargo, neural, ranking, similarity, tagger
from .calibration import Calibration, logit
from .cargo import CargoOdds
from .consensus import Consensus
from .headset import HeadSet
from .linear import LinearModel
from .pooling import MEAN, POOLINGS
from .protocol import Method, OnDemand, ProteinContext, RawScore, raw_column
from .ranking import Ranking
from .segment_context import segment_context
from .trees import BoostedTrees

VERSION, COMBINED_VERSION = 1, 6
METHODS = ("consensus", similarity.NAME, neural.NAME, tagger.NAME, biochemical.NAME)
"""Methods that are combined, in the order in which they are stored; `ranking.NAME` comes last."""

Floats = NDArray[np.float64]


def _own(arrays: Mapping[str, NDArray[Any]], method: str) -> dict[str, NDArray[Any]]:
    prefix = f"{method}/"
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    if not own:
        raise ConfigurationError(f"the head set holds no weights of method {method!r}", remedy="nesannot train")
    return {name: array.astype(np.float32) if array.dtype == np.float16 else array for name, array in own.items()}


def _references(arrays: Mapping[str, NDArray[Any]], digests: Sequence[str]) -> similarity.References:
    own = _own(arrays, similarity.NAME)
    owners = [digests[i] for i in own["owner"].tolist()]
    signs, spans = own["is_motif"].astype(bool), own["spans"].astype(np.int64)
    return similarity.References(own["vectors"], signs, spans, owners, own["center"], own["projection"])


def pooling_of(parameters: Mapping[str, Mapping[str, Json]]) -> str:
    """How the vectors of segments are made that similarity and neural head read; the mean where nothing is said.

    Raises:
        ConfigurationError: if this version knows no such pooling.
    """
    found = str(parameters.get(similarity.NAME, {}).get("pooling", MEAN))
    if found not in POOLINGS:
        why = f"this version of nesannot knows {', '.join(POOLINGS)}"
        raise ConfigurationError(f"the head set pools segments by {found!r}", why=why, remedy="nesannot train")
    return found


def methods_of(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Mapping[str, Json]],
    digests: Sequence[str],
    training_digest: str,
) -> list[Method]:
    """The methods that are combined, in the order of `METHODS`.

    Args:
        arrays: ``method/name`` -> weights.
        parameters: method -> settings; `similarity` states its ``neighbours`` and the ``pooling`` of all pooled heads.
        digests: of the training sequences, which the owners of reference vectors point at.
        training_digest: identity of the training, for the methods' identities.

    Raises:
        ConfigurationError: if weights or settings of a method are missing.
    """

    def identity(name: str) -> MethodIdentity:
        return MethodIdentity(name, VERSION, dict(parameters.get(name, {})), training_digest)

    both, pooling = _own(arrays, biochemical.NAME), pooling_of(parameters)
    try:
        neighbours = int(parameters[similarity.NAME]["neighbours"])  # type: ignore[arg-type]
        return [
            Consensus(),
            similarity.Similarity(identity(similarity.NAME), _references(arrays, digests), neighbours, pooling),
            neural.Neural(identity(neural.NAME), _own(arrays, neural.NAME), pooling),
            tagger.Tagger(identity(tagger.NAME), _own(arrays, tagger.NAME)),
            biochemical.Biochemical(
                identity(biochemical.NAME), BoostedTrees.from_arrays(both), LinearModel.from_arrays(both)
            ),
        ]
    except KeyError as error:
        why = f"it has no {error}; an earlier version of nesannot may have made it"
        raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train") from error
    except IndexError as error:
        why = "a reference vector points at a sequence that it does not name"
        raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train") from error


def raw_scores(methods: Sequence[Method], context: ProteinContext) -> Floats:
    """Raw score of each segment by each method, shape (n, methods)."""
    columns = [raw_column(method.score(context)) for method in methods]
    return np.array(columns, dtype=np.float64).reshape(len(methods), -1).T


class ProteinScores(OnDemand[tuple[MethodScore, ...]]):
    """All scores of each candidate of a protein, the combination last; made for those candidates that are asked for.

    Args:
        by_method: raw scores in the order of `METHODS`.
        calibrated: shape (n, methods).
        added: what each method adds to the log-odds of the combination, shape (n, methods).
        alone: probability of the combination if the protein had nothing else that looks like a motif, shape (n,).
        in_cargo: probability of the combination if the protein is a cargo, shape (n,).
        of_cargo: probability that it is one.

    The combination's raw score is the log-odds that a candidate is a motif of a cargo; its calibrated score is the
    probability that it is a motif where `cargo.CARGO_SHARE` of the proteins are cargoes. Its evidence says what the
    protein's other candidates do to a candidate: in a cargo that had no others it would have the probability `alone`;
    `rivals` is what they add to the log-odds, zero at most.
    """

    def __init__(
        self,
        by_method: Sequence[Sequence[RawScore]],
        calibrated: Floats,
        added: Floats,
        alone: Floats,
        in_cargo: Floats,
        of_cargo: float,
    ) -> None:
        super().__init__(len(in_cargo), self._made)
        self._by_method, self._calibrated, self._added, self._cargo = by_method, calibrated, added, of_cargo
        self.in_cargo: list[float] = in_cargo.tolist()
        log_odds = logit(in_cargo)
        self._log_odds: list[float] = log_odds.tolist()
        self._alone, self._rivals = alone, log_odds - logit(alone)

    def _made(self, place: int) -> tuple[MethodScore, ...]:
        own = [scores[place] for scores in self._by_method]
        named = zip(METHODS, own, self._calibrated[place].tolist(), strict=True)
        log_odds = dict(zip(METHODS, self._added[place].round(3).tolist(), strict=True))
        evidence: dict[str, Json] = {
            "log_odds": dict(log_odds),
            "alone": float(f"{self._alone[place]:.4g}"),
            "rivals": round(float(self._rivals[place]), 3) + 0.0,
            cargo.NAME: self._cargo,
        }
        total = self._log_odds[place], self.in_cargo[place] * self._cargo, evidence
        methods = [MethodScore(name, score.raw, value, score.evidence) for name, score, value in named]
        return (*methods, MethodScore(ranking.NAME, *total))


class ScoringMethods:
    """Every method of a head set with its calibration, and their combination.

    Attributes:
        head_set: whose weights, calibrations and ranking are used.
        methods: in the order of `METHODS`.
    """

    def __init__(self, head_set: HeadSet) -> None:
        self.head_set = head_set
        self.methods = methods_of(head_set.arrays, head_set.parameters, head_set.training_digests, head_set.digest)
        self.ranking = Ranking.from_json(head_set.parameters[ranking.NAME])
        self.cargo = _cargo_odds(head_set)
        self._calibrations = [self._calibration(name) for name in (*METHODS, ranking.NAME)]

    def _calibration(self, name: str) -> Calibration:
        if name not in self.head_set.calibrations:
            raise ConfigurationError(f"the head set has no calibration of {name!r}", remedy="nesannot train")
        return self.head_set.calibrations[name]

    @property
    def identities(self) -> tuple[MethodIdentity, ...]:
        """Of every method, the combination last."""
        told: dict[str, Json] = {**self.ranking.to_json(), cargo.NAME: self.cargo.to_json()}
        combined = MethodIdentity(ranking.NAME, COMBINED_VERSION, told, self.head_set.digest)
        return (*(method.identity for method in self.methods), combined)

    def score(self, context: ProteinContext) -> ProteinScores:
        """All scores of each segment of `context`, the combination last; depends on nothing but the protein."""
        if not len(context.spans):
            return self.together([[]] * len(self.methods), context)
        return self.together([method.score(context) for method in self.methods], context)

    def together(
        self, by_method: Sequence[Sequence[RawScore]], context: ProteinContext, of_cargo: float | None = None
    ) -> ProteinScores:
        """All scores of each segment, the combination last, from raw scores by method in the order of `METHODS`.

        `of_cargo` is the probability that the protein is a cargo, where it is known already.
        """
        if not len(context.spans):
            empty = np.empty((0, len(METHODS)))
            return ProteinScores(by_method, empty, empty, empty[:, 0], empty[:, 0], 0.0)
        raw = np.array([raw_column(scores) for scores in by_method]).T
        calibrated = np.column_stack([c.apply(raw[:, i]) for i, c in enumerate(self._calibrations[:-1])])
        logits = logit(calibrated)
        around = segment_context(context.residues, context.spans, context.stated)
        first, added = self.ranking.parts(logits, around)
        in_cargo = self._calibrations[-1].apply(self.ranking.second(first, context.spans))
        alone = self._calibrations[-1].apply(self.ranking.without_rivals(first))
        if of_cargo is None:
            of_cargo = float(f"{self.cargo.probability(first, context.spans):.6g}")  # as it is told, so it counts
        return ProteinScores(by_method, calibrated, added, alone, in_cargo, of_cargo)


def _cargo_odds(head_set: HeadSet) -> CargoOdds:
    if cargo.NAME not in head_set.parameters:
        why = "it does not say how likely a protein is a cargo; an earlier version of nesannot may have made it"
        raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train")
    return CargoOdds.from_json(head_set.parameters[cargo.NAME])


def build_methods(head_set: HeadSet) -> ScoringMethods:
    """The methods of a head set, ready to score.

    Raises:
        ConfigurationError: if weights, a calibration or the ranking are missing.
    """
    return ScoringMethods(head_set)
