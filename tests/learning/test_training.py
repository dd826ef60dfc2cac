from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.learning.combinations import COMBINATIONS, fit_ranking
from nesdb_annot.learning.evaluation import rankings
from nesdb_annot.learning.examples import TrainingProtein, feature_rows, segment_rows
from nesdb_annot.learning.scored import ScoredProtein
from nesdb_annot.learning.stacking import PAPER_WEIGHTS
from nesdb_annot.learning.training import cross_fitted
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooling import MEAN
from nesdb_annot.methods.ranking import Ranking
from nesdb_annot.methods.scoring import METHODS, build_methods, pooling_of
from nesdb_annot.relation import Relation, TrainingRelation
from nesdb_annot.residues import ResidueSpan


def test_every_protein_was_held_out_once(outcome, made_up):
    proteins, folds = made_up
    assert [own.protein.digest for own in outcome.held_out] == [p.digest for p in proteins]
    assert [own.fold for own in outcome.held_out] == folds
    assert all(own.raw.shape == (len(own.protein.spans), len(METHODS)) for own in outcome.held_out)
    probabilities = np.concatenate([own.calibrated for own in outcome.held_out])
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_the_head_set_knows_where_it_comes_from(outcome, made_up):
    head_set = outcome.head_set
    assert set(head_set.training_digests) == {protein.digest for protein in made_up[0]}
    assert head_set.references_digest == "f" * 64
    assert [point.name for point in head_set.operating_points] == ["strict", "balanced", "sensitive"]
    assert set(head_set.calibrations) == {*METHODS, "combined", "selector"}
    assert 0 < head_set.prior < 0.5
    assert outcome.report["cargoes"] == 24
    assert outcome.report["motif_free_proteins"] == 8
    assert set(outcome.report["loss_curves"]) == {"tagger", "neural"}


def test_head_set_recognises_its_training_proteins_and_relatives(outcome, made_up):
    protein = made_up[0][3]
    known = outcome.head_set.training_proteins
    assert known.relation(protein.digest, protein.residues) == TrainingRelation(Relation.SAME, "P00003", 1.0)
    relative = known.relation("0" * 64, protein.residues[5:])
    assert (relative.relation, relative.accession) == (Relation.RELATED, "P00003")


def test_the_weights_of_every_combination_are_kept_beside_those_in_use(outcome):
    kept = {name: Ranking.from_json(stored) for name, stored in outcome.report["combinations"].items()}
    assert set(kept) == {way.name for way in COMBINATIONS}
    assert kept[outcome.report["combination"]].to_json() == outcome.head_set.parameters["combined"]
    given = dict(zip(METHODS, kept["weighted sum"].weights, strict=True))
    assert {name for name, weight in given.items() if weight} <= set(PAPER_WEIGHTS)
    assert kept["stack that spares the strongest rival"].spared == 1


def test_no_sequence_is_stored(outcome, made_up):
    blob = outcome.head_set.to_bytes()
    for protein in made_up[0]:
        assert protein.residues.encode() not in blob
        for motif in protein.truth.motifs:
            assert motif.of(protein.residues).encode() not in blob


def test_training_repeats_whatever_the_number_of_workers(outcome, train):
    lines = []
    assert train(workers=3, told=lines.append).head_set.digest == outcome.head_set.digest
    assert sum("fitted to 24 proteins" in line for line in lines) == 4
    assert sum("fitted to 16 proteins" in line for line in lines) == 6


def test_another_seed_gives_another_head_set(outcome, train):
    assert train(seed=4).head_set.digest != outcome.head_set.digest


def test_the_labels_of_a_fold_touch_no_number_given_to_it(outcome, made_up, train, resolve, own_truths):
    """Change all labels of one fold: its scores, raw and calibrated, and its operating points stay as they were."""
    proteins, folds = made_up
    changed = [
        replace(protein, truth=Truth((ResidueSpan(1, 12),)), cargo=True) if fold == 2 else protein
        for protein, fold in zip(proteins, folds, strict=True)
    ]
    other = train(proteins=changed)
    for before, after, fold in zip(outcome.held_out, other.held_out, folds, strict=True):
        assert np.array_equal(before.raw, after.raw) == (fold == 2)
        assert np.array_equal(before.calibrated, after.calibrated) == (fold == 2)
        if fold == 2:
            assert (before.points, before.choice) == (after.points, after.choice)
    assert thresholds_of(outcome, 2, resolve, own_truths) == thresholds_of(other, 2, resolve, own_truths)


def thresholds_of(outcome, fold, resolve, own_truths):
    """Of every method and of the combination, at the proteins of `fold`."""
    ranked, truths = rankings(outcome.held_out, resolve), own_truths(outcome.held_out)
    found = {method: ranked.on(truths, method) for method in ranked.inner}
    assert set(found) == {*METHODS, "combined", "combined_in_proteome"}
    return {method: set(own.thresholds[own.folds == fold].tolist()) for method, own in found.items()}


