"""The pattern table says what the literature says, and the matcher finds what regular expressions find."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods.patterns import (
    OFFSETS,
    PATTERNS,
    PHI,
    TOLERATED,
    WINDOW,
    find_hits,
    find_relaxed_hits,
)
from nesdb_annot.residues import ALPHABET

BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
# Rich in Φ and proline, so that hits are frequent; plain letters, so that some windows fail.
RESIDUES = st.integers(1, 120).flatmap(
    lambda size: st.lists(st.sampled_from(ALPHABET + 12 * "L" + "IVMFPPAW"), min_size=size, max_size=size).map("".join)
)


def found_by_re(residues, patterns=PATTERNS):
    return sorted(
        (match.start() + 1, index)
        for index, pattern in enumerate(patterns)
        for match in re.finditer(f"(?=({pattern.regex}))", residues)
    )


def as_pairs(hits):
    return list(zip(hits.first.tolist(), hits.pattern.tolist(), strict=True))


def names(residues):
    return {PATTERNS[index].name for index in find_hits(residues).pattern}


@given(RESIDUES)
@settings(max_examples=400, deadline=None)
def test_hits_are_those_of_regular_expressions(residues):
    assert as_pairs(find_hits(residues)) == found_by_re(residues)


@pytest.mark.parametrize("residues", ["L" * 60, "P" * 40, "PL" * 30, "A", "L", "LA" * 5000, "G" * 50 + "LQLPPLERLTL"])
def test_hits_at_the_extremes(residues):
    assert as_pairs(find_hits(residues)) == found_by_re(residues)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_hits_across_the_words_that_are_compared_at_once(pattern):
    core = [*"G" * pattern.length]
    for offset in pattern.offsets:
        core[offset] = "L"
    core[0] = pattern.first_set[0]
    for before in range(45, 70):
        residues = "G" * before + "".join(core) + "G" * 3
        assert (before + 1, PATTERNS.index(pattern)) in as_pairs(find_hits(residues))
        assert as_pairs(find_hits(residues)) == found_by_re(residues)


def test_a_very_long_protein_loses_no_hit():
    unit = "SNELALKLAGLDIG" + "G" * 16
    hits = find_hits(unit * 3000)
    assert (hits.pattern == 0).sum() == 3000
    assert hits.first[hits.pattern == 0][-1] == 2999 * 30 + 4


@pytest.mark.parametrize(
    ("name", "gaps"),
    [
        ("1a", (3, 2, 1)), ("1b", (2, 2, 1)), ("1c", (3, 3, 1)), ("1d", (2, 3, 1)), ("2", (1, 2, 1)), ("3", (2, 3, 2)),
        ("4", (3, 2, 3)), ("1a-R", (1, 2, 3)), ("1b-R", (1, 2, 2)), ("1c-R", (1, 3, 3)), ("1d-R", (1, 3, 2)),
        ("PKI", (2, 3, 2, 1)), ("4-Phi0", (2, 3, 2, 3)), ("Rev", (1, 2, 1)),
    ],
)  # fmt: skip
def test_gaps_are_those_of_the_literature(name, gaps):
    assert BY_NAME[name].gaps == gaps


def test_weights_are_those_of_the_paper():
    weights = {name: BY_NAME[name].weight for name in ("1a", "1b", "1c", "1d", "2", "3")}
    assert weights == {"1a": 4, "1b": 3, "1c": 3, "1d": 3, "2": 3, "3": 2}
    for name in ("1a", "1b", "1c", "1d"):
        assert BY_NAME[name + "-R"].weight == BY_NAME[name].weight / 2


def test_palindromic_classes_have_no_reverse():
    assert [name for name in ("2-R", "3-R", "4-R") if name in BY_NAME] == []
    assert all(BY_NAME[name].gaps == BY_NAME[name].gaps[::-1] for name in ("2", "3", "4"))


def test_eleven_classes_and_their_orientation():
    classes = [pattern.name for pattern in PATTERNS[:11]]
    assert len(set(classes)) == 11
    assert {pattern.nes_class for pattern in PATTERNS} == set(classes)
    assert {p.name for p in PATTERNS if p.orientation == "minus"} == {"1a-R", "1b-R", "1c-R", "1d-R"}


def test_reverse_of_a_sequence_hits_the_reverse_classes():
    peptide = "LAGALAALAL"
    assert "1a" in names(peptide)
    assert "1a-R" in names(peptide[::-1])


def test_the_table_of_offsets_agrees_with_the_patterns():
    assert OFFSETS.shape == (len(PATTERNS), 5)
    assert WINDOW == 15
    for row, pattern in zip(OFFSETS.tolist(), PATTERNS, strict=True):
        assert [offset for offset in row if offset >= 0] == list(pattern.offsets)
        assert (row[0] < 0) == (not pattern.has_phi0)
        assert row[4] + 1 == pattern.length


def test_core_positions_are_phi_residues():
    residues = "GGSNELALKLAGLDINKTELQLPPLERLTLDDSSLQELVQQFEALPGDLV"
    hits = find_hits(residues)
    for index, core in zip(hits.pattern, hits.cores(), strict=True):
        letters = [residues[position - 1] for position in core if position]
        assert letters[0] in PATTERNS[index].first_set
        assert set(letters[1:]) <= set(PHI)


def test_rev_needs_its_proline():
    assert "Rev" in names("LQLPPLERLTL")
    assert "Rev" not in names("LQLAPLERLTL")
    assert "2" not in names("PALAALAL")


@given(RESIDUES)
@settings(max_examples=150, deadline=None)
def test_relaxed_hits_hold_the_strict_ones_and_one_foreign_phi_at_most(residues):
    relaxed = find_relaxed_hits(residues)
    assert set(as_pairs(find_hits(residues))) <= set(as_pairs(relaxed))
    for index, core in zip(relaxed.pattern.tolist(), relaxed.cores().tolist(), strict=True):
        letters = [residues[position - 1] for position in core[1:]]
        foreign = [letter for letter in letters[PATTERNS[index].name == "Rev" :] if letter not in PHI]
        assert len(foreign) <= 1
        assert set(foreign) <= set(TOLERATED)
        assert not core[0] or residues[core[0] - 1] in PHI + TOLERATED


@given(RESIDUES)
@settings(max_examples=100, deadline=None)
def test_relaxed_hits_are_all_found(residues):
    wide = [re.compile(f"(?=({p.regex.replace(PHI, PHI + TOLERATED)}))") for p in PATTERNS]
    expected = 0
    for pattern, expression in zip(PATTERNS, wide, strict=True):
        for match in expression.finditer(residues):
            core = [match.start() + offset for offset in pattern.offsets[pattern.has_phi0 :]]
            expected += sum(residues[i] not in PHI for i in core[pattern.name == "Rev" :]) <= 1
    assert len(find_relaxed_hits(residues)) == expected


def test_hits_can_be_chosen_by_mask_and_by_index():
    hits = find_hits("SNELALKLAGLDI")
    assert as_pairs(hits.where(np.array([False, True]))) == as_pairs(hits)[1:]
    assert as_pairs(hits.where(np.array([1, 0]))) == as_pairs(hits)[::-1]
