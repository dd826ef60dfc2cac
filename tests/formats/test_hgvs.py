"""Variants in HGVS protein notation: what is read, what results, what is refused and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.errors import InputError
from nesdb_annot.formats.hgvs import THREE_LETTERS, parse_change, parse_variant
from nesdb_annot.residues import STANDARD_RESIDUES
from nesdb_annot.variants import VariantError

PROTEIN = "MTDVETTYADFIASG"


@pytest.mark.parametrize(
    ("text", "changed", "tenth"),
    [
        ("T2A", "MADVETTYADFIASG", 10),
        ("p.Thr2Ala", "MADVETTYADFIASG", 10),
        ("p.(Thr2Ala)", "MADVETTYADFIASG", 10),
        ("T2del", "MDVETTYADFIASG", 9),
        ("T2_V4del", "METTYADFIASG", 7),
        ("p.Thr2_Val4del", "METTYADFIASG", 7),
        ("T2_D3insAG", "MTAGDVETTYADFIASG", 12),
        ("T2dup", "MTTDVETTYADFIASG", 11),
        ("T2_V4dup", "MTDVTDVETTYADFIASG", 13),
        ("T2_V4delinsWW", "MWWETTYADFIASG", 9),
        ("T2_V4delinsTrpTrp", "MWWETTYADFIASG", 9),
        ("T2*", "M", None),
        ("p.Thr2Ter", "M", None),
    ],
)
def test_variant_gives_the_changed_sequence(text, changed, tenth):
    variant = parse_variant(text)
    assert variant.apply(PROTEIN) == changed
    assert variant.mapped(10, PROTEIN) == tenth


def test_frameshift_takes_its_new_tail():
    assert parse_variant("T2fs", "AKL").apply(PROTEIN) == "MAKL"
    with pytest.raises(InputError, match="is not a variant") as raised:
        parse_variant("T2fs")
    assert "--sequence" in raised.value.remedy


@pytest.mark.parametrize("text", ["T2", "foo", "T2_A1del", "T2insA", "T2_V4W", "T2AA", "T2delins", "T0A", "T2dupA", ""])
def test_unclear_notation_is_refused(text):
    with pytest.raises(InputError, match="is not a variant"):
        parse_variant(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("L2A", "the protein has T2"), ("T99A", "residue 99, the protein has 15"), ("M1_G15del", "leaves no residue")],
)
def test_variant_of_another_protein_is_refused(text, reason):
    with pytest.raises(VariantError, match=reason):
        parse_variant(text).apply(PROTEIN)


@pytest.mark.parametrize("text", ["T2A;V4A", "p.[T2A;V4A]", "p.[Thr2Ala;Val4Ala]"])
def test_joined_substitutions_are_one_change(text):
    change = parse_change(text, PROTEIN)
    assert change.apply(PROTEIN) == "MADAETTYADFIASG"
    with pytest.raises(InputError, match="only substitutions"):
        parse_change("T2A;V4del", PROTEIN)
    with pytest.raises(VariantError, match="the protein has T2"):
        parse_change("L2A;V4A", PROTEIN).apply(PROTEIN)


@given(st.text(STANDARD_RESIDUES, min_size=1, max_size=40), st.data())
def test_one_and_three_letters_mean_the_same(residues, data):
    position = data.draw(st.integers(1, len(residues)))
    new = data.draw(st.sampled_from(STANDARD_RESIDUES))
    long = {letter: word for word, letter in THREE_LETTERS.items()}
    old = residues[position - 1]
    short = parse_variant(f"{old}{position}{new}").apply(residues)
    assert short == parse_variant(f"p.{long[old]}{position}{long[new]}").apply(residues)
    assert short == residues[: position - 1] + new + residues[position:]
