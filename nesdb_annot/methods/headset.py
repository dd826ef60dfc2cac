"""The head set: everything that training leaves behind for one language model and one segmentation, as one artefact.

It holds numbers, sequence digests and identities; no sequence, and no text of any reference source. On disk and in
the database it is one safetensors blob with its facts as JSON in the metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError, UsageError
from ..records import NES, Json, LanguageModelIdentity, SegmentationIdentity, digest_of
from .calibration import Calibration, calibration_from_json
from .relatives import TrainingProteins

FORMAT = 7
_KEY = "nesannot_head_set"
_RETRAIN = "nesannot train"

Array = NDArray[Any]


def _version(segmentation: SegmentationIdentity) -> str:
    return f"{segmentation.algorithm} version {segmentation.version}"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A named threshold on the combined calibrated probability.

    Attributes:
        name: ``strict``, ``balanced`` or ``sensitive``.
        threshold: None where the validation folds don't reach the `rule`.
        rule: what the threshold was chosen for.
        precision: of points of that name chosen on all folds but one, on that one; not at `threshold` itself. Their
            rate in motif-free proteins is that of the folds' own, where `threshold` was held against watched ones.
        recall: likewise.
        why: reason for a missing threshold.
    """

    name: str
    threshold: float | None
    rule: str
    precision: float | None = None
    recall: float | None = None
    why: str = ""


@dataclass(frozen=True)
class HeadSet:
    """Trained heads with their calibrations, and what they were trained on and for.

    Attributes:
        language_model: whose embeddings the heads read.
        segmentation: whose segments they were calibrated on.
        references_digest: of the references they were fitted to.
        seed: of every random choice in training.
        training_digests: of all sequences that were trained on, cargoes and negatives.
        training_accessions: of the same sequences, in the same order. Their sketches are among the arrays; see
            `relatives`.
        prior: share of motifs among the segments that the probabilities refer to (segments of known cargoes, after
            overlap resolution).
        arrays: ``method/name`` -> weights; float16 where the method stores it so.
        parameters: method -> its settings and fitted plain numbers.
        calibrations: method -> raw score to probability.
        operating_points: in ascending order of sensitivity.
        report: how the heads did on held-out families, and their loss curves; not part of the digest.
        motif: that the heads detect.
        pooled_references: method that reads stored vectors -> digest of the references it was fitted to, where these
            are others than those of `references_digest`.
    """

    language_model: LanguageModelIdentity
    segmentation: SegmentationIdentity
    references_digest: str
    seed: int
    training_digests: tuple[str, ...]
    prior: float
    arrays: Mapping[str, Array]
    parameters: Mapping[str, Mapping[str, Json]]
    calibrations: Mapping[str, Calibration]
    operating_points: tuple[OperatingPoint, ...]
    report: Mapping[str, Json] = field(default_factory=dict)
    motif: str = NES
    training_accessions: tuple[str, ...] = ()
    pooled_references: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def training_proteins(self) -> TrainingProteins:
        """The training proteins, to recognise their relatives.

        Raises:
            ConfigurationError: if the head set lacks a sketch or an accession of one.
        """
        try:
            return TrainingProteins(self.training_digests, self.training_accessions, self.arrays)
        except (KeyError, ValueError) as error:
            what = "the head set cannot recognise relatives of its training proteins"
            raise ConfigurationError(what, why=f"a sketch is missing: {error}", remedy=_RETRAIN) from error

    @cached_property
    def digest(self) -> str:
        """Digest of everything but the report: two head sets of equal digest score alike."""
        facts = {name: value for name, value in self._facts().items() if name != "report"}
        return digest_of([facts, self.array_digests])

    @cached_property
    def array_digests(self) -> Mapping[str, Json]:
        """Type, shape and SHA-256 of each array, by name."""
        return {
            name: [str(array.dtype), list(array.shape), sha256(np.ascontiguousarray(array).tobytes()).hexdigest()]
            for name, array in self.arrays.items()
        }

    def references_of(self, method: str) -> str:
        """Digest of the references that a method was fitted to."""
        return self.pooled_references.get(method, self.references_digest)

    def operating_point(self, name: str) -> OperatingPoint:
        """The point of that name.

        Raises:
            UsageError: if there is none.
        """
        for point in self.operating_points:
            if point.name == name:
                return point
        known = ", ".join(point.name for point in self.operating_points)
        raise UsageError(f"no operating point {name!r}", why=f"the head set has: {known}", remedy="choose one of these")

    def check_fits(
        self, language_model: LanguageModelIdentity, segmentation: SegmentationIdentity, remedy: str = _RETRAIN
    ) -> None:
        """Refuse embeddings or segments that the heads were not trained on.

        Args:
            remedy: what to type for heads that were.

        Raises:
            ConfigurationError: with both identities, and what to type.
        """
        model, cut = self.language_model, self.segmentation
        pairs = [
            ("language model", model.digest, model.name, language_model.digest, language_model.name),
            ("segmentation", cut.digest, _version(cut), segmentation.digest, _version(segmentation)),
        ]
        for what, own, own_name, given, given_name in pairs:
            if given != own:
                why = f"it was trained with {own_name} ({own[:12]}), this is {given_name} ({given[:12]})"
                raise ConfigurationError(f"the head set is for another {what}", why=why, remedy=remedy)

    def _facts(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "motif": self.motif,
            "language_model": asdict(self.language_model),
            "segmentation": {
                "algorithm": self.segmentation.algorithm,
                "version": self.segmentation.version,
                "parameters": dict(self.segmentation.parameters),
            },
            "references_digest": self.references_digest,
            "pooled_references": dict(self.pooled_references),
            "seed": self.seed,
            "training_digests": list(self.training_digests),
            "training_accessions": list(self.training_accessions),
            "prior": self.prior,
            "parameters": {name: dict(value) for name, value in self.parameters.items()},
            "calibrations": {name: calibration.to_json() for name, calibration in self.calibrations.items()},
            "operating_points": [asdict(point) for point in self.operating_points],
            "report": dict(self.report),
        }

    def to_bytes(self) -> bytes:
        """One safetensors blob; equal head sets give equal bytes."""
        from safetensors.numpy import save

        facts = json.dumps(self._facts(), sort_keys=True, allow_nan=False)
        return bytes(save({name: np.ascontiguousarray(a) for name, a in self.arrays.items()}, metadata={_KEY: facts}))

    @classmethod
    def from_bytes(cls, blob: bytes) -> HeadSet:
        """Read a head set and check it.

        Raises:
            ConfigurationError: if the blob is no head set, of another format, or holds numbers that are not finite.
        """
        facts = _facts_of(blob)
        try:
            return _from_facts(facts, _arrays_of(blob))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError("the head set is damaged", why=repr(error), remedy=_RETRAIN) from error


