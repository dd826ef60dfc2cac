"""Each term of the consensus score, counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods import consensus_terms
from nesdb_annot.methods.consensus_terms import (
    CHARGE_LIMIT,
    CHARGE_WEIGHT,
    CONTENT_WEIGHT,
    MEMBRANE_PENALTY,
    PHI0_BONUS,
    PROLINE_WEIGHT,
    SPACER_FREE_SHARE,
    SPACER_WEIGHT,
    SURROUNDINGS_FREE_SHARE,
    SURROUNDINGS_WEIGHT,
    TERMS,
    core_terms,
    weights,
)
from nesdb_annot.methods.patterns import PATTERNS, encoded, find_hits, find_relaxed_hits
from nesdb_annot.methods.topology import membrane_like, signal_peptide_like

CORE = "LSSSLSSLSL"  # class 1a, and nothing else
HYDROPHOBIC = set("LIVMFWC")
RESIDUES = st.text(alphabet="ACDEFGHIKLMNPQRSTVWYLLLLIVMFPDEK", min_size=10, max_size=90)


def terms_of(residues, name="1a", first=None):
    """Terms of the hit of pattern `name` (that begins at `first`), by name."""
    hits = find_hits(residues)
    rows = core_terms(encoded(residues), hits)
    for index, begin, row in zip(hits.pattern.tolist(), hits.first.tolist(), rows, strict=True):
        if PATTERNS[index].name == name and first in (None, begin):
            return dict(zip(TERMS, row.tolist(), strict=True))
    raise AssertionError(f"{name} does not hit {residues}")


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: p.name)
def test_class_weight_of_every_pattern(pattern):
    letters = ["S"] * pattern.length
    for offset in pattern.offsets:
        letters[offset] = "L"
    letters[0] = pattern.first_set[0]
    terms = terms_of("GG" + "".join(letters) + "GG", pattern.name, first=3)
    assert terms["class"] == pattern.weight
    assert terms["phi0"] == (PHI0_BONUS if pattern.has_phi0 else 0.0)


def test_a_plain_core_has_only_class_quality_and_content():
    terms = terms_of(CORE)
    assert terms["phi_quality"] == 4 * 1.5
    assert terms["content"] == pytest.approx(CONTENT_WEIGHT * 4 / 10)
    assert all(terms[name] == 0 for name in ("phi0", "spacer", "proline", "charge", "surroundings", "membrane"))


@pytest.mark.parametrize(
    ("core", "lost"),
    [
        ("LSSSLSSLSF", 1.5 + 0.5),  # aromatic at Φ4
        ("LSSSLSSFSL", 1.5 + 0.5),  # aromatic at Φ3
        ("FSSSLSSLSL", 1.5 - 0.8),  # aromatic at Φ1 does less harm
        ("VSSSLSSLSL", 1.5 - 0.2),
        ("LSSSLSSLSI", 1.5 - 1.2),
    ],
)
def test_phi_quality_in_plus_orientation(core, lost):
    assert terms_of(CORE)["phi_quality"] - terms_of(core)["phi_quality"] == pytest.approx(lost)


@pytest.mark.parametrize(("letter", "quality"), [("L", 1.2), ("M", 1.2), ("F", 1.2), ("I", 0.0), ("V", -0.5)])
def test_phi_quality_in_minus_orientation(letter, quality):
    strand_first, strand_second = (
        terms_of(core, "1a-R")["phi_quality"] for core in (f"{letter}SLSSLSSSL", f"LS{letter}SSLSSSL")
    )
    assert strand_first == strand_second == pytest.approx(quality + 1.2 + 1.5 + 1.5)


@pytest.mark.parametrize("spacers", ["SSSSSS", "LSSSSS", "LLSSSS", "LLLSSS", "LLLLLL", "WCLSSS"])
def test_spacer_penalty(spacers):
    core = f"L{spacers[:3]}L{spacers[3:5]}L{spacers[5]}L"
    share = sum(letter in HYDROPHOBIC for letter in spacers) / 6
    expected = SPACER_WEIGHT * max(0.0, share - SPACER_FREE_SHARE)
    assert terms_of("GGGG" + core + "GGGG", first=5)["spacer"] == pytest.approx(expected)


def test_prolines_count_inside_only():
    assert terms_of("PPLSSSLSSLSLPP")["proline"] == 0
    assert terms_of("LPSSLSSLSL")["proline"] == PROLINE_WEIGHT
    assert terms_of("LPSSLPPLPL")["proline"] == 4 * PROLINE_WEIGHT


def test_charge_reaches_five_residues_and_no_further():
    assert terms_of("G" * 5 + CORE + "GGGGD")["charge"] == pytest.approx(CHARGE_WEIGHT)
    assert terms_of("G" * 5 + CORE + "GGGGGD")["charge"] == 0
    assert terms_of("DGGGG" + CORE)["charge"] == pytest.approx(CHARGE_WEIGHT)
    assert terms_of("DGGGGG" + CORE)["charge"] == 0
    assert terms_of("LESSLESLKL")["charge"] == pytest.approx(CHARGE_WEIGHT)


def test_charge_is_limited_on_both_sides():
    assert terms_of("D" * 5 + CORE + "E" * 5)["charge"] == CHARGE_LIMIT
    assert terms_of("K" * 5 + CORE + "R" * 5)["charge"] == -CHARGE_LIMIT


def test_surroundings_count_twelve_residues_on_either_side():
    assert terms_of("S" * 12 + CORE + "S" * 12)["surroundings"] == 0
    crowded = terms_of("G" * 6 + "W" * 6 + CORE + "W" * 6 + "G" * 6)["surroundings"]
    assert crowded == pytest.approx(SURROUNDINGS_WEIGHT * (0.5 - SURROUNDINGS_FREE_SHARE))
    assert terms_of("W" * 6 + "G" * 12 + CORE + "G" * 12)["surroundings"] == 0


def test_membrane_penalty_is_a_share():
    helix = "LLAVLVVLALVLILLVGLLAVLL"
    buried = terms_of("G" * 30 + helix + "G" * 30, first=31)["membrane"]
    assert buried == MEMBRANE_PENALTY
    edge = terms_of("G" * 30 + helix + "KKKLKKLKL" + "G" * 30, first=53)["membrane"]
    assert MEMBRANE_PENALTY < edge < 0


def by_hand(residues, pattern, first):
    """All terms of a hit, without running sums."""
    core = [first + offset for offset in pattern.offsets[pattern.has_phi0 :]]
    begin, end = core[0], core[-1]
    length = end - begin + 1
    inside = residues[begin - 1 : end]
    phi = [residues[position - 1] for position in core]
    charge = lambda text: sum(c in "DE" for c in text) - sum(c in "KR" for c in text)  # noqa: E731
    spacers = (sum(c in HYDROPHOBIC for c in inside) - sum(c in HYDROPHOBIC for c in phi)) / (length - 4)
    left, right = residues[max(0, begin - 13) : begin - 1], residues[end : end + 12]
    around = sum(c in HYDROPHOBIC for c in left + right) / max(1, len(left + right))
    mask = membrane_like(encoded(residues)) | signal_peptide_like(encoded(residues))
    return {
        "content": CONTENT_WEIGHT * sum(c in HYDROPHOBIC for c in phi) / length,
        "spacer": SPACER_WEIGHT * max(0.0, spacers - SPACER_FREE_SHARE),
        "proline": PROLINE_WEIGHT * inside[1:-1].count("P"),
        "charge": np.clip(CHARGE_WEIGHT * charge(residues[max(0, begin - 6) : end + 5]), -CHARGE_LIMIT, CHARGE_LIMIT),
        "surroundings": SURROUNDINGS_WEIGHT * max(0.0, around - SURROUNDINGS_FREE_SHARE),
        "membrane": MEMBRANE_PENALTY * mask[begin - 1 : end].mean(),
    }


@given(RESIDUES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_all_terms_agree_with_counting(residues, relaxed):
    hits = (find_relaxed_hits if relaxed else find_hits)(residues)
    rows = core_terms(encoded(residues), hits)
    assert np.isfinite(rows).all()
    for index, first, row in zip(hits.pattern.tolist(), hits.first.tolist(), rows, strict=True):
        terms = dict(zip(TERMS, row.tolist(), strict=True))
        for name, value in by_hand(residues, PATTERNS[index], first).items():
            assert terms[name] == pytest.approx(value, abs=1e-9), name


def test_a_foreign_phi_costs_more_than_the_poorest_phi():
    strict, relaxed = "VSSSLSSLSL", "ASSSLSSLSL"
    row = core_terms(encoded(relaxed), find_relaxed_hits(relaxed))[0]
    assert row[TERMS.index("phi_quality")] < terms_of(strict)["phi_quality"]


def test_weights_name_every_number():
    numbers = weights()
    constants = {
        name for name, value in vars(consensus_terms).items() if name.isupper() and isinstance(value, float | int)
    }
    assert {name.strip("_").lower() for name in constants} <= set(numbers)
    assert numbers["proline_weight"] == PROLINE_WEIGHT
    assert "terms" not in numbers