def test_what_a_fold_may_see_of_the_others_is_fitted_without_it(outcome, made_up, resolve, own_truths):
    _, folds = made_up
    for own, fold in zip(outcome.held_out, folds, strict=True):
        assert set(own.seen) == {0, 1, 2, 3} - {fold}
        assert all(columns.shape == own.columns.shape for columns in own.seen.values())
    ranked = rankings(outcome.held_out, resolve)
    on = ranked.on(own_truths(outcome.held_out), "combined")
    assert set(on.inner) == {0, 1, 2, 3}
    for fold, inner in on.inner.items():
        assert sorted(inner) == np.flatnonzero(on.folds != fold).tolist()
        assert any(not np.array_equal(own.scores, on.proteins[i].scores) for i, own in inner.items())


def test_inner_scores_come_from_heads_that_saw_neither_fold(outcome, made_up):
    _, folds = made_up
    for own, fold in zip(outcome.held_out, folds, strict=True):
        assert set(own.without) == {0, 1, 2, 3} - {fold}
        assert all(raw.shape == own.raw.shape for raw in own.without.values())
        assert own.scored.unseen((fold + 1) % 4).raw is own.without[(fold + 1) % 4]
        assert own.scored.unseen(fold).raw is own.raw
    twice = outcome.held_out[0].scored.changed(lambda raw: 2 * raw)
    assert np.array_equal(twice.unseen(1).raw, 2 * outcome.held_out[0].without[1])


def test_without_inner_scores_the_outer_ones_stand_in(outcome, made_up, resolve):
    _, folds = made_up
    scored = [ScoredProtein(own.protein, own.raw) for own in outcome.held_out]
    again = cross_fitted(scored, folds, resolve)
    twisted = [
        replace(s, protein=replace(s.protein, truth=Truth())) if fold == 1 else s
        for s, fold in zip(scored, folds, strict=True)
    ]
    other = cross_fitted(twisted, folds, resolve)
    for before, after, fold in zip(again, other, folds, strict=True):
        assert np.array_equal(before.calibrated, after.calibrated) == (fold == 1)


def test_nothing_to_learn(made_up, train):
    proteins, _ = made_up
    with pytest.raises(InputError, match="no candidate"):
        train(proteins=[replace(protein, truth=Truth()) for protein in proteins])


def test_scores_are_the_same_after_storage_and_in_any_company(outcome, made_up):
    methods = build_methods(HeadSet.from_bytes(outcome.head_set.to_bytes()))
    contexts = [protein.context(pooling_of(outcome.head_set.parameters)) for protein in made_up[0][:4]]
    together = [methods.selector.candidates(context) for context in contexts]
    alone = build_methods(outcome.head_set).selector.candidates(contexts[2])
    assert np.array_equal(together[2].raw, alone.raw)
    assert np.array_equal(together[2].competition, alone.competition)
    assert together[2].cargo == alone.cargo


def test_calibrations_and_stack_are_fitted_without_motif_free_proteins_too(outcome, resolve):
    kept = [own for own in outcome.held_out if own.protein.cargo]
    fitted = fit_ranking([own.scored for own in kept], [own.fold for own in kept], resolve)
    assert min(fitted.ranking.weights) >= 0
    assert max(fitted.ranking.weights) > 0


def protein_with(spans, truth, cargo=True):
    residues = "MKTAYIAKQRELALKLAGLDINKTEPSGGSDDEELLKKLV"
    return TrainingProtein(
        "d" * 64, residues, np.ones((40, 3), np.float32), [ResidueSpan(*s) for s in spans], truth, cargo
    )


def test_examples_are_clear_ones():
    known = Truth((ResidueSpan(11, 21),), (ResidueSpan(33, 38),))
    protein = protein_with([(11, 21), (8, 17), (16, 30), (22, 32), (30, 39)], known)
    assert protein.verdicts.tolist() == [1, 1, 1, 0, 2]
    assert protein.example_weights.tolist() == [1.0, 1.0, 0.0, pytest.approx(0.7), 0.0]
    rows = segment_rows([protein], [4], MEAN)
    assert rows.positive.tolist() == [True, True, False]
    assert rows.group.tolist() == [4, 4, 4]
    assert len(feature_rows([protein])) == 3


def test_what_was_tested_and_is_no_motif_counts_fully():
    known = Truth((ResidueSpan(11, 21),), (ResidueSpan(33, 38),), (ResidueSpan(22, 31),))
    protein = protein_with([(11, 21), (16, 30), (22, 32), (1, 9), (24, 35)], known)
    assert protein.example_weights.tolist() == [1.0, 0.0, 1.0, pytest.approx(0.7), 0.0]
    weights = protein.tagger_example().weight
    assert weights[:10] == pytest.approx([0.7] * 10)
    assert weights[21:31].tolist() == [1.0] * 10
    assert weights[32:38].tolist() == [0.0] * 6


def test_a_motif_free_protein_counts_little_and_its_hard_negatives_more():
    protein = protein_with([(11, 21), (22, 32)], Truth(), cargo=False)
    assert protein.hard_kinds.any(axis=1).tolist() == [True, False]
    assert protein.example_weights.tolist() == [pytest.approx(0.3), pytest.approx(0.1)]
    assert protein.tagger_example().weight.tolist() == [pytest.approx(0.15)] * 40

