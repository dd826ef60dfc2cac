"""Residues are cleaned or refused, spans convert without an off-by-one."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.residues import (
    ALPHABET,
    MAXIMUM_LENGTH,
    ResidueError,
    ResidueSpan,
    are_nucleotides,
    clean_residues,
    sequence_digest,
    sequence_md5,
)

residues_of_any_length = st.text(alphabet=ALPHABET, min_size=1, max_size=200)


@st.composite
def sequence_and_span(draw):
    residues = draw(residues_of_any_length)
    first = draw(st.integers(1, len(residues)))
    return residues, ResidueSpan(first, draw(st.integers(first, len(residues))))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("ACGT" * 15, True),
        ("ACGU" * 15, True),
        ("ACGTN" * 12, True),
        ("ACGT" * 14 + "ACG", False),  # 59 letters
        ("AG" * 200, False),  # a repeat of glycine and alanine, as EBNA1 has
        ("N" * 200, False),
        ("ACG" * 50, False),
        ("ACGTU" * 20, False),
        ("M" + "ACGT" * 50, False),
    ],
)
def test_nucleotides_are_told_by_all_four_bases_and_nothing_else(text, verdict):
    assert are_nucleotides(text) is verdict
    if verdict:
        with pytest.raises(ResidueError, match="nucleotides, no protein: translate them first"):
            clean_residues(text.lower())
    else:
        assert clean_residues(text) == text


@given(residues_of_any_length)
def test_cleaning_keeps_every_letter_of_the_alphabet(residues):
    assert clean_residues(residues) == residues


@given(residues_of_any_length, st.sampled_from(["\n", " ", "\r\n", "\t"]), st.integers(1, 80))
def test_cleaning_undoes_wrapping_case_and_the_stop(residues, gap, width):
    wrapped = gap.join(residues[i : i + width] for i in range(0, len(residues), width))
    assert clean_residues(wrapped.lower() + "*" + gap) == residues


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no residues"),
        (" \n", "no residues"),
        ("*", "no residues"),
        ("MK*LV", "'*' at position 3"),
        ("MKJ", "'J' at position 3"),
        ("M K\n1", "'1' at position 3"),
        ("MK**", "'*' at position 3"),
        ("MÄK", "position 2"),
        ("M" * (MAXIMUM_LENGTH + 1), "100,001 residues"),
    ],
)
def test_foreign_text_is_refused_with_the_reason(text, said):
    with pytest.raises(ResidueError, match=said.replace("*", r"\*")):
        clean_residues(text)


def test_the_longest_protein_is_accepted():
    assert len(clean_residues("M" * MAXIMUM_LENGTH)) == MAXIMUM_LENGTH


def test_digests_are_the_published_functions():
    assert sequence_digest("MK") == hashlib.sha256(b"MK").hexdigest()
    assert sequence_md5("MK") == hashlib.md5(b"MK").hexdigest()


@given(sequence_and_span())
def test_span_cuts_what_it_says(drawn):
    residues, span = drawn
    begin, end = span.as_bed()
    assert span.of(residues) == residues[begin:end] == residues[span.as_slice()]
    assert len(span.of(residues)) == len(span)
    assert ResidueSpan.from_bed(begin, end) == span == ResidueSpan.parse(str(span))


def test_single_position_parses():
    assert ResidueSpan.parse("148") == ResidueSpan(148, 148)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (5, 4), (-1, 2)])
def test_impossible_span_is_refused(first, last):
    with pytest.raises(ValueError, match="no such span"):
        ResidueSpan(first, last)


def test_span_behind_the_end_is_refused():
    with pytest.raises(ValueError, match="behind the sequence of 3"):
        ResidueSpan(2, 4).of("MKL")


spans = st.tuples(st.integers(1, 40), st.integers(0, 20)).map(lambda t: ResidueSpan(t[0], t[0] + t[1]))


@given(spans, spans)
def test_overlap_and_iou_agree_with_sets(a, b):
    left, right = set(range(a.first, a.last + 1)), set(range(b.first, b.last + 1))
    assert a.overlap(b) == b.overlap(a) == len(left & right)
    assert a.iou(b) == pytest.approx(len(left & right) / len(left | right))
