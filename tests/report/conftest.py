"""Small material for figures."""

import numpy as np
import pytest

from nesdb_annot.figures import EvaluationFigure
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.scoring import METHODS
from nesdb_annot.records import LanguageModelIdentity, SegmentationIdentity
from nesdb_annot.report import style
from nesdb_annot.workflow.plot_material import Evaluated, Outcomes, PlotMaterial, RankedScores

ALL = (*METHODS, "combined")
PAPER = ("paper_consensus", "paper_similarity", "paper_neural", "paper_weighted_sum")


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Few dots per inch: fast."""
    monkeypatch.setattr(style, "DPI", 40)


def outcomes(seed, names):
    draw = np.random.default_rng(seed)
    found = {}
    for name in names:
        hit = draw.random(200) < 0.1
        found[name] = Outcomes(np.clip(draw.random(200) * 0.5 + 0.4 * hit, 0, 1), hit)
    return found


def merits(protocol, population, names):
    draw = np.random.default_rng(1)
    for name in names:
        for merit in ("accuracy", "precision", "recall", "f1", "auroc", "average_precision"):
            value = float(draw.uniform(0.2, 0.8))
            interval = (value - 0.1, value + 0.1) if protocol == "honest" else None
            yield EvaluationFigure(protocol, population, name, merit, value, interval)
    yield EvaluationFigure(protocol, population, names[0], "f1", 0.99, None, "without tagger")


@pytest.fixture
def evaluated():
    """Both protocols, with two baselines."""
    honest = (*ALL, "wregex", "random")
    figures = [*merits("honest", "A", honest), *merits("paper", "segments", PAPER)]
    return Evaluated(7, {"honest": outcomes(0, honest), "paper": outcomes(1, PAPER)}, figures)


@pytest.fixture
def ranked():
    """Three hundred candidates."""
    draw = np.random.default_rng(3)
    scores = np.sort(draw.random((300, len(ALL))), axis=0)[::-1].copy()
    classes = [[None, "1a", "3", "1b-R"][i % 4] for i in range(300)]
    named = [f"GENE{i} {10 * i + 1}-{10 * i + 12}" for i in range(20)]
    return RankedScores(
        "yeast, release 2026_02", ALL, scores, draw.integers(8, 26, 300), classes, named, [0.5] * 20
    )


@pytest.fixture
def head_set():
    """Heads without arrays, with two loss curves."""
    weights = [0.4, 0.0, 0.1, 0.7, 0.5]
    return HeadSet(
        language_model=LanguageModelIdentity("small", 6, 192, "0" * 64, "whole"),
        segmentation=SegmentationIdentity("lattice", 1, {"minimum": 8, "maximum": 25}),
        references_digest="",
        seed=1,
        training_digests=(),
        prior=0.05,
        arrays={},
        parameters={"combined": {"methods": list(METHODS), "weights": weights, "combination": "stack"}},
        calibrations={},
        operating_points=(),
        report={"cargoes": 12, "motifs": 15, "loss_curves": {"neural": [[0.5, 0.4, 0.45]], "tagger": [[0.3, 0.2], []]}},
    )


@pytest.fixture
def material(ranked, evaluated, head_set):
    """All of it."""
    return PlotMaterial(ranked, evaluated, head_set)
