"""What surrounds a segment, and what stands at its core."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.methods.biochemical_features import feature_names, segment_features
from nesdb_annot.methods.core_features import CORE_FEATURES
from nesdb_annot.methods.segment_context import SEGMENT_CONTEXT, segment_context
from nesdb_annot.methods.topology import STATED_KEYS
from nesdb_annot.residues import ResidueSpan

PKI = "MGSSDEEKPTTQNSNELALKLAGLDINKTEPSGGSDDEKRKRHP"
MEMBRANE = "MSDDEEKS" * 6 + "LIVALLVGALLIVFLLAVLIG" + "KRRSDE" * 8


def column(table, names, name):
    return table[:, names.index(name)]


def test_context_of_a_signal():
    around = segment_context(PKI, [ResidueSpan(14, 27), ResidueSpan(1, 10), ResidueSpan(31, 44)])
    assert around.shape == (3, len(SEGMENT_CONTEXT))
    assert column(around, SEGMENT_CONTEXT, "pattern").tolist() == [1, 0, 0]
    assert column(around, SEGMENT_CONTEXT, "reverse").tolist() == [0, 0, 0]
    assert column(around, SEGMENT_CONTEXT, "length") == pytest.approx([-0.2, -0.6, -0.2])
    assert column(around, SEGMENT_CONTEXT, "end") == pytest.approx([np.exp(-13 / 40), 1.0, 1.0])


def test_a_reverse_match_says_so():
    around = segment_context("GSG" + "RSFEMTEFNQALEEI" + "GSG", [ResidueSpan(4, 18)])
    assert column(around, SEGMENT_CONTEXT, "pattern").tolist() == [1]


def test_acidity_has_the_sign_of_acids():
    around = segment_context("DDDDEEEEGGGGGGGGKKKKRRRR" + "G" * 30, [ResidueSpan(1, 8), ResidueSpan(17, 24)])
    low, high = sorted(column(around, SEGMENT_CONTEXT, "acidity"))
    assert low < 0 < high
    assert column(around, SEGMENT_CONTEXT, "acidity").argmax() == 0


def test_a_membrane_helix_shows_in_context_and_features():
    spans = [ResidueSpan(50, 66), ResidueSpan(5, 20)]
    around, features = segment_context(MEMBRANE, spans), segment_features(MEMBRANE, spans)
    assert column(around, SEGMENT_CONTEXT, "membrane").tolist() == [1, 0]
    assert column(features, feature_names(), "segment membrane").tolist() == [1, 0]
    whole = column(features, feature_names(), "protein membrane")
    assert 0 < whole[0] == whole[1] < 1


def test_what_uniprot_states_enters_context_and_features():
    span = [ResidueSpan(14, 23)]
    names = dict(zip(STATED_KEYS, ("signal_peptide", "membrane", "coiled_coil"), strict=True))
    plain = segment_context(PKI, span), segment_features(PKI, span)
    for key, name in names.items():
        stated = ((key, 14, 18), (key, 40, 90))
        around, features = segment_context(PKI, span, stated), segment_features(PKI, span, stated)
        changed = [SEGMENT_CONTEXT[i] for i in np.flatnonzero(around[0] != plain[0][0])]
        assert changed == [name]
        assert column(around, SEGMENT_CONTEXT, name) == pytest.approx([0.5])
        told = [feature_names()[i] for i in np.flatnonzero(features[0] != plain[1][0])]
        assert sorted(told) == sorted([f"segment {name}", f"protein {name}"])
        assert column(features, feature_names(), f"protein {name}") == pytest.approx([(5 + len(PKI) - 39) / len(PKI)])


def test_features_of_other_keys_change_nothing():
    span, stated = [ResidueSpan(14, 23)], (("MOTIF", 14, 23),)
    assert np.array_equal(segment_context(PKI, span, stated), segment_context(PKI, span))
    assert np.array_equal(segment_features(PKI, span, stated), segment_features(PKI, span))


def test_what_stands_at_the_core_of_pki():
    named = dict(zip(feature_names(), segment_features(PKI, [ResidueSpan(14, 27)])[0], strict=True))
    assert named["leucines among phi"] == 3
    assert [named[f"leucine at phi{n}"] for n in (1, 2, 3, 4)] == [1, 1, 1, 0]  # L..L..L.I
    assert [named[f"gap {p}"] for p in ("phi1-phi2", "phi2-phi3", "phi3-phi4")] == [4, 3, 2]
    assert named["in core P"] == 0
    assert named["core behind"] == 200


def test_without_a_match_the_positions_are_empty():
    spans = [ResidueSpan(28, 44)]
    named = dict(zip(feature_names(), segment_features(PKI, spans)[0], strict=True))
    assert all(named[name] == 0 for name in CORE_FEATURES[:12])


@given(st.text("ACDEFGHIKLMNPQRSTVWYX", min_size=8, max_size=120), st.data())
def test_all_numbers_are_finite_and_own(residues, drawn):
    first = drawn.draw(st.integers(1, len(residues)))
    span = ResidueSpan(first, drawn.draw(st.integers(first, len(residues))))
    other = ResidueSpan(1, len(residues))
    for table in (segment_context, segment_features):
        together = table(residues, [span, other])
        assert np.isfinite(together).all()
        assert np.array_equal(together[:1], table(residues, [span]))
