"""Training of the boosted trees (scikit-learn) and their export to plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..methods.trees import BoostedTrees, longest_path

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier


@dataclass(frozen=True, slots=True)
class BoostingSettings:
    """How the trees are grown; `members` are models of different seeds whose mean counts."""

    members: int = 2
    iterations: int = 150
    learning_rate: float = 0.06
    leaves: int = 8
    least_rows: int = 30
    ridge: float = 5.0
    features_per_split: float = 0.3


def fit_trees(
    features: NDArray[np.float64],
    positive: NDArray[np.bool_],
    weight: NDArray[np.float64],
    settings: BoostingSettings,
    seed: int,
) -> BoostedTrees:
    """Trees that tell positive rows from others; features of shape (n, k), the rest of shape (n,)."""
    return mean_of([_grown(features, positive, weight, settings, seed + i) for i in range(settings.members)])


def _grown(
    features: NDArray[np.float64],
    positive: NDArray[np.bool_],
    weight: NDArray[np.float64],
    settings: BoostingSettings,
    seed: int,
) -> BoostedTrees:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(
        max_iter=settings.iterations,
        learning_rate=settings.learning_rate,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.least_rows,
        l2_regularization=settings.ridge,
        max_features=settings.features_per_split,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # on a busy machine OpenMP's threads wait for one another
        model.fit(features, positive, sample_weight=weight)
    return exported(model)


def mean_of(models: Sequence[BoostedTrees]) -> BoostedTrees:
    """One model whose log-odds are the mean of those of `models`: all their trees, each with its share."""
    size = max(model.feature.shape[1] for model in models)

    def joined(name: str, filler: int) -> NDArray[Any]:
        rows = [getattr(model, name) for model in models]
        return np.concatenate([np.pad(r, ((0, 0), (0, size - r.shape[1])), constant_values=filler) for r in rows])

    feature, left, right = joined("feature", -1), joined("left", 0), joined("right", 0)
    baseline = float(np.mean([model.baseline for model in models]))
    value = joined("value", 0) / len(models)
    depth = longest_path(feature, left, right)
    return BoostedTrees(feature, joined("threshold", 0), left, right, value, baseline, depth)


def exported(model: HistGradientBoostingClassifier) -> BoostedTrees:
    """The trees of a fitted `HistGradientBoostingClassifier` for two classes, without missing values."""
    nodes = [predictors[0].nodes for predictors in model._predictors]
    size = max(map(len, nodes))
    shape = (len(nodes), size)
    feature, left, right = np.full(shape, -1), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    threshold, value = np.zeros(shape), np.zeros(shape)
    left[:], right[:] = np.arange(size), np.arange(size)
    for tree, own in enumerate(nodes):
        inner = np.flatnonzero(own["is_leaf"] == 0)
        feature[tree, inner] = own["feature_idx"][inner]
        threshold[tree, inner] = own["num_threshold"][inner]
        left[tree, inner], right[tree, inner] = own["left"][inner], own["right"][inner]
        value[tree, : len(own)] = _means(own)
    baseline = float(np.ravel(model._baseline_prediction)[0])
    return BoostedTrees(feature, threshold, left, right, value, baseline, longest_path(feature, left, right))


def _means(nodes: NDArray[Any]) -> NDArray[np.float64]:
    """Value of each node: its own at a leaf, else the mean of its children by their rows."""
    value = nodes["value"].astype(np.float64)
    for node in range(len(nodes) - 1, -1, -1):
        if not nodes["is_leaf"][node]:
            children = [int(nodes["left"][node]), int(nodes["right"][node])]
            value[node] = np.average(value[children], weights=nodes["count"][children])
    return value
