"""The pooled heads by themselves: the same as in a whole training, judged on families that they have not seen."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nesdb_annot.learning.pooled import refit_pooled
from nesdb_annot.learning.truth import Truth
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.rescoring import StoredScores, StoredSegments
from nesdb_annot.methods.scoring import SELECTING, build_methods, selector_digest
from nesdb_annot.report.training import curves_of
from nesdb_annot.workflow.protein_scorer import ProteinScorer

from .conftest import FAST, made_up_protein


@pytest.fixture(scope="module", params=["mean", "centred"])
def base(train, request):
    references = replace(FAST.references, poolings=(request.param,), neighbours=(8,))
    return train(settings=replace(FAST, references=references)).head_set


@pytest.fixture(scope="module")
def refitted(base, made_up, resolve):
    return refit_pooled(base, *made_up, resolve, seed=3)


def test_the_same_proteins_give_the_same_heads(base, refitted):
    names = [name for name in base.arrays if name.startswith(("similarity/", "neural/"))]
    assert all(np.array_equal(refitted.head_set.arrays[name], base.arrays[name]) for name in names)
    assert refitted.head_set.training_digests == base.training_digests


def test_only_pooled_heads_and_their_calibrations_differ(base, made_up, resolve):
    other = refit_pooled(base, *made_up, resolve, seed=4).head_set
    assert selector_digest(other) == selector_digest(base)
    differ = {name for name in base.arrays if not np.array_equal(other.arrays[name], base.arrays[name])}
    assert {name.partition("/")[0] for name in differ} == {"similarity", "neural"}
    changed = {name for name in base.calibrations if other.calibrations[name] != base.calibrations[name]}
    assert changed == {"similarity", "neural"}
    assert other.operating_points == base.operating_points


def test_merit_by_each_truth_counts_only_what_it_knows(base, made_up, resolve):
    proteins, _ = made_up
    some = {p.digest: p.truth for p in proteins[:6] if p.truth.motifs}
    unknown = {p.digest: Truth((), p.truth.motifs) for p in proteins}
    merits = refit_pooled(base, *made_up, resolve, truths={"some": some, "unknown": unknown}, seed=3).merits
    whole = refit_pooled(base, *made_up, resolve, seed=3).merits["taught"].candidates
    assert 0 < merits["some"].candidates[1] < whole[1]
    assert merits["unknown"].candidates == (whole[0] - whole[1], 0)


def test_merit_is_of_families_not_seen(base, refitted, made_up, resolve):
    merit = refitted.merits["taught"]
    assert merit.precision["similarity"] > 0.5
    candidates, motifs = merit.candidates
    assert 0 < motifs < candidates
    proteins, folds = made_up
    draw = np.random.default_rng(0)
    noise = [replace(p, embedding=draw.normal(size=p.embedding.shape).astype(np.float32)) for p in proteins]
    of_noise = refit_pooled(base, noise, folds, resolve, seed=3).merits["taught"]
    assert of_noise.precision["similarity"] < 0.5, "not of those it was fitted to"


def test_the_loss_curves_are_those_of_the_heads_that_are_in_it(base, made_up, resolve):
    before = curves_of(base)
    again, other = (refit_pooled(base, *made_up, resolve, seed=seed).head_set for seed in (3, 4))
    assert curves_of(again) == before, "the same network was fitted"
    after = curves_of(HeadSet.from_bytes(other.to_bytes()))
    assert set(after) == set(before) == {"neural", "tagger"}
    assert after["tagger"] == before["tagger"], "the tagger is the same"
    assert len(after["neural"]) == FAST.neural.members
    assert all(new != old for new, old in zip(after["neural"], before["neural"], strict=True))
    assert {**other.report, "loss_curves": None} == {**base.report, "loss_curves": None}


def test_a_head_set_without_loss_curves_gets_those_of_its_new_head(base, made_up, resolve):
    bare = replace(base, report={"loss_curves": "none"})
    assert set(curves_of(refit_pooled(bare, *made_up, resolve, seed=3).head_set)) == {"neural"}


def test_references_of_new_proteins_point_at_them(base, made_up, resolve):
    proteins, folds = made_up
    renamed = [replace(p, digest=f"{n:064x}") if n < 3 else p for n, p in enumerate(proteins)]
    head_set = refit_pooled(base, renamed, folds, resolve, seed=3).head_set
    assert head_set.training_digests == (*base.training_digests, *(f"{n:064x}" for n in range(3)))
    owners = {head_set.training_digests[i] for i in head_set.arrays["similarity/owner"].tolist()}
    assert f"{0:064x}" in owners
    assert proteins[0].digest not in owners


def as_stored(protein, sequence):
    """What the database gives back of a scored sequence."""
    by_method = {own[0].method: own for own in zip(*(segment.scores for segment in sequence.segments), strict=True)}
    return StoredSegments(
        sequence.digest,
        protein.residues,
        [segment.span for segment in sequence.segments],
        np.array([np.frombuffer(segment.pooled, dtype="<f2") for segment in sequence.segments]),
        {
            name: StoredScores(
                np.array([score.raw for score in by_method[name]], dtype=np.float32),
                [score.evidence for score in by_method[name]],
            )
            for name in SELECTING
        },
        np.array([segment.competition for segment in sequence.segments]),
        sequence.cargo,
    )


def weighing_vectors(head_set):
    """The same heads with a weight for every method."""
    ranking = {**head_set.parameters["combined"], "weights": [0.2, 0.7, 0.4, 0.5, 0.3]}
    return replace(head_set, parameters={**head_set.parameters, "combined": ranking})


def test_scored_at_once_or_from_stored_vectors_is_bit_identical(base, made_up, resolve):
    other = weighing_vectors(refit_pooled(base, *made_up, resolve, seed=4).head_set)
    protein = made_up_protein(700)
    given = (protein.digest, protein.residues, protein.embedding)
    segmenter = SimpleNamespace(identity=base.segmentation, spans=lambda *_: protein.spans)
    before, at_once = (ProteinScorer(None, segmenter, heads).score(*given) for heads in (base, other))
    vectors = np.array([np.frombuffer(segment.pooled, dtype="<f2") for segment in before.segments])
    expected = pool(protein.embedding, protein.spans, base.parameters["similarity"]["pooling"])
    assert vectors == pytest.approx(expected, abs=2e-3)
    again = build_methods(other).scorers.score(as_stored(protein, before))
    assert again == at_once
    assert again != before, "the heads are other ones"


def test_other_references_change_no_combined_score_if_they_have_no_weight(base, made_up, resolve):
    weights = {**base.parameters["combined"], "weights": [0.2, 0.0, 0.0, 0.5, 0.3]}
    silent = replace(base, parameters={**base.parameters, "combined": weights})
    other = replace(silent, arrays=refit_pooled(base, *made_up, resolve, seed=4).head_set.arrays)
    protein = made_up_protein(701)
    segmenter = SimpleNamespace(identity=base.segmentation, spans=lambda *_: protein.spans)
    before = ProteinScorer(None, segmenter, silent).score(protein.digest, protein.residues, protein.embedding)
    after = build_methods(other).scorers.score(as_stored(protein, before))
    changed = {
        one.method
        for old, new in zip(before.segments, after.segments, strict=True)
        for one, two in zip(old.scores, new.scores, strict=True)
        if (one.raw, one.calibrated) != (two.raw, two.calibrated)
    }
    assert changed == {"similarity", "neural"}


def test_calibrations_are_fitted_on_vectors_as_they_are_stored(base, made_up, resolve):
    """Refined spans have other vectors, and with them other calibrations of the methods that read these."""
    shorter = lambda _, spans, __, kept: [replace(spans[i], last=spans[i].last - 3) for i in kept]  # noqa: E731
    as_proposed = refit_pooled(base, *made_up, resolve, seed=3).head_set
    as_refined = refit_pooled(base, *made_up, resolve, refine=shorter, seed=3).head_set
    assert as_refined.calibrations["similarity"] != as_proposed.calibrations["similarity"]
    assert as_refined.calibrations["neural"] != as_proposed.calibrations["neural"]
    assert all(np.array_equal(array, as_proposed.arrays[name]) for name, array in as_refined.arrays.items())
