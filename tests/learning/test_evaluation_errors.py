"""Mistakes, ablation and learning curve on made-up proteins."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.learning import ablation
from nesdb_annot.learning.biochemical import BoostingSettings
from nesdb_annot.learning.combinations import COMBINATIONS
from nesdb_annot.learning.error_analysis import mistakes, shares
from nesdb_annot.learning.evaluation import rankings
from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.learning.figures import Ranked, figures_of
from nesdb_annot.learning.heads import TrainingSettings
from nesdb_annot.learning.metrics import RankedProtein
from nesdb_annot.learning.neural import NeuralSettings
from nesdb_annot.learning.tagger import TaggerSettings
from nesdb_annot.learning.training import HeldOutProtein
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.scoring import METHODS
from nesdb_annot.residues import ResidueSpan

QUICK = TrainingSettings(
    TaggerSettings(members=1, channels=4, bottleneck=2, epochs=2, crop=64, batch=8, learning_rate=0.01),
    NeuralSettings(members=1, hidden=(4,), epochs=2, batch=64),
    BoostingSettings(iterations=10, least_rows=5),
)
MEMBRANE = "LIVALLVGALLIVFLLAVLIG"


def spans(*pairs):
    return tuple(ResidueSpan(first, last) for first, last in pairs)


@pytest.fixture(scope="module")
def by_hand():
    """One protein of 321 residues: a motif found, one missed, one without candidate; a membrane helix wins."""
    residues = "M" + "GS" * 30 + "ELALKLAGLDI" + "GS" * 64 + MEMBRANE + "GS" * 50
    found, missed, nowhere, helix = spans((62, 72), (120, 131), (290, 301), (201, 221))
    candidates = (found, missed, helix, ResidueSpan(5, 15))
    scores = np.array([0.9, 0.2, 0.95, 0.1])
    embedding = np.zeros((len(residues), 2), np.float32)
    truth = Truth((found, missed, nowhere))
    protein = TrainingProtein("a" * 64, residues, embedding, candidates, truth)
    calibrated = np.column_stack([np.tile(scores[:, None], len(METHODS)) / 2, scores])
    own = HeldOutProtein(protein, 0, calibrated[:, :-1], calibrated, calibrated[:, -1] / 10, ())
    left = RankedProtein("a" * 64, len(residues), candidates, scores, (0, 1, 2, 3))
    ranked = Ranked([left], [truth], np.array([0]))
    ranked.__dict__["thresholds"] = np.array([0.5])
    return mistakes([own], ranked)


def test_every_motif_and_every_false_positive_has_a_row(by_hand):
    assert [(m.kind, str(m.span), m.rank, m.score) for m in by_hand] == [
        ("found", "62-72", 2, 0.9),
        ("missed", "120-131", 3, 0.2),
        ("missed", "290-301", None, None),
        ("false positive", "201-221", 1, 0.95),
    ]


def test_rows_say_what_may_explain_them(by_hand):
    found, _, nowhere, helix = by_hand
    assert (found.peptide, found.nes_class, found.place, found.like) == ("ELALKLAGLDI", "1a", "middle", "")
    assert found.methods == pytest.approx((0.45,) * len(METHODS))
    assert (nowhere.place, nowhere.methods, nowhere.nes_class) == ("C-terminal", (), "")
    assert (helix.like, helix.peptide) == ("membrane", MEMBRANE)


def test_shares_by_hand(by_hand):
    found = shares(by_hand)
    assert found["middle"] == {"recall": 0.5, "motifs": 2}
    assert found["C-terminal"] == {"recall": 0.0, "motifs": 1}
    assert found["with a pattern"] == {"recall": 1.0, "motifs": 1}
    assert found["proteins of 300 to 999 residues"] == {"recall": pytest.approx(1 / 3), "motifs": 3}
    assert found["missed"] == {"motifs": 2, "in_top_3": 0.5, "without_candidate": 1}
    assert found["false positives: membrane"] == {"errors": 1}


def test_mistakes_agree_with_the_figures(outcome, resolve, own_truths):
    truths = own_truths(outcome.held_out)
    ranked = rankings(outcome.held_out, resolve)
    on_a = ranked.on(truths, "combined")
    found = mistakes(ranked.held_out, on_a)
    figures = figures_of(on_a, probabilities=True)
    count = {kind: sum(m.kind == kind for m in found) for kind in ("found", "missed", "false positive")}
    assert count["found"] + count["missed"] == figures["motifs"][0]
    assert count["found"] / figures["motifs"][0] == pytest.approx(figures["recall"][0])
    assert count["found"] / (count["found"] + count["false positive"]) == pytest.approx(figures["precision"][0])


def only_the_tagger_knows(own):
    """The protein with scores that say nothing, but for those of the tagger."""
    random = np.random.default_rng(own.fold)
    raw = random.normal(size=own.raw.shape)
    raw[:, METHODS.index("tagger")] += 6 * (own.protein.verdicts == 1)
    return replace(own, raw=raw, without=dict.fromkeys(own.without, raw), choice="stack")


def test_the_combination_suffers_without_what_it_rests_on(outcome, made_up, resolve, own_truths):
    truths = own_truths(outcome.held_out)
    held_out = [only_the_tagger_knows(own) for own in outcome.held_out]
    rows = list(ablation.ablations(held_out, made_up[1], resolve, truths))
    precision = {row.condition: row.value for row in rows if row.figure == "average_precision"}
    assert {row.figure for row in rows} == set(ablation.FIGURES)
    without = {f"without {name}" for name in (*METHODS, "rivals")}
    assert set(precision) == without | {f"always {way.name}" for way in COMBINATIONS}
    blind = [precision.pop(condition) for condition in ("without tagger", "always weighted sum")]  # the paper had none
    assert max(blind) < 0.5 < min(precision.values())


def test_the_learning_curve_has_a_point_for_each_share(made_up, resolve, monkeypatch):
    monkeypatch.setattr(ablation, "SHARES", (0.8,))  # a quarter of so few proteins is too little to fit to
    proteins, folds = made_up
    lines = []
    truths = {p.digest: p.truth for p in proteins if p.cargo}
    rows = list(ablation.learning_curve(proteins, folds, resolve, truths, QUICK, seed=3, told=lines.append))
    assert {row.condition for row in rows} == {f"{share:.0%} of the families" for share in ablation.SHARES}
    assert len(lines) == len(ablation.SHARES) * 4
    values = [row.value for row in rows if row.figure == "average_precision"]
    assert all(0 < value <= 1 for value in values)
