"""Figures of whole rankings: against hand-computed ones, and on made-up proteins whose families were held out."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nesdb_annot.learning import evaluation
from nesdb_annot.learning.baselines import BASELINES, COUNTING
from nesdb_annot.learning.evaluation import PROBABILITIES, rankings
from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.learning.figures import ORDER, Ranked, figures_of
from nesdb_annot.learning.metrics import RECALLS, RankedProtein
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.scoring import METHODS
from nesdb_annot.residues import ResidueSpan


def spans(*pairs):
    return tuple(ResidueSpan(first, last) for first, last in pairs)


def ranked_protein(*rows, length=500):
    return RankedProtein("a", length, spans(*(row[:2] for row in rows)), np.array([float(row[2]) for row in rows]))


@pytest.fixture(scope="module")
def by_hand():
    """Two folds; at the threshold of the other fold: 0.6 for the first protein, 0.5 for the second and the third."""
    proteins = [
        ranked_protein((101, 110, 0.9), (201, 210, 0.5), (1, 10, 0.7), (301, 310, 0.8)),
        ranked_protein((101, 110, 0.6), (1, 10, 0.1)),
        ranked_protein((1, 10, 0.2)),
    ]
    truths = [
        Truth(spans((101, 120), (201, 210)), spans((301, 320))),
        Truth(spans((103, 112))),
        Truth((), spans((400, 420))),
    ]
    return Ranked(proteins, truths, np.array([0, 1, 1]))


def value(figures, name):
    return figures[name][0]


def test_figures_by_hand(by_hand):
    figures = figures_of(by_hand, probabilities=True)
    # Hits .9 and .6 and .5, errors .7, .1 and .2; the candidate on doubtful ground is none of them.
    assert (value(figures, "proteins"), value(figures, "motifs"), value(figures, "candidates")) == (3, 3, 6)
    assert value(figures, "base_rate") == pytest.approx(3 / 6)
    assert value(figures, "average_precision") == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert value(figures, "auprc") == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert value(figures, "auroc") == pytest.approx(roc_auc_score([1, 1, 1, 0, 0, 0], [0.9, 0.6, 0.5, 0.7, 0.1, 0.2]))
    assert value(figures, "precision_at_0.2") == 1.0
    assert value(figures, "precision_at_0.5") == pytest.approx(2 / 3)
    assert value(figures, "precision_at_0.8") == pytest.approx(3 / 4)
    assert [value(figures, f"top_{k}") for k in (1, 3, 5)] == [1.0, 1.0, 1.0]
    squares = [(0.9 - 1) ** 2, (0.6 - 1) ** 2, (0.5 - 1) ** 2, 0.7**2, 0.1**2, 0.2**2]
    assert value(figures, "brier") == pytest.approx(np.mean(squares))


def test_thresholds_come_from_the_other_fold(by_hand):
    # Fold 2 alone: F1 is 1 at 0.6. Fold 1 alone: F1 is 2/3 at 0.9 and 4/5 at 0.5.
    assert by_hand.thresholds.tolist() == [0.6, 0.5, 0.5]


def test_figures_at_the_threshold_by_hand(by_hand):
    figures = figures_of(by_hand, probabilities=False)
    # Found: .9 of the first protein and .6 of the second; missed: .5, below .6; one error, .7.
    assert value(figures, "precision") == pytest.approx(2 / 3)
    assert value(figures, "recall") == pytest.approx(2 / 3)
    assert value(figures, "f1") == pytest.approx(2 / 3)
    assert value(figures, "accuracy") == pytest.approx(4 / 6)
    assert value(figures, "mcc") == pytest.approx((2 * 2 - 1 * 1) / 9)
    assert value(figures, "errors_per_1000_residues") == pytest.approx(1000 / 1500)
    assert value(figures, "iou") == pytest.approx(np.mean([10 / 20, 8 / 12]))
    assert "brier" not in figures


def test_second_motifs_of_a_protein_are_counted_apart(by_hand):
    figures = figures_of(by_hand, probabilities=False)
    assert [value(figures, f"motifs_{kind}") for kind in ("sole", "first", "further")] == [1, 1, 1]
    assert [value(figures, f"recall_{kind}") for kind in ("sole", "first", "further")] == [1.0, 1.0, 0.0]


def test_several_motifs_are_counted_by_place_whatever_they_score(by_hand):
    late_is_better = ranked_protein((1, 10, 0.2), (30, 39, 0.9))
    alone, truth = ranked_protein((1, 10, 0.9)), Truth(spans((1, 10), (30, 39)))
    ranked = Ranked([late_is_better, alone], [truth, Truth(spans((1, 10)))], np.array([0, 1]))
    assert ranked.thresholds.tolist() == [0.9, 0.2]
    figures = figures_of(ranked, probabilities=False)
    assert [value(figures, f"motifs_{kind}") for kind in ORDER] == [1, 1, 1, 1, 1]
    found = dict(zip(ORDER, (value(figures, f"recall_{kind}") for kind in ORDER), strict=True))
    assert found == {"sole": 1.0, "first": 1.0, "further": 0.0, "leading": 0.0, "following": 1.0}


def test_a_recall_that_is_not_reached_has_no_precision():
    ranked = Ranked([ranked_protein((1, 10, 0.5))], [Truth(spans((1, 10), (100, 110)))], np.array([0]))
    figures = figures_of(ranked, probabilities=False)
    assert figures["precision_at_0.5"][0] == 1.0
    assert figures["precision_at_0.68"] == (None, None)


def test_intervals_hold_the_figures(outcome, resolve, own_truths):
    ranked = rankings(outcome.held_out, resolve).on(own_truths(outcome.held_out), "combined")
    figures = figures_of(ranked, probabilities=True)
    for name in ("average_precision", "auroc", "auprc", "top_1", "calibration_error", "precision_at_0.5"):
        number, (low, high) = figures[name]
        assert low <= number <= high, name
    assert sum(value(figures, f"reliability_count_{place}") for place in range(1, 11)) == value(figures, "candidates")


@pytest.fixture(scope="module")
def evaluated(outcome, resolve, own_truths):
    rows = evaluation.evaluate(rankings(outcome.held_out, resolve), own_truths(outcome.held_out), "A")
    return {(row.method, row.figure): row.value for row in rows}


def test_planted_signals_are_found_in_held_out_proteins(evaluated):
    assert evaluated["combined", "average_precision"] > 0.7
    assert evaluated["combined", "average_precision"] > evaluated["random", "average_precision"] + 0.3
    assert evaluated["combined", "top_1"] > 0.7
    assert evaluated["combined", "motifs"] == evaluated["combined", "proteins"] == 24


def test_every_method_and_baseline_has_every_figure(evaluated):
    shared = {"auroc", "auprc", "base_rate", "accuracy", "precision", "recall", "f1", "mcc", "average_precision", "iou"}
    shared |= {f"precision_at_{recall:g}" for recall in RECALLS} | {"top_1", "top_3", "top_5"}
    shared |= {"errors_per_1000_residues", *(f"recall_{kind}" for kind in ORDER)}
    for method in (*METHODS, "combined", *BASELINES):
        names = {figure for own, figure in evaluated if own == method}
        assert shared <= names, method
        assert ({"brier", "calibration_error"} <= names) == (method in PROBABILITIES)


def test_every_figure_of_merit_has_an_interval_over_proteins(outcome, resolve, own_truths):
    ranked = rankings(outcome.held_out, resolve).on(own_truths(outcome.held_out), "random")
    measured = figures_of(ranked, probabilities=True)
    without = {"proteins", "motifs", "candidates", "base_rate", *(f"motifs_{kind}" for kind in ORDER)}
    for name, (value, interval) in measured.items():
        if name in without or name.startswith("reliability_"):
            assert interval is None
        elif value is not None:
            assert interval[0] <= interval[1]
    low, high = measured["recall"][1]
    assert low < measured["recall"][0] < high
    assert measured["recall_further"] == (None, None)  # every made-up cargo has one


def test_baselines_stand_beside_the_combination_at_their_recall(evaluated):
    for method in ("patterns counted", "composition", "hydrophobic moment", "random"):
        assert 0 < evaluated[method, "recall_reached"] <= 1
        assert evaluated[method, "precision_of_combined_there"] >= evaluated[method, "precision_reached"]


def test_methods_are_measured_where_their_candidates_are_stored_and_baselines_where_they_are(outcome, resolve):
    def shorter(residues, spans, scores, kept):
        assert len(spans) == len(scores)
        return [ResidueSpan(spans[i].first, spans[i].last - 1) for i in kept]

    plain, refined = rankings(outcome.held_out, resolve), rankings(outcome.held_out, resolve, shorter)
    for name, proteins in refined.by_method.items():
        moved = 0 if name in evaluation.BASELINES else 1
        for own, before in zip(proteins, plain.by_method[name], strict=True):
            assert [span.last for span in own.spans] == [span.last - moved for span in before.spans]
            assert own.kept == before.kept


def test_truths_name_the_proteins_that_are_looked_at(outcome, resolve):
    ranked = rankings(outcome.held_out, resolve)
    first, second = (own.protein for own in outcome.held_out[:2])
    truths = {first.digest: Truth((ResidueSpan(1, 10),)), second.digest: second.truth}
    assert {row.value for row in evaluation.evaluate(ranked, truths, "B") if row.figure == "proteins"} == {2}


def test_candidates_carry_both_verdicts_and_their_fold(outcome, resolve, own_truths):
    ranked = rankings(outcome.held_out, resolve)
    truths = own_truths(outcome.held_out)
    chosen = outcome.held_out[5].protein.digest
    rows = list(evaluation.candidates(ranked, truths, {chosen: Truth((), (ResidueSpan(1, 300),))}))
    assert {row.method for row in rows} == {*PROBABILITIES, evaluation.IN_PROTEOME, *BASELINES}
    assert {row.verdict for row in rows} == {"hit", "error"}
    assert {row.verdict_b for row in rows if row.digest == chosen} == {"unknown"}
    assert {row.verdict_b for row in rows if row.digest != chosen} == {None}
    folds = {own.protein.digest: str(own.fold + 1) for own in outcome.held_out}
    assert all(row.part == folds[row.digest] for row in rows)
    assert len({(row.method, row.digest, row.span) for row in rows}) == len(rows)


def protein_with(residues, pairs, truth=None):
    embedding = np.zeros((len(residues), 2), dtype=np.float32)
    return TrainingProtein("ab" * 32, residues, embedding, spans(*pairs), truth or Truth())


def score_of(name, protein):
    return BASELINES[name]([protein], [0])[0]


def test_baselines_count_what_they_match():
    protein = protein_with("MKTAYDGSELALKLAGLDIEKRGSGSGSGSGSGS", [(8, 22), (24, 34)])
    assert score_of("patterns counted", protein)[0] >= 1
    assert score_of("patterns counted", protein)[1] == 0
    assert score_of("Wregex expression", protein)[0] >= 1
    assert score_of("Wregex expression", protein)[1] == 0
    assert score_of("ELM expression", protein)[1] == 0.0
    assert np.array_equal(score_of("random", protein), score_of("random", protein))
    assert set(BASELINES) >= COUNTING


def test_the_moment_prefers_an_amphipathic_helix():
    amphipathic, greasy, short = "LKKLLKKLLKLLKKLLKK", "LLLLLLLLLLLLLLLLLL", "LKKLLKK"
    protein = protein_with(amphipathic + "GSGSGSGSGS" + greasy + "GSGSGSGSGS" + short, [(1, 18), (29, 46), (57, 63)])
    moments = score_of("hydrophobic moment", protein)
    assert moments[0] > 3 * moments[1]
    assert moments[2] > moments[1]


def test_composition_learns_from_the_other_folds_only(made_up):
    proteins, folds = made_up
    scores = BASELINES["composition"](proteins, folds)
    hit = np.concatenate([p.verdicts == 1 for p in proteins if p.cargo])
    assert roc_auc_score(hit, np.concatenate([s for s, p in zip(scores, proteins, strict=True) if p.cargo])) > 0.8
    silent = [protein_with(p.residues, [(s.first, s.last) for s in p.spans]) if f == 1 else p
              for p, f in zip(proteins, folds, strict=True)]  # fmt: skip
    again = BASELINES["composition"](silent, folds)
    for before, after, fold in zip(scores, again, folds, strict=True):
        assert np.array_equal(before, after) == (fold == 1)
