"""Named thresholds, chosen on held-out proteins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..methods.headset import OperatingPoint
from .metrics import Curve, RankedProtein, events, precision_recall
from .truth import Truth

STRICT_PRECISION = 0.5
SENSITIVE_RECALL = 0.8


def _point(name: str, rule: str, curve: Curve, index: int) -> OperatingPoint:
    return OperatingPoint(
        name, float(curve.threshold[index]), rule, float(curve.precision[index]), float(curve.recall[index])
    )


def _strict(curve: Curve) -> OperatingPoint:
    rule = f"highest recall at a precision of at least {STRICT_PRECISION}"
    reached = np.flatnonzero(curve.precision >= STRICT_PRECISION)
    if not len(reached):
        best = f"{curve.precision.max(initial=0):.2f}"
        return OperatingPoint("strict", None, rule, why=f"the highest precision on held-out families is {best}")
    return _point("strict", rule, curve, int(reached[-1]))


def _balanced(curve: Curve) -> OperatingPoint:
    rule = "highest F1"
    if not len(curve.recall) or not curve.recall.max() > 0:
        return OperatingPoint("balanced", None, rule, why="no candidate on held-out families hits a motif")
    score = 2 * curve.precision * curve.recall / np.maximum(curve.precision + curve.recall, 1e-12)
    return _point("balanced", rule, curve, int(score.argmax()))


def _sensitive(curve: Curve) -> OperatingPoint:
    rule = f"highest precision at a recall of at least {SENSITIVE_RECALL}"
    reached = np.flatnonzero(curve.recall >= SENSITIVE_RECALL)
    if not len(reached):
        best = f"{curve.recall.max(initial=0):.2f}"
        return OperatingPoint("sensitive", None, rule, why=f"the highest recall on held-out families is {best}")
    return _point("sensitive", rule, curve, int(reached[curve.precision[reached].argmax()]))


def choose_operating_points(
    proteins: Sequence[RankedProtein], truths: Sequence[Truth]
) -> tuple[OperatingPoint, OperatingPoint, OperatingPoint]:
    """Strict, balanced and sensitive; one that the proteins don't reach has no threshold and says why.

    Args:
        proteins: resolved candidates with combined probabilities that were given to held-out proteins.
        truths: what is known of each.
    """
    curve = precision_recall(events(proteins, truths))
    return _strict(curve), _balanced(curve), _sensitive(curve)
