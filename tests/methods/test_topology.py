"""The topology rules on sequences whose nature is known, and against a slow version of themselves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods.topology import (
    KYTE_DOOLITTLE,
    TM_HYDROPATHY,
    TM_WINDOW,
    coiled_coil_like,
    hydropathy,
    membrane_like,
    signal_peptide_like,
    topology,
)
from nesdb_annot.residues import ALPHABET

SOLUBLE = "GSTNQEDKSTRNQGSEDKSTNQGSTNQEDKSTRNQGSEDKSTNQ"
GLYCOPHORIN = "EITLIIFGVMAGVIGTILLISYGIRR"
GCN4 = "MKQLEDKVEELLSKNYHLENEVARLKKLVGER"  # the leucine zipper, residues 250 to 281
ALBUMIN = "MKWVTFISLLFLFSSAYSRGVFRRDAHKSEVAHRFKDLGEENFKALVLIAFAQYLQQCPFEDHVK"
PKI = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


def codes(residues):
    return np.frombuffer(residues.encode(), dtype=np.uint8)


@given(st.text(alphabet=ALPHABET + "LLLIVFA", min_size=1, max_size=80))
@settings(max_examples=200, deadline=None)
def test_membrane_mask_is_the_union_of_greasy_windows(residues):
    expected = np.zeros(len(residues), dtype=bool)
    for begin in range(len(residues) - TM_WINDOW + 1):
        window = residues[begin : begin + TM_WINDOW]
        if sum(KYTE_DOOLITTLE.get(letter, 0.0) for letter in window) / TM_WINDOW >= TM_HYDROPATHY + 1e-9:
            expected[begin : begin + TM_WINDOW] = True
    found = membrane_like(codes(residues))
    assert found.shape == expected.shape
    assert (found >= expected).all()
    assert found.sum() - expected.sum() == 0 or abs(hydropathy(codes(residues), TM_WINDOW) - TM_HYDROPATHY).min() < 1e-6


def test_a_membrane_helix_is_seen_and_a_soluble_protein_is_not():
    mask = membrane_like(codes(SOLUBLE + GLYCOPHORIN + SOLUBLE))
    assert mask[len(SOLUBLE) + 3 : len(SOLUBLE) + 22].all()
    assert not mask[: len(SOLUBLE) - 15].any()
    assert not topology(PKI).membrane.any()


def test_a_signal_peptide_is_seen_at_the_n_terminus_only():
    mask = signal_peptide_like(codes(ALBUMIN))
    assert mask[:13].all()
    assert not mask[25:].any()
    assert not signal_peptide_like(codes("M" + SOLUBLE + ALBUMIN)).any()
    assert not signal_peptide_like(codes(ALBUMIN.replace("MK", "MD", 1))).any()
    assert not signal_peptide_like(codes(ALBUMIN[1:])).any()
    assert not topology(PKI).signal_peptide.any()


def test_a_leucine_zipper_is_seen():
    assert coiled_coil_like(codes(SOLUBLE + GCN4 + SOLUBLE))[len(SOLUBLE) + 4 : len(SOLUBLE) + 28].all()
    assert not coiled_coil_like(codes(SOLUBLE * 2)).any()
    assert not topology(PKI).coiled_coil.any()


def test_plain_hydrophobicity_is_no_coiled_coil():
    assert not coiled_coil_like(codes("LIVALLVGALLIVFLLAVLIGLIVALLVGALL")).any()


def test_prolines_break_a_coiled_coil():
    zipper = "LKQIEDK" * 4
    assert coiled_coil_like(codes(zipper)).all()
    assert not coiled_coil_like(codes(zipper[:9] + "PKQP" + zipper[13:])).any()


def test_short_sequences():
    for residues in ("M", "MK", "MKLLLLLL", "G" * 18):
        masks = topology(residues)
        assert len(masks.membrane) == len(masks.signal_peptide) == len(masks.coiled_coil) == len(residues)
        assert not masks.membrane.any()
        assert not masks.coiled_coil.any()


def test_hydropathy_of_a_window():
    assert hydropathy(codes("III"), 3).tolist() == [4.5]
    assert hydropathy(codes("IR"), 1).tolist() == [4.5, -4.5]
    assert hydropathy(codes("I"), 2).shape == (0,)


def test_few_known_signals_look_like_anything_else(shared_data):
    rows = [line.split("\t") for line in (shared_data / "nesdb/nesdb_truth.tsv").read_text().splitlines()]
    at = {name: column for column, name in enumerate(rows[0])}
    share = np.zeros(3)
    signals = [row for row in rows[1:] if row[at["doubtful"]] == "0"]
    for row in signals:
        masks = topology(row[at["sequence"]])
        peptide = slice(int(row[at["pep_start"]]) - 1, int(row[at["pep_end"]]))
        share += [mask[peptide].mean() > 0.5 for mask in (masks.membrane, masks.signal_peptide, masks.coiled_coil)]
    assert (share / len(signals) < 0.05).all()


def coiled_by_hand(residues):
    """Windows of four heptads in any register, counted one by one."""
    mask = np.zeros(len(residues), dtype=bool)
    for begin in range(len(residues) - 27):
        window = residues[begin : begin + 28]
        greasy = [letter in "LIVMFA" for letter in window]
        core = sum(greasy[place] for heptad in range(0, 28, 7) for place in (heptad, heptad + 3))
        rest = sum(greasy) - core
        if core >= 0.85 * 8 and rest <= 0.25 * 20 and sum(letter in "PG" for letter in window) <= 1:
            mask[begin : begin + 28] = True
    return mask


@given(
    st.lists(st.sampled_from(["LKQLEDK", "LSSIEEK", "LAELKQE", "GSTPGSN", "LKQIEDR"]), min_size=1, max_size=12),
    st.integers(0, 6),
)
@settings(max_examples=150, deadline=None)
def test_coiled_coil_mask_agrees_with_counting(heptads, shift):
    residues = "S" * shift + "".join(heptads)
    assert coiled_coil_like(codes(residues)).tolist() == coiled_by_hand(residues).tolist()


def signal_by_hand(residues):
    mask = np.zeros(len(residues), dtype=bool)
    head = residues[:35]
    good = []
    for begin in range(len(head) - 7):
        window = head[begin : begin + 8]
        greasy = sum(KYTE_DOOLITTLE.get(letter, 0.0) for letter in window) / 8 >= 2.0
        good.append(greasy and not set(window) & set("DEKR"))
    if residues[0] == "M" and any(good):
        begin = good.index(True)
        end = begin
        while end + 1 < len(good) and good[end + 1]:
            end += 1
        if set(head[1 : max(begin, 5)]) & set("KR"):
            mask[: end + 8] = True
    return mask


@given(st.text(alphabet="MKRDLLLIVAAFSTG", min_size=1, max_size=50), st.booleans())
@settings(max_examples=200, deadline=None)
def test_signal_mask_agrees_with_counting(residues, begins_with_methionine):
    residues = "M" + residues if begins_with_methionine else residues
    assert signal_peptide_like(codes(residues)).tolist() == signal_by_hand(residues).tolist()