def is_of_this_format(blob: bytes) -> bool:
    """Whether a blob is a head set of the format that this version reads; another version may have made it."""
    try:
        _facts_of(blob)
    except ConfigurationError:
        return False
    return True


def _from_facts(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> HeadSet:
    return HeadSet(
        language_model=LanguageModelIdentity(**facts["language_model"]),
        segmentation=SegmentationIdentity(**facts["segmentation"]),
        references_digest=facts["references_digest"],
        pooled_references=facts["pooled_references"],
        seed=facts["seed"],
        training_digests=tuple(facts["training_digests"]),
        training_accessions=tuple(facts["training_accessions"]),
        prior=facts["prior"],
        arrays=arrays,
        parameters=facts["parameters"],
        calibrations={name: calibration_from_json(stored) for name, stored in facts["calibrations"].items()},
        operating_points=tuple(OperatingPoint(**point) for point in facts["operating_points"]),
        report=facts["report"],
        motif=facts["motif"],
    )


def _facts_of(blob: bytes) -> dict[str, Any]:
    """The JSON in the header of a safetensors blob: 8 bytes of length, then the header."""
    try:
        size = int.from_bytes(blob[:8], "little")
        facts: dict[str, Any] = json.loads(json.loads(blob[8 : 8 + size])["__metadata__"][_KEY])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("this is no head set", why="no facts in its header", remedy=_RETRAIN) from error
    if facts.get("format") != FORMAT:
        what = f"the head set has format {facts.get('format')!r}, not {FORMAT}"
        raise ConfigurationError(what, why="another version of nesannot made it", remedy=_RETRAIN)
    return facts


def _arrays_of(blob: bytes) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, Array] = load(blob)
    except SafetensorError as error:
        raise ConfigurationError("the head set is damaged", why=str(error), remedy=_RETRAIN) from error
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ConfigurationError("the head set is damaged", where=name, why="not all numbers are finite")
    return arrays
