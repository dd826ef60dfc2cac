"""Shares of right predictions by probability, counted on made-up held-out proteins."""

import numpy as np
import pytest

from nesdb_annot.learning.metrics import RankedProtein
from nesdb_annot.learning.observed import BOUNDS, observed_shares
from nesdb_annot.learning.truth import Truth
from nesdb_annot.residues import ResidueSpan


def protein(*rows):
    spans = tuple(ResidueSpan(first, last) for first, last, _ in rows)
    return RankedProtein("a", 200, spans, np.array([score for *_, score in rows]))


TRUTH = Truth((ResidueSpan(20, 40), ResidueSpan(150, 160)))


def test_share_counts_hits_and_errors_of_each_bin():
    proteins = [protein((20, 30, 0.6), (100, 110, 0.65), (150, 160, 0.05)), protein((20, 30, 0.9))]
    shares = {share.least: share for share in observed_shares(proteins, [TRUTH, TRUTH], np.ones(2))}
    assert shares[0.5].right == 0.5
    assert shares[0.5].candidates == 2
    assert shares[0.7].right == 1.0
    assert shares[0.2].right is None
    assert shares[0.2].interval is None
    assert shares[0.0].motifs == pytest.approx(2 / 4), "a motif without a candidate counts in the lowest bin"
    assert sum(share.motifs for share in shares.values()) == pytest.approx(1)


def test_weights_count_proteins_as_often_as_the_population_asks():
    proteins = [protein((20, 30, 0.6)), protein((60, 70, 0.6))]
    share = observed_shares(proteins, [TRUTH, Truth()], np.array([1.0, 9.0]))[BOUNDS.index(0.5)]
    assert share.right == pytest.approx(0.1)
    low, high = share.interval
    assert 0 <= low <= 0.1 <= high <= 1


def test_bounds_belong_to_the_bin_above_and_one_to_the_last():
    proteins = [protein((20, 30, 0.1)), protein((20, 30, 1.0))]
    shares = observed_shares(proteins, [TRUTH, TRUTH], np.ones(2))
    assert [share.candidates for share in shares] == [0, 1, 0, 0, 0, 1]
