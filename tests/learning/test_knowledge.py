"""Peptides against matched negatives: how negatives are placed, and that areas mean what they say."""

import numpy as np
import pytest

from nesdb_annot.learning.knowledge import (
    ANYWHERE,
    LOOKALIKE,
    NEGATIVES,
    Peptides,
    Studied,
    compared,
    composition,
    held_out_scores,
    matched_peptides,
    pooled,
)
from nesdb_annot.learning.metrics import auroc
from nesdb_annot.methods.consensus import consensus_cores
from nesdb_annot.residues import STANDARD_RESIDUES, ResidueSpan


def letters(length, seed):
    return "".join(np.random.default_rng(seed).choice(list(STANDARD_RESIDUES), length))


def proteins(count=30, length=400):
    found = []
    for n in range(count):
        first = 20 + 5 * n
        motif = ResidueSpan(first, first + 9 + n % 8)
        found.append(Studied(letters(length, n), (motif,), (motif, ResidueSpan(300, 330), ResidueSpan(7, 7))))
    return found


@pytest.fixture(scope="module")
def studied():
    return proteins()


@pytest.mark.parametrize("kind", [ANYWHERE, LOOKALIKE])
def test_negatives_have_length_and_protein_of_their_motif_and_touch_no_annotation(studied, kind):
    peptides = matched_peptides(studied, kind)
    assert (~peptides.positive).sum() > 0
    for place, (owner, span) in enumerate(zip(peptides.owner, peptides.spans, strict=True)):
        if peptides.positive[place]:
            assert span == studied[owner].motifs[0]
            continue
        assert len(span) == len(studied[owner].motifs[0])
        assert 1 <= span.first <= span.last <= len(studied[owner].residues)
        assert not any(span.overlap(known) for known in studied[owner].annotated)


@pytest.mark.parametrize("kind", [ANYWHERE, LOOKALIKE])
def test_no_two_negatives_overlap_and_none_is_without_its_motif(studied, kind):
    peptides = matched_peptides(studied, kind)
    for owner in set(peptides.owner.tolist()):
        own = [peptides.spans[i] for i in np.flatnonzero((peptides.owner == owner) & ~peptides.positive)]
        assert 1 <= len(own) <= NEGATIVES
        assert not any(a.overlap(b) for i, a in enumerate(own) for b in own[:i])
        assert (peptides.positive & (peptides.owner == owner)).sum() == 1


def test_lookalikes_are_centred_at_consensus_cores(studied):
    peptides = matched_peptides(studied, LOOKALIKE)
    for owner, span, positive in zip(peptides.owner, peptides.spans, peptides.positive, strict=True):
        if not positive:
            centre = (span.first + span.last) / 2
            cores = consensus_cores(studied[owner].residues)
            assert min(abs((core.first + core.last) / 2 - centre) for core in cores) <= 1


def test_negatives_of_two_motifs_do_not_overlap_either():
    motifs = (ResidueSpan(11, 20), ResidueSpan(31, 40))
    protein = Studied(letters(120, 1), motifs, motifs)
    peptides = matched_peptides([protein], ANYWHERE)
    own = [span for span, positive in zip(peptides.spans, peptides.positive, strict=True) if not positive]
    assert len(own) == 2 * NEGATIVES
    assert not any(a.overlap(b) for i, a in enumerate(own) for b in own[:i])


def test_a_motif_without_room_for_a_negative_is_left_out():
    motif = ResidueSpan(3, 14)
    assert len(matched_peptides([Studied(letters(16, 1), (motif,), (motif,))], ANYWHERE).spans) == 0


def test_the_seed_decides(studied):
    first, again, other = (matched_peptides(studied, ANYWHERE, seed).spans for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_composition_counts_the_twenty():
    shares = dict(zip(STANDARD_RESIDUES, composition("LLAX").tolist(), strict=True))
    assert {letter: share for letter, share in shares.items() if share} == {"A": 0.25, "L": 0.5}
    assert composition(STANDARD_RESIDUES).sum() == pytest.approx(1)


def rows(count=240, informative=1.5, seed=1):
    """Peptides of 60 proteins, four each, and features of which one tells motifs by so many deviations."""
    generator = np.random.default_rng(seed)
    positive = np.arange(count) % 4 == 0
    spans = [ResidueSpan(1, 10)] * count
    features = generator.normal(size=(count, 12))
    features[:, 3] += informative * positive
    return Peptides(np.arange(count) // 4, spans, positive), features


FAMILY = np.arange(60) // 2
FOLD = FAMILY % 5


def test_what_is_informative_is_found_and_noise_is_not():
    peptides, features = rows()
    noise = np.random.default_rng(5).normal(size=features.shape)
    found = compared("x", peptides, {"noise": noise, "signal": features}, FAMILY, FOLD)
    assert 0.38 < found.area["noise"][0] < 0.62
    assert found.area["signal"][0] > 0.78
    for value, low, high in [*found.area.values(), *found.gain.values()]:
        assert low <= value <= high
    assert found.gain["signal"][0] == pytest.approx(found.area["signal"][0] - found.area["noise"][0])
    assert found.gain["signal"][1] > 0
    assert (found.positives, found.negatives, found.families) == (60, 180, 30)


def test_nothing_of_a_fold_is_seen_by_its_own_model():
    """A feature that names the family teaches nothing about other families."""
    peptides, _ = rows()
    family = FAMILY[peptides.owner]
    wanted = np.random.default_rng(3).random(30) < 0.5
    by_family = Peptides(peptides.owner, peptides.spans, wanted[family])
    named = np.eye(30)[family]
    leaked = held_out_scores(named, by_family.positive, np.arange(240) % 5)
    honest = held_out_scores(named, by_family.positive, FOLD[peptides.owner])
    assert auroc(leaked, by_family.positive) > 0.95
    assert abs(auroc(honest, by_family.positive) - 0.5) < 0.25


def test_constant_features_are_harmless():
    peptides, features = rows()
    features[:, 0] = 7.0
    assert np.isfinite(held_out_scores(features, peptides.positive, FOLD[peptides.owner])).all()


def test_only_one_kind_of_peptide_is_refused():
    peptides, features = rows()
    alone = Peptides(peptides.owner, peptides.spans, np.ones(240, dtype=bool))
    with pytest.raises(ValueError, match="no peptides to compare"):
        compared("x", alone, {"a": features}, FAMILY, FOLD)


def test_rows_come_in_the_order_of_the_peptides(studied):
    peptides = matched_peptides(studied, ANYWHERE)
    firsts = pooled(peptides, lambda owner, span: np.array([owner, span.first], dtype=float))
    assert firsts.tolist() == [[owner, span.first] for owner, span in zip(peptides.owner, peptides.spans, strict=True)]
