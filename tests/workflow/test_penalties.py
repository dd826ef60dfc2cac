"""The penalty of `bounded` where heads are trained: chosen on known ranges, for each fold without it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.learning import ablation
from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation import penalty
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.penalty import PENALTIES
from nesdb_annot.settings import Settings
from nesdb_annot.workflow import evaluate, material
from nesdb_annot.workflow.penalties import cut_by_known_ranges
from nesdb_annot.workflow.progress import Silent

LENGTH = 120
FOLDS = [0, 0, 1, 1, 2, 2]


def protein(seed, length):
    """Stretches of `length` residues, each with an embedding of its own, and noise."""
    random = np.random.default_rng(seed)
    levels = np.repeat(random.normal(size=(-(-LENGTH // length), 6)), length, axis=0)[:LENGTH]
    embedding = (levels + 0.4 * random.normal(size=levels.shape)).astype(np.float32)
    return TrainingProtein(f"{seed:064x}", "MKLVADEGQS" * (LENGTH // 10), embedding, [ResidueSpan(1, 8)])


def ranges(length):
    """Every stretch of a protein that `protein` made."""
    return tuple(ResidueSpan(a, a + length - 1) for a in range(1, LENGTH - length + 2, length))


@pytest.fixture
def proteins():
    """Of folds 0 and 1 short stretches, of fold 2 long ones."""
    return [protein(seed, 8 if fold < 2 else 24) for seed, fold in enumerate(FOLDS)]


@pytest.fixture
def known(proteins):
    """Digest -> stretches."""
    return {p.digest: ranges(8 if fold < 2 else 24) for p, fold in zip(proteins, FOLDS, strict=True)}


def test_ranges_of_a_fold_do_not_touch_the_candidates_it_is_given(proteins, known):
    chosen = cut_by_known_ranges(proteins, FOLDS, known)
    for fold in set(FOLDS):
        other = {d: own if FOLDS[int(d, 16)] != fold else (ResidueSpan(3, 14),) for d, own in known.items()}
        again = cut_by_known_ranges(proteins, FOLDS, other)
        before, after = (each.by_fold.get(fold, each.proteins) for each in (chosen, again))
        assert [p.spans for p in before] == [p.spans for p in after]


def test_folds_that_choose_otherwise_have_candidates_of_their_own(proteins, known):
    chosen = cut_by_known_ranges(proteins, FOLDS, known)
    assert [p.spans for p in chosen.proteins] == [chosen.segmenter.spans(p.residues, p.embedding) for p in proteins]
    without_long = chosen.by_fold.get(2, chosen.proteins)
    without_short = [chosen.by_fold.get(fold, chosen.proteins) for fold in (0, 1)]
    assert sum(len(p.spans) for p in without_long) > min(sum(len(p.spans) for p in cut) for cut in without_short)
    assert chosen.by_fold
    kept = [p.spans for p in chosen.proteins]
    assert all([p.spans for p in cut] != kept for cut in chosen.by_fold.values())
    assert f"penalty {chosen.segmenter.penalty:g}, without each fold " in chosen.told
    assert chosen.segmenter.penalty in PENALTIES


def test_a_fold_that_holds_all_that_is_known_is_cut_by_default(proteins, known):
    of_one = {p.digest: known[p.digest] for p, fold in zip(proteins, FOLDS, strict=True) if fold == 2}
    chosen = cut_by_known_ranges(proteins, FOLDS, of_one)
    expected = [Bounded().spans(p.residues, p.embedding) for p in proteins]
    assert [p.spans for p in chosen.by_fold.get(2, chosen.proteins)] == expected


class Heard(Silent):
    def __init__(self):
        self.lines = []

    def note(self, text):
        self.lines.append(text)


class Embedder:
    """Vectors that follow from the residues."""

    def embed(self, given):
        return [np.eye(26, dtype=np.float32)[[ord(letter) - ord("A") for letter in one]] for one in given]


SITES = (ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(31, 45), Sign.MOTIF),)


def random_residues(seed):
    return "".join(np.random.default_rng(seed).choice(list("ADEGHKNPQRSTLIVM"), 90))


@pytest.fixture
def gathered(monkeypatch):
    """Material of 24 references by a segmentation; all of them together choose another penalty than some do."""
    entries = [ReferenceEntry("user:x", str(i), f"P{i}", random_residues(i), SITES) for i in range(24)]
    monkeypatch.setattr("nesdb_annot.store.references.load_entries", lambda _: entries)
    monkeypatch.setattr(penalty, "best_penalty", lambda _, chosen: 0.25 if len(chosen) == 24 else 3.0)

    def gather(segmentation, **trained):
        heard, settings = Heard(), replace(Settings(), segmentation=segmentation)
        return material.gather(None, Embedder(), settings, None, 17, heard, **trained), heard.lines

    return gather


def test_material_is_cut_for_each_fold_where_a_penalty_is_chosen(gathered):
    found, told = gathered("bounded")
    assert found.segmenter == Bounded(penalty=0.25)
    assert all(p.truth.motifs == (SITES[0].span,) for p in found.proteins)
    assert set(found.cut) == set(found.folds)
    for cut in found.cut.values():
        assert [p.digest for p in cut] == [p.digest for p in found.proteins]
        assert [p.spans for p in cut] == [Bounded(penalty=3.0).spans(p.residues, p.embedding) for p in cut]
    assert any("penalty 0.25, without each fold 3, 3" in line for line in told)


def test_the_cost_is_kept_where_the_penalty_is_chosen(gathered):
    found, told = gathered("bounded-cosine")
    assert found.segmenter == Bounded(penalty=0.25, cost="cosine")
    for cut in [found.proteins, *found.cut.values()]:
        penalty = 0.25 if cut is found.proteins else 3.0
        wanted = Bounded(penalty=penalty, cost="cosine")
        assert [p.spans for p in cut] == [wanted.spans(p.residues, p.embedding) for p in cut]
    assert set(found.cut) == set(found.folds)
    assert told[0].startswith("choosing the penalty of bounded-cosine")


def test_the_penalty_is_tried_with_the_cost_that_is_kept(proteins, known, monkeypatch):
    tried = []
    monkeypatch.setattr(penalty, "cut_with_penalties", lambda _, cost: tried.append(cost) or {})
    monkeypatch.setattr(penalty, "best_penalty", lambda *_: 1.0)
    chosen = cut_by_known_ranges(proteins, FOLDS, known, "cosine")
    assert tried == ["cosine"]
    assert chosen.segmenter == Bounded(penalty=1.0, cost="cosine")


@pytest.mark.parametrize("name", ["lattice", "zps", "zps10"])
def test_others_have_no_penalty(gathered, name):
    found, told = gathered(name)
    assert len(found.proteins) == 24
    assert not found.cut
    assert not told


def test_training_is_given_the_candidates_of_each_fold(gathered, monkeypatch):
    found, _ = gathered("bounded")
    given = {}
    monkeypatch.setattr("nesdb_annot.learning.training.train_head_set", lambda *_, **named: given.update(named))
    embedder = SimpleNamespace(identity=None, embed=Embedder().embed)
    material.fit(replace(found, embedder=embedder), Settings(), 17, Silent())
    assert given["cut"] is found.cut
    assert given["segmentation"] == found.segmenter.identity


def test_so_is_the_learning_curve(gathered, monkeypatch):
    found, _ = gathered("bounded")
    given = {}
    monkeypatch.setattr(ablation, "learning_curve", lambda *_, **named: given.update(named) or ())
    evaluate._ingredients(None, found, evaluate.Wanted(learning_curve=True), Silent())
    assert given["cut"] is found.cut


def test_heads_that_are_kept_in_part_keep_their_penalty(gathered):
    trained = Bounded(penalty=3.5)
    found, told = gathered("bounded", trained=trained.identity)
    assert found.segmenter == trained
    assert not found.cut
    assert not told


def test_too_few_references_are_refused(monkeypatch):
    monkeypatch.setattr("nesdb_annot.store.references.load_entries", lambda _: [])
    with pytest.raises(InputError, match="0 proteins with a known NES"):
        material.gather(None, Embedder(), Settings(), None, 17, Silent())
