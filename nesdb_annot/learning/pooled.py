"""Fits only the heads that read pooled vectors, and their calibrations: what stored segments can be scored with again.

Each of the two heads is judged, and its calibration fitted, on families that it has not seen, over the candidates that
the selector of the head set keeps, with their vectors as they are stored. Tagger, trees, combination and operating
points stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..methods import neural, similarity
from ..methods.calibration import Calibration
from ..methods.headset import HeadSet
from ..methods.pooled_heads import AddedProtein, replace_pooled_heads
from ..methods.protocol import Method
from ..methods.scoring import METHODS, POOLED, build_methods, methods_of, pooling_of
from ..records import Json
from ..residues import ResidueSpan
from .calibration import fit_platt
from .examples import TrainingProtein, segment_rows
from .heads import stored_arrays, stored_curves
from .held_out import OneThreadEach, stored_scores
from .metrics import Events, average_precision, precision_recall
from .neural import NeuralSettings, fit_neural
from .scored import Refine, Resolve
from .similarity import ReferenceSettings, fit_references
from .truth import Truth, Verdict, verdicts

Array = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledOutcome:
    """A head set with other pooled heads, and how these do on families that they had not seen.

    Attributes:
        merits: by the name of a truth.
    """

    head_set: HeadSet
    merits: Mapping[str, PooledMerit]


@dataclass(frozen=True, slots=True)
class PooledMerit:
    """How pooled heads do by one truth.

    Attributes:
        precision: method -> average precision over the candidates of cargoes that the selector keeps and that are known
            to be a motif or none, each scored by heads that had not seen its family.
        candidates: number of these candidates, and of the motifs among them.
    """

    precision: Mapping[str, float]
    candidates: tuple[int, int]


def refit_pooled(
    base: HeadSet,
    proteins: Sequence[TrainingProtein],
    folds: Sequence[int],
    resolve: Resolve,
    *,
    refine: Refine | None = None,
    truths: Mapping[str, Mapping[str, Truth]] | None = None,
    references_digest: str = "",
    seed: int = 17,
    workers: int = 1,
    told: Callable[[str], None] = lambda _: None,
) -> PooledOutcome:
    """`base` with its similarity and neural head fitted to `proteins`.

    Args:
        base: in use so far; its settings of the two methods are used again.
        proteins: cargoes with their motifs, and motif-free proteins.
        folds: of each protein; no family is divided.
        resolve: overlap resolution, the one that scoring uses.
        refine: spans as scoring stores them.
        truths: name -> digest of a sequence -> what counts as a motif there; without any, what is taught.
        references_digest: of the references that the motifs come from.
        seed: of every random choice.
        workers: folds fitted at a time, one core each.
        told: called with a line after each fold.
    """
    fitting, selected = _Fitting(base, seed), _selected(base, proteins, resolve, refine)
    numbers = sorted(set(folds))

    def held_out(fold: int) -> dict[int, Floats]:
        inside = [i for i, own in enumerate(folds) if own != fold]
        arrays, _ = fitting.arrays([proteins[i] for i in inside], [folds[i] for i in inside])
        told(f"without fold {fold + 1}: fitted to {len(inside)} proteins")
        methods = fitting.methods(arrays, [proteins[i].digest for i in inside])
        held = [i for i, own in enumerate(folds) if own == fold and i in selected]
        return {i: selected[i].raw(methods, fitting.pooling) for i in held}

    with OneThreadEach():
        with ThreadPoolExecutor(workers) as pool:
            raw = {i: own for fold in pool.map(held_out, numbers) for i, own in fold.items()}
        arrays, losses = fitting.arrays(proteins, folds)
    kept = [(own.protein.digest, own.spans, raw[i]) for i, own in selected.items()]
    taught = {protein.digest: protein.truth for protein in proteins}
    rows = _rows(kept, taught)
    calibrations: dict[str, Calibration] = {n: fit_platt(rows.raw[:, i], rows.motif) for i, n in enumerate(POOLED)}
    merits = {name: _merit(_rows(kept, truth)) for name, truth in (truths or {"taught": taught}).items()}
    arrays, added = _owned(base, arrays, proteins)
    report = _report(base, losses)
    head_set = replace_pooled_heads(base, arrays, added, calibrations, references=references_digest, report=report)
    return PooledOutcome(head_set, merits)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Both pooled heads, fitted with the settings of `base`."""

    base: HeadSet
    seed: int

    def arrays(
        self, proteins: Sequence[TrainingProtein], folds: Sequence[int]
    ) -> tuple[dict[str, Array], list[list[float]]]:
        """Weights as a head set stores them, and losses of the neural head; owners of references are of `proteins`."""
        references, _ = fit_references(proteins, folds, self._references(), self.seed)
        perceptron, losses = fit_neural(segment_rows(proteins, folds, self.pooling), self._neural(), self.seed)
        return {**stored_arrays(references, similarity.NAME), **stored_arrays(perceptron, neural.NAME)}, losses

    def methods(self, arrays: Mapping[str, Array], digests: Sequence[str]) -> list[Method]:
        """The two heads in the order of `POOLED`; `digests` are those of the proteins that `arrays` were fitted to."""
        methods = methods_of({**self.base.arrays, **arrays}, self.base.parameters, digests, "")
        return [methods[METHODS.index(name)] for name in POOLED]

    @property
    def pooling(self) -> str:
        """That of `base`: stored vectors are of it."""
        return pooling_of(self.base.parameters)

    def _neural(self) -> NeuralSettings:
        told: Mapping[str, Any] = self.base.parameters[neural.NAME]
        return NeuralSettings(**{**told, "hidden": tuple(told["hidden"])})

    def _references(self) -> ReferenceSettings:
        told: Mapping[str, Any] = self.base.parameters[similarity.NAME]
        same = {name: int(told[name]) for name in ("dimensions", "motifs", "others", "queries")}
        return ReferenceSettings(poolings=(self.pooling,), neighbours=(int(told["neighbours"]),), **same)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates that are a motif or none by one truth; `raw` has a column for each head."""

    raw: Floats
    motif: NDArray[np.bool_]
    protein: NDArray[np.int64]


Kept: TypeAlias = Sequence[tuple[str, Sequence[ResidueSpan], Floats]]
"""Digest of each cargo, and the candidates of it that the selector keeps, with their raw scores."""


@dataclass(frozen=True, slots=True)
class _Selected:
    """A cargo with the probabilities that the selector gives its candidates, and the indices of those that it keeps."""

    protein: TrainingProtein
    probability: Floats
    indices: Sequence[int]
    refine: Refine | None

    @property
    def spans(self) -> list[ResidueSpan]:
        """Spans of the kept candidates as the segmentation gave them, which the truth is compared with."""
        return [self.protein.spans[i] for i in self.indices]

    def raw(self, methods: Sequence[Method], pooling: str) -> Floats:
        """Raw scores of the kept candidates by their vectors as stored, a column for each method."""
        return stored_scores(self.protein, methods, pooling, self.refine, self.probability, self.indices)


def _selected(
    base: HeadSet, proteins: Sequence[TrainingProtein], resolve: Resolve, refine: Refine | None
) -> dict[int, _Selected]:
    """Number of each cargo with a candidate -> what the selector of `base` keeps of it."""
    selector, kept = build_methods(base).selector, dict[int, _Selected]()
    for number, protein in enumerate(proteins):
        if protein.cargo and protein.spans:
            probability = selector.candidates(protein.context()).probability
            indices = resolve(protein.spans, probability.tolist(), len(protein.residues))
            kept[number] = _Selected(protein, probability, indices, refine)
    return kept


def _rows(kept: Kept, truth: Mapping[str, Truth]) -> _Rows:
    scores, motifs, owners = [np.empty((0, len(POOLED)))], [np.empty(0, dtype=bool)], [np.empty(0, dtype=np.int64)]
    for number, (digest, spans, raw) in enumerate(kept):
        if digest in truth:
            outcome = verdicts(spans, truth[digest])
            known = outcome != Verdict.UNKNOWN
            scores.append(raw[known])
            motifs.append(outcome[known] == Verdict.HIT)
            owners.append(np.full(int(known.sum()), number))
    return _Rows(np.concatenate(scores), np.concatenate(motifs), np.concatenate(owners))


def _merit(rows: _Rows) -> PooledMerit:
    def precision(column: int) -> float:
        return average_precision(precision_recall(Events(rows.raw[:, column], rows.motif, rows.protein)))

    return PooledMerit(
        {name: precision(column) for column, name in enumerate(POOLED)}, (len(rows.motif), int(rows.motif.sum()))
    )


def _report(base: HeadSet, losses: list[list[float]]) -> dict[str, Json]:
    """What `base` reports, with the loss curves of the neural head that takes the place of its own."""
    earlier: Any = base.report.get("loss_curves")
    others = earlier if isinstance(earlier, Mapping) else {}
    return {**base.report, "loss_curves": {**others, **stored_curves({neural.NAME: losses})}}


def _owned(
    base: HeadSet, arrays: Mapping[str, Array], proteins: Sequence[TrainingProtein]
) -> tuple[dict[str, Array], list[AddedProtein]]:
    """Arrays whose references point at the training sequences of the whole, and those that `base` did not have."""
    earlier = set(base.training_digests)
    added = [AddedProtein(p.digest, p.accession, p.residues) for p in proteins if p.digest not in earlier]
    digests = (*base.training_digests, *(protein.digest for protein in added))
    number = {digest: i for i, digest in enumerate(digests)}
    owner = f"{similarity.NAME}/owner"
    moved = np.array([number[proteins[i].digest] for i in arrays[owner].tolist()], dtype=arrays[owner].dtype)
    return {**arrays, owner: moved}, added
