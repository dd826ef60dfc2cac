"""Hard negatives: told apart by what they look like, counted, and never on a signal."""

import numpy as np
import pytest

from nesdb_annot.learning.examples import TrainingProtein, taught_negatives
from nesdb_annot.learning.hard_negatives import KINDS
from nesdb_annot.learning.truth import Truth
from nesdb_annot.residues import ResidueSpan

NES = "LALKLAGLDI"
MEMBRANE = "LLIVALLVFAILLIVVLLAIVLL"
PLAIN = "GSGNKTEPSGGSDDEGSTPNGKSG"
HEPTADS = "LKELEDKVEELLSKNYHLENEVARLKKLVG"
SIGNAL_PEPTIDE = "MKKLLLVLLALLLASAAQA"


def protein(residues, spans, truth=None, cargo=True):
    embedding = np.ones((len(residues), 3), np.float32)
    return TrainingProtein("d" * 64, residues, embedding, spans, truth or Truth(), cargo)


def kinds(own):
    return [{name for name, wanted in zip(KINDS, row, strict=True) if wanted} for row in own.hard_kinds.tolist()]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [(NES, "pattern"), (MEMBRANE, "membrane"), (HEPTADS + HEPTADS, "coiled_coil"), (PLAIN, None)],
)
def test_what_a_candidate_looks_like(inside, expected):
    residues = PLAIN * 2 + inside + PLAIN
    own = protein(residues, [ResidueSpan(49, 48 + min(len(inside), 25)), ResidueSpan(1, 20)])
    looks, plain = kinds(own)
    assert expected in looks if expected else not looks
    assert not plain


def test_a_signal_peptide_at_the_beginning_and_what_was_tested():
    residues = SIGNAL_PEPTIDE + PLAIN * 3
    own = protein(residues, [ResidueSpan(1, 18), ResidueSpan(40, 55)], Truth((), (), (ResidueSpan(38, 60),)))
    assert "signal_peptide" in kinds(own)[0]
    assert kinds(own)[1] == {"tested"}


def test_nothing_that_shares_a_residue_with_a_signal_is_taught_as_none():
    residues = PLAIN + NES + PLAIN + NES + PLAIN
    first = len(PLAIN) + 1
    known = Truth((ResidueSpan(first, first + 9),))
    spans = [ResidueSpan(a, a + 9) for a in range(1, len(residues) - 9)]
    own = protein(residues, spans, known)
    taught = (own.example_weights > 0) & (own.verdicts == 0)
    assert taught.any()
    assert not any(span.overlap(known.motifs[0]) for span, wanted in zip(spans, taught, strict=True) if wanted)
    counts = taught_negatives([own])["cargoes"]
    assert counts["all"] == int(taught.sum())
    matched = own.hard_kinds[:, KINDS.index("pattern")]
    assert counts["pattern"] == int((matched & taught).sum()) == int(matched.sum()) / 2  # on the other of the two
    assert counts["tested"] == counts["membrane"] == 0


def test_cargoes_and_motif_free_proteins_are_counted_apart():
    spans = [ResidueSpan(1, 12), ResidueSpan(13, 24)]
    of_cargo, motif_free = (protein(PLAIN * 2, spans, cargo=cargo) for cargo in (True, False))
    found = taught_negatives([of_cargo, motif_free, motif_free])
    assert {kind: counts["all"] for kind, counts in found.items()} == {"cargoes": 2, "motif_free_proteins": 4}
    assert taught_negatives([of_cargo])["motif_free_proteins"]["all"] == 0
