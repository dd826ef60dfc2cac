"""Truth A and truth B: what counts as an NES, what as an error, and what is left out of the count."""

import pytest

from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.workflow.truths import truth_a, truth_b

RESIDUES = "MKLV" * 30
RANGE, PEPTIDE, DOUBTFUL = SiteKind.FUNCTIONAL_SIGNAL, SiteKind.PEPTIDE, Sign.DOUBTFUL


def site(first, last, kind=RANGE, sign=Sign.MOTIF):
    return ReferenceSite(kind, ResidueSpan(first, last), sign)


def entry(*sites):
    return ReferenceEntry("user:x", "1", "P1", RESIDUES, sites)


def spans(*pairs):
    return tuple(ResidueSpan(first, last) for first, last in pairs)


def test_a_range_stands_for_the_peptides_that_it_overlaps():
    """They are wider than it: what hits only their flanks is an error, like everything else on a cargo."""
    (truth,) = truth_b([entry(site(20, 31), site(16, 35, PEPTIDE))]).values()
    assert (truth.motifs, truth.unknown) == (spans((20, 31)), ())


def test_a_peptide_without_a_range_is_unknown():
    (truth,) = truth_b([entry(site(20, 31)), entry(site(60, 79, PEPTIDE))]).values()
    assert (truth.motifs, truth.unknown) == (spans((20, 31)), spans((60, 79)))


@pytest.mark.parametrize("wrong", [site(60, 66), site(60, 100), site(60, 75, sign=DOUBTFUL)])
def test_ranges_of_other_lengths_and_doubtful_ones_are_unknown(wrong):
    (truth,) = truth_b([entry(site(20, 31), wrong)]).values()
    assert (truth.motifs, truth.unknown) == (spans((20, 31)), (wrong.span,))


def test_a_doubtful_peptide_stays_unknown_where_a_range_overlaps_it():
    (truth,) = truth_b([entry(site(20, 31)), entry(site(16, 35, PEPTIDE, DOUBTFUL))]).values()
    assert (truth.motifs, truth.unknown) == (spans((20, 31)), spans((16, 35)))


def test_a_protein_without_a_range_is_no_part_of_truth_b():
    peptide = entry(site(16, 35, PEPTIDE))
    assert truth_b([peptide]) == {}
    assert truth_a([peptide])[peptide.digest].motifs == spans((16, 35))
