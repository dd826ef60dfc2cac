"""All methods of a head set, applied to one protein at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity, digest_of
from ..scoring_methods import METHOD_NAMES, SCORING_METHODS, version_of
from . import cargo, ranking, selector, similarity
from .calibration import Calibration
from .cargo import CargoOdds
from .consensus import Consensus
from .headset import HeadSet
from .pooling import MEAN, POOLINGS
from .protocol import Method, ProteinContext
from .ranking import Ranking
from .rescoring import Scorers
from .selector import Selector
from .weights import Weights

COMBINED_VERSION = 7
METHODS = METHOD_NAMES
"""Methods that are combined, in the order in which they are stored; `ranking.NAME` comes last."""

POOLED = tuple(method.name for method in SCORING_METHODS if method.pooled)
"""Methods that read the stored vectors of segments: other weights of theirs score stored segments again."""

SELECTING = tuple(name for name in METHODS if name not in POOLED)
"""Methods of the selector."""

Floats = NDArray[np.float64]


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


def _built(weights: Weights) -> Method:
    """Build a method by the function `build` of the module that has its name."""
    module = import_module(f"{__package__}.{weights.identity.name}")
    method: Method = module.build(weights)
    return method


def methods_of(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Mapping[str, Json]],
    digests: Sequence[str],
    training_digest: str,
    selector_digest: str = "",
) -> list[Method]:
    """The methods that are combined, in the order of `METHODS`.

    Args:
        arrays: ``method/name`` -> weights.
        parameters: method -> settings; `similarity` states its ``neighbours`` and the ``pooling`` of all pooled heads.
        digests: of the training sequences, which the owners of reference vectors point at.
        training_digest: identity of the training, for the identities of methods that read stored vectors.
        selector_digest: the same for the methods of the selector.

    Raises:
        ConfigurationError: if weights or settings of a method are missing.
    """
    pooling = pooling_of(parameters)
    try:
        return [
            _built(
                Weights(
                    MethodIdentity(
                        method.name,
                        method.version,
                        dict(parameters.get(method.name, {})),
                        training_digest if method.pooled else selector_digest,
                    ),
                    arrays,
                    parameters.get(method.name, {}),
                    digests,
                    pooling,
                )
            )
            for method in SCORING_METHODS
        ]
    except KeyError as error:
        why = f"it has no {error}; an earlier version of nesannot may have made it"
        raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train") from error
    except IndexError as error:
        why = "a reference vector points at a sequence that it does not name"
        raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train") from error


def raw_scores(methods: Sequence[Method], context: ProteinContext) -> Floats:
    """Raw score of each segment by each method, shape (n, methods)."""
    return np.column_stack([method.raw(context) for method in methods])


def selector_digest(head_set: HeadSet) -> str:
    """Digest of all that decides which candidates are stored, with which vectors, competition and odds of a cargo.

    Stored segments of one head set can be scored by any other of the same selector.
    """
    names = (*SELECTING, selector.NAME, cargo.NAME)
    arrays = {name: own for name, own in head_set.array_digests.items() if name.partition("/")[0] in SELECTING}
    parameters = {name: dict(own) for name, own in head_set.parameters.items() if name in names}
    calibrations = {name: own.to_json() for name, own in head_set.calibrations.items() if name in names}
    made_for = [head_set.motif, head_set.language_model.digest, head_set.segmentation.digest]
    versions = [COMBINED_VERSION, *(version_of(name) for name in SELECTING), Consensus().identity.digest]
    return digest_of([made_for, versions, pooling_of(head_set.parameters), arrays, parameters, calibrations])


class ScoringMethods:
    """Every method of a head set, as the selector and the scorers use them.

    Attributes:
        head_set: whose weights, calibrations and rankings are used.
        methods: in the order of `METHODS`.
        selector: sees all candidates of a protein.
        scorers: score the segments that are stored.
    """

    def __init__(self, head_set: HeadSet) -> None:
        self.head_set, self.selector_digest = head_set, selector_digest(head_set)
        given = (head_set.arrays, head_set.parameters, head_set.training_digests)
        self.methods = methods_of(*given, head_set.digest, self.selector_digest)
        by_name = dict(zip(METHODS, self.methods, strict=True))
        calibrations = {name: self._calibration(name) for name in (*METHODS, ranking.NAME, selector.NAME)}
        self.selector = Selector(
            [by_name[name] for name in SELECTING],
            [calibrations[name] for name in SELECTING],
            Ranking.from_json(self._parameters(selector.NAME, "how candidates are selected")),
            calibrations[selector.NAME],
            CargoOdds.from_json(self._parameters(cargo.NAME, "how likely a protein is a cargo")),
        )
        self.scorers = Scorers(
            METHODS,
            {name: by_name[name] for name in POOLED},
            [calibrations[name] for name in METHODS],
            Ranking.from_json(self._parameters(ranking.NAME, "how the methods are combined")),
            calibrations[ranking.NAME],
            pooling_of(head_set.parameters),
            self.selector.ranking.outside_option,
            head_set.training_proteins,
        )

    def _calibration(self, name: str) -> Calibration:
        if name not in self.head_set.calibrations:
            raise ConfigurationError(f"the head set has no calibration of {name!r}", remedy="nesannot train")
        return self.head_set.calibrations[name]

    def _parameters(self, name: str, what: str) -> Mapping[str, Json]:
        if name not in self.head_set.parameters:
            why = f"it does not say {what}; an earlier version of nesannot may have made it"
            raise ConfigurationError("the head set is incomplete", why=why, remedy="nesannot train")
        return self.head_set.parameters[name]

    @property
    def identities(self) -> tuple[MethodIdentity, ...]:
        """Of every method, the combination last."""
        weights: dict[str, Json] = {**self.scorers.ranking.to_json(), cargo.NAME: self.selector.cargo.to_json()}
        combined = MethodIdentity(ranking.NAME, COMBINED_VERSION, weights, self.head_set.digest)
        return (*(method.identity for method in self.methods), combined)


def build_methods(head_set: HeadSet) -> ScoringMethods:
    """The methods of a head set, ready to score.

    Raises:
        ConfigurationError: if weights, a calibration or a ranking are missing.
    """
    return ScoringMethods(head_set)
