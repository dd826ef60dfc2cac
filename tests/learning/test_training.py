from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.learning.examples import TrainingProtein, feature_rows, segment_rows
from nesdb_annot.learning.heads import reference_arrays
from nesdb_annot.learning.stacking import ScoredProtein, fit_ranking
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.protocol import pool
from nesdb_annot.methods.scoring import METHODS, build_methods
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
    assert set(head_set.calibrations) == {*METHODS, "combined"}
    assert 0 < head_set.prior < 0.5
    assert outcome.report["cargoes"] == 24
    assert outcome.report["motif_free_proteins"] == 8
    assert set(outcome.report["loss_curves"]) == {"tagger", "neural"}


def test_no_sequence_is_stored(outcome, made_up):
    blob = outcome.head_set.to_bytes()
    for protein in made_up[0]:
        assert protein.residues.encode() not in blob
        for motif in protein.truth.motifs:
            assert motif.of(protein.residues).encode() not in blob


def test_training_repeats_whatever_the_number_of_workers(outcome, train):
    assert train(workers=3).head_set.digest == outcome.head_set.digest


def test_another_seed_gives_another_head_set(outcome, train):
    assert train(seed=4).head_set.digest != outcome.head_set.digest


def test_a_held_out_fold_does_not_touch_its_own_scores(outcome, made_up, train):
    """Change the labels of one fold: the raw scores given to it stay the same to the last bit."""
    proteins, folds = made_up
    changed = [
        replace(protein, truth=Truth((ResidueSpan(1, 12),))) if fold == 2 and protein.cargo else protein
        for protein, fold in zip(proteins, folds, strict=True)
    ]
    other = train(proteins=changed)
    for before, after, fold in zip(outcome.held_out, other.held_out, folds, strict=True):
        assert np.array_equal(before.raw, after.raw) == (fold == 2)


def test_calibration_and_stack_of_a_fold_come_from_the_other_folds(outcome, made_up, resolve):
    from nesdb_annot.learning.training import cross_fitted

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
    contexts = [protein.context() for protein in made_up[0][:4]]
    together = [methods.score(context) for context in contexts]
    assert together[2] == build_methods(outcome.head_set).score(contexts[2])
    assert [score.method for score in together[0][0]] == [*METHODS, "combined"]


def test_calibrations_and_stack_are_fitted_without_motif_free_proteins_too(outcome, resolve):
    scored = [ScoredProtein(own.protein, own.raw) for own in outcome.held_out if own.protein.cargo]
    fitted = fit_ranking(scored, resolve)
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
    rows = segment_rows([protein], [4])
    assert rows.positive.tolist() == [True, True, False]
    assert rows.group.tolist() == [4, 4, 4]
    assert len(feature_rows([protein])) == 3


def test_a_motif_free_protein_counts_little():
    protein = protein_with([(11, 21), (22, 32)], Truth(), cargo=False)
    assert protein.example_weights.tolist() == [pytest.approx(0.15)] * 2
    assert protein.tagger_example().weight.tolist() == [pytest.approx(0.15)] * 40


def test_references_are_the_best_fitting_candidates(made_up):
    from nesdb_annot.learning.heads import ReferenceSettings

    proteins, _ = made_up
    arrays = reference_arrays(proteins, ReferenceSettings(others_per_motif=3), seed=1)
    motifs = arrays["is_motif"].astype(bool)
    assert motifs.sum() <= 24
    assert (~motifs).sum() == 3 * motifs.sum()
    for vector, (first, last), owner in zip(arrays["vectors"], arrays["spans"], arrays["owner"], strict=True):
        expected = pool(proteins[owner].embedding, [ResidueSpan(int(first), int(last))])[0]
        assert vector == pytest.approx(expected, abs=2e-3)
    for (first, last), owner in zip(arrays["spans"][~motifs], arrays["owner"][~motifs], strict=True):
        assert not any(m.overlap(ResidueSpan(int(first), int(last))) for m in proteins[owner].truth.motifs)


def test_progress_is_told(train):
    lines = []
    train(told=lines.append)
    assert len(lines) == 4
    assert all("fitted to 24 proteins" in line for line in lines)
