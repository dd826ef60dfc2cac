"""Fits only the heads that read pooled vectors, and their calibrations: what stored segments can be scored with again.

Each of the two heads is judged, and its calibration fitted, on families that it has not seen, over the candidates that
the root of the head set keeps: those are what is stored. Tagger, trees, combination and operating points stay.
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
from ..methods.derived import POOLED, derive, root_of
from ..methods.headset import HeadSet
from ..methods.protocol import Method, raw_column
from ..methods.scoring import METHODS, build_methods, methods_of, pooling_of
from ..records import Json
from ..residues import ResidueSpan
from .calibration import fit_platt
from .examples import TrainingProtein, segment_rows
from .heads import stored_arrays, stored_curves
from .held_out import OneThreadEach
from .metrics import Events, average_precision, precision_recall
from .neural import NeuralSettings, fit_neural
from .similarity import ReferenceSettings, fit_references
from .stacking import Resolve
from .truth import Truth, Verdict, verdicts

Array = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledOutcome:
    """A derived head set, and how its pooled heads do on families that they had not seen.

    Attributes:
        merits: by the name of a truth.
    """

    head_set: HeadSet
    merits: Mapping[str, PooledMerit]


@dataclass(frozen=True, slots=True)
class PooledMerit:
    """How pooled heads do by one truth.

    Attributes:
        precision: method -> average precision over the candidates of cargoes that the root keeps and that are known to
            be a motif or none, each scored by heads that had not seen its family.
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
    truths: Mapping[str, Mapping[str, Truth]] | None = None,
    references_digest: str = "",
    seed: int = 17,
    workers: int = 1,
    told: Callable[[str], None] = lambda _: None,
) -> PooledOutcome:
    """A head set derived from `base` whose similarity and neural head are fitted to `proteins`.

    Args:
        base: in use so far; its settings of the two methods are used again.
        proteins: cargoes with their motifs, and motif-free proteins.
        folds: of each protein; no family is divided.
        resolve: overlap resolution, the one that scoring uses.
        truths: name -> digest of a sequence -> what counts as a motif there; without any, what is taught.
        references_digest: of the references that the motifs come from.
        seed: of every random choice.
        workers: folds fitted at a time, one core each.
        told: called with a line after each fold.
    """
    fitting = _Fitting(base, seed)
    numbers = sorted(set(folds))

    def held_out(fold: int) -> dict[int, Floats]:
        inside = [i for i, own in enumerate(folds) if own != fold]
        arrays, _ = fitting.arrays([proteins[i] for i in inside], [folds[i] for i in inside])
        told(f"without fold {fold + 1}: fitted to {len(inside)} proteins")
        methods = fitting.methods(arrays, [proteins[i].digest for i in inside])
        return {i: fitting.raw(methods, proteins[i]) for i, own in enumerate(folds) if own == fold}

    with OneThreadEach():
        with ThreadPoolExecutor(workers) as pool:
            raw = {i: own for fold in pool.map(held_out, numbers) for i, own in fold.items()}
        arrays, losses = fitting.arrays(proteins, folds)
        kept = _kept(root_of(base), proteins, resolve, raw)
    taught = {protein.digest: protein.truth for protein in proteins}
    rows = _rows(kept, taught)
    calibrations: dict[str, Calibration] = {n: fit_platt(rows.raw[:, i], rows.motif) for i, n in enumerate(POOLED)}
    merits = {name: _merit(_rows(kept, truth)) for name, truth in (truths or {"taught": taught}).items()}
    arrays, added = _owned(base, arrays, [protein.digest for protein in proteins])
    head_set = derive(base, arrays, added, calibrations, references=references_digest, report=_report(base, losses))
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

    def raw(self, methods: Sequence[Method], protein: TrainingProtein) -> Floats:
        """Raw scores of the candidates of `protein`, a column for each method."""
        context = protein.context(self.pooling)
        return np.column_stack([raw_column(method.score(context)) for method in methods])

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
"""Digest of each cargo, and the candidates of it that the root keeps, with their raw scores."""


def _kept(root: HeadSet, proteins: Sequence[TrainingProtein], resolve: Resolve, raw: Mapping[int, Floats]) -> Kept:
    methods, pooling = build_methods(root), pooling_of(root.parameters)
    found = []
    for number, protein in enumerate(proteins):
        if protein.cargo and protein.spans:
            left = resolve(protein.spans, methods.score(protein.context(pooling)).in_cargo, len(protein.residues))
            found.append((protein.digest, [protein.spans[i] for i in left], raw[number][left]))
    return found


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
    base: HeadSet, arrays: Mapping[str, Array], digests: Sequence[str]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Arrays whose references point at the training sequences of the whole, and those that `base` did not have."""
    added = tuple(digest for digest in digests if digest not in set(base.training_digests))
    place = {digest: number for number, digest in enumerate((*base.training_digests, *added))}
    owner = f"{similarity.NAME}/owner"
    moved = np.array([place[digests[i]] for i in arrays[owner].tolist()], dtype=arrays[owner].dtype)
    return {**arrays, owner: moved}, added
