"""Classes, registers and penalties of the consensus score, on peptides whose binding mode is published."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.methods.consensus import OUTSIDE_COST, UNMATCHED, Consensus, consensus_cores
from nesdb_annot.methods.consensus_terms import TERMS, core_terms
from nesdb_annot.methods.patterns import PATTERNS, encoded, find_hits
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.topology import membrane_like
from nesdb_annot.residues import ResidueSpan, sequence_digest

from .conftest import scores_by

# Peptides of structures and binding assays (Fung 2015, 2017; Güttler 2010): class, and positions of Φ1..Φ4.
REGISTERS = {
    "PKI": ("SNELALKLAGLDI", "1a", [4, 8, 11, 13]),
    "hRio2": ("RSFEMTEFNQALEEI", "1a-R", [3, 5, 8, 12]),
    "hRio2-R": ("IEELAQNFETMEF", "1a", [4, 8, 11, 13]),
    "CPEB4": ("RTFDMHSLESSLIDI", "1a-R", [3, 5, 8, 12]),
    "CPEB4-R": ("IDILSSELSHMDF", "1a", [4, 8, 11, 13]),
    "CDC7": ("QDLRKLCERLRGMDSSTP", "3", [3, 6, 10, 13]),
    "X11L2": ("SSLQELVQQFEALPGDLV", "4", [6, 10, 13, 17]),
    "SMAD4": ("YERVVSPGIDLSGLTLQ", "2", [9, 11, 14, 16]),
    "FMRP": ("YLKEVDQLRLERLQI", "2", [8, 10, 13, 15]),
    "FMRP-1b": ("YLKEVDQLRALERLQID", "1b", [8, 11, 14, 16]),
    "HDAC5": ("EAETVSAMALLSVG", "1b", [5, 8, 11, 13]),
    "Rev": ("LQLPPLERLTL", "2", [4, 6, 9, 11]),
}
# Their pattern matches although they bind in another register, or not at all: patterns alone cannot tell.
MATCHED_CLASSES = {
    "mDia2": ("SVPEVEALLARLRAL", "3"),
    "Paxillin": ("RELDELMASLSDFKFMAQ", "1b"),
    "PKI-Flip1": ("IDLNELALKLAGL", "1a-R"),
    "PKI-Flip2": ("FDLNELALKLAGL", "1a-R"),
    "PKI-Flip3": ("FDMNELALKLAGL", "1a-R"),
    "DEAF1, no binder": ("SWLYLEEMVNSLLNTAQQ", "1a-R"),
    "COMMD1, no binder": ("KTLSEVEESISTLISQPN", "3"),
    "Hxk2, no binder": ("DVPKELMQQIENFEKIFTV", "4"),
}
MEMBRANE_HELIX = "ITLIIFGVMAGVIGTILLISYGI"  # glycophorin A, residues 92 to 114
SIGNAL_PEPTIDE = "MKWVTFISLLFLFSSAYSRGVFRRDAHKSE"  # serum albumin


def context(residues, spans):
    embedding = np.zeros((len(residues), 1), dtype=np.float32)
    return ProteinContext(sequence_digest(residues), residues, embedding, spans, np.zeros((len(spans), 1), np.float32))


def scored(residues, *spans):
    return scores_by(Consensus(), context(residues, [ResidueSpan(*span) for span in spans]))


def best(residues):
    return scored(residues, (1, len(residues)))[0]


@pytest.mark.parametrize("name", REGISTERS)
def test_class_and_register_of_known_binders(name):
    peptide, nes_class, core = REGISTERS[name]
    evidence = best(peptide).evidence
    assert evidence["class"] == nes_class
    assert [evidence["core"][f"phi{n}"] for n in (1, 2, 3, 4)] == core


@pytest.mark.parametrize("name", MATCHED_CLASSES)
def test_published_matches_are_found(name):
    peptide, nes_class = MATCHED_CLASSES[name]
    assert nes_class in {PATTERNS[index].nes_class for index in find_hits(peptide).pattern}


def test_what_a_mutation_takes_away_is_gone():
    assert best("YLKEVDQLRALER").evidence["class"] is None  # FMRP-1b without its Φ4


def test_phi0_of_the_structures():
    assert best("SSLQELVQQFEALPGDLV").evidence["core"]["phi0"] == 3
    assert best("IEELAQNFETMEF").evidence["pattern"] == "PKI"
    assert "phi0" not in best("SNELALKLAGLDI").evidence["core"]


def test_losing_the_last_phi_costs_the_match():
    assert best("YLKEVDQLRALER").raw == UNMATCHED
    assert best("YLKEVDQLRALER").evidence == {"class": None}
    assert best("YLKEVDQLRALERLQID").raw > 0


def test_substituting_a_phi_of_pki_lowers_the_score():
    assert best("SNELALKLAGLDA").raw < best("SNELALKLAGLDI").raw


def test_aromatic_phi4_is_disfavoured_in_plus_only():
    assert best("GSEELASKLSGLDFGS").raw < best("GSEELASKLSGLDLGS").raw
    minus = "GSFELSGLASKLEEGS"
    assert best(minus).evidence["orientation"] == "minus"
    assert best(minus).raw > best(minus.replace("FEL", "VEL")).raw


def test_proline_inside_lowers_and_the_docking_proline_does_not():
    assert best("GSNELALPLAGLDINK").evidence["terms"]["proline"] < 0
    assert best("GSTPALEELTLGS").evidence["terms"]["proline"] == 0


def test_acidic_flanks_raise_and_basic_flanks_lower():
    core = "LALKLAGLDI"
    neutral, acidic, basic = (best(f"G{x * 4}{core}{x * 4}G").raw for x in "SDK")
    assert basic < neutral < acidic


def in_protein(segment, flank="GSTNQEDKSTRNQGSEDKSTNQ"):
    """Score of a segment within a hydrophilic protein."""
    span = (len(flank) + 1, len(flank) + len(segment))
    return scored(flank + segment + flank, span)[0].raw


def test_membrane_helices_do_not_win():
    assert in_protein(MEMBRANE_HELIX) < in_protein("SNELALKLAGLDI") - 5
    assert in_protein(MEMBRANE_HELIX) < in_protein("VDELSAALRELSLSD") - 5


def test_signal_peptides_do_not_win():
    residues = SIGNAL_PEPTIDE + "GSTNQEDKSTRNQGSEDKSTNQ"
    assert scored(residues, (1, 25))[0].raw < in_protein("SNELALKLAGLDI") - 4


def test_hydrophobic_spacers_lower_the_score():
    plain, greasy = (best(f"GSGS{core}GSGS").evidence["terms"]["spacer"] for core in ("LKELSEKLDL", "LCWLCWCLWL"))
    assert greasy < plain == 0


def test_the_best_match_counts_and_not_the_sum():
    residues = "SNELALKLAGLDI" + "GSTNQEDKGSTNQEDK" * 2 + "SNELALKLAGLDI"
    one, both = scored(residues, (1, 13), (1, len(residues)))
    assert both.raw <= one.raw + 1


def test_cores_partly_outside():
    residues = "GGGGGSNELASKLAGLDIGGGGG"  # Φ1..Φ4 of class 1a: 9, 13, 16, 18
    whole, three, two = scored(residues, (8, 18), (10, 23), (14, 23))
    assert whole.evidence["outside"] == 0
    assert three.evidence["outside"] == 1
    assert three.raw == pytest.approx(whole.raw - OUTSIDE_COST)
    assert two.raw == UNMATCHED


def test_score_is_the_sum_of_its_terms():
    for peptide, _, _ in REGISTERS.values():
        score = best(peptide)
        assert score.raw == pytest.approx(sum(score.evidence["terms"].values()), abs=0.01)
        assert tuple(score.evidence["terms"]) == TERMS


def test_positions_refer_to_the_protein_and_order_is_kept():
    residues = "G" * 40 + "SNELALKLAGLDI" + "G" * 40
    spans = [(60, 80), (41, 53), (1, 20)]
    scores = scored(residues, *spans)
    assert [score.evidence["class"] for score in scores] == [None, "1a", None]
    assert scores[1].evidence["core"] == {"phi1": 44, "phi2": 48, "phi3": 51, "phi4": 53}


def test_the_other_segments_do_not_matter():
    residues = "MSNELALKLAGLDINKTELQLPPLERLTLDDSSLQELVQQFEALPGDLV"
    alone = scored(residues, (2, 14))[0]
    among = scored(residues, (20, 31), (2, 14), (30, 49))[1]
    assert alone == among


def test_no_segments_and_no_matches():
    assert scores_by(Consensus(), context("SNELALKLAGLDI", [])) == []
    assert best("G").raw == UNMATCHED
    assert core_terms(encoded("GGG"), find_hits("GGG")).shape == (0, len(TERMS))


def test_identity_names_what_the_score_depends_on(monkeypatch):
    before = Consensus().identity
    assert before.name == "consensus"
    assert len(before.parameters["patterns"]) == len(PATTERNS)
    assert before.parameters["plus"]["L"] == before.parameters["plus_late"]["L"] == 1.5
    assert before.parameters["tm_hydropathy"] == 1.6
    monkeypatch.setattr("nesdb_annot.methods.consensus_terms.PROLINE_WEIGHT", -9.0)
    assert Consensus().identity.digest != before.digest


def test_cores_come_best_first_and_once():
    residues = "G" * 20 + "SNELALKLAGLDI" + "G" * 20 + "AAGVGGPMGGAGV" + "G" * 20
    cores = consensus_cores(residues)
    assert cores[0] == ResidueSpan(24, 33)
    assert len(cores) == len(set(cores))
    assert any(core.first > 50 for core in cores)
    assert consensus_cores("GGGG") == []


@given(st.text(alphabet="ACDEFGHIKLMNPQRSTVWYXLLLIVMF", min_size=8, max_size=120), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_scores_are_bounded_and_evidence_lies_in_the_protein(residues, seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(1, len(residues) - 6, size=6)
    last = np.minimum(first + rng.integers(7, 24, size=6), len(residues))
    spans = [ResidueSpan(int(a), int(b)) for a, b in zip(first, last, strict=True)]
    for span, score in zip(spans, scores_by(Consensus(), context(residues, spans)), strict=True):
        assert UNMATCHED <= score.raw <= 15
        if score.evidence["class"] is None:
            assert score.raw == UNMATCHED
            continue
        core = score.evidence["core"]
        inside = [span.first <= core[f"phi{n}"] <= span.last for n in (1, 2, 3, 4)]
        assert score.evidence["outside"] == 4 - sum(inside) <= 1
        assert list(core.values()) == sorted(core.values())
        assert min(core.values()) >= 1
        assert max(core.values()) <= len(residues)


@given(st.text(alphabet="ACDEFGHIKLMNPQRSTVWYLLLIVMF", min_size=30, max_size=120))
@settings(max_examples=60, deadline=None)
def test_a_wider_segment_never_scores_less(residues):
    middle = len(residues) // 2
    spans = [ResidueSpan(middle - reach, middle + reach) for reach in range(4, 14)]
    scores = [score.raw for score in scores_by(Consensus(), context(residues, spans))]
    assert scores == sorted(scores)


@given(st.text(alphabet="ACDEFGHIKLMNPQRSTVWYLLLIVMFPP", min_size=1, max_size=150))
@settings(max_examples=100, deadline=None)
def test_cores_are_within_the_protein_and_of_pattern_length(residues):
    cores = consensus_cores(residues)
    assert len(cores) == len(set(cores))
    assert all(8 <= len(core) <= 12 and core.last <= len(residues) for core in cores)


def test_membrane_helices_still_anchor_candidates():
    flank = "GSTNQEDKSTRNQGSEDKSTNQ"
    assert any(core.first > len(flank) for core in consensus_cores(flank + MEMBRANE_HELIX + flank))


def test_membrane_proteins_of_yeast_do_not_fill_the_top(shared_data):
    lines = gzip.decompress((shared_data / "proteomes/UP000002311_559292.fasta.gz").read_bytes()).decode()
    proteins = ["".join(record.split("\n")[1:]) for record in lines.split(">")[1:401]]
    best_scores, membrane = [], []
    for residues in proteins:
        windows = [ResidueSpan(first, first + 19) for first in range(1, len(residues) - 19, 10)]
        scores = scores_by(Consensus(), context(residues, windows))
        mask = membrane_like(encoded(residues))
        best_scores += [score.raw for score in scores]
        membrane += [bool(mask[window.as_slice()].mean() > 0.5) for window in windows]
    order = np.argsort(best_scores)[::-1]
    assert np.mean(np.array(membrane)[order[:200]]) <= 0.02 < np.mean(membrane)


@pytest.mark.parametrize(("key", "lost"), [("TRANSMEM", 6.0), ("SIGNAL", 6.0), ("COILED", 0.0)])
def test_what_uniprot_states_outweighs_how_it_looks(key, lost):
    residues = "GSTNQEDKGS" * 3 + "SNELALKLAGLDI" + "GSTNQEDKGS" * 3
    spans = [ResidueSpan(31, 43)]
    plain, stated = (
        scores_by(Consensus(), ProteinContext("", residues, np.empty((0, 0)), spans, np.empty((1, 0)), stated=known))[0]
        for known in ((), ((key, 25, 50),))
    )
    assert plain.raw - stated.raw == pytest.approx(lost)
