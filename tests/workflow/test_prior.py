"""The prior of a population: Bayes' rule on the odds of a cargo, and nothing else."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.methods.cargo import CARGO_SHARE
from nesdb_annot.workflow.ranking import prior_shift, shifted_prior

SHARE = st.floats(0.001, 0.999)


@given(cargo_prior=SHARE, of_cargoes=SHARE, of_others=SHARE)
def test_shifting_is_bayes_rule(cargo_prior, of_cargoes, of_others):
    """`of_cargoes` and `of_others` are the likelihoods of what was seen of a protein."""

    def posterior(prior):
        return prior * of_cargoes / (prior * of_cargoes + (1 - prior) * of_others)

    before = posterior(CARGO_SHARE)
    shifted = log(before / (1 - before)) + prior_shift(cargo_prior)
    assert 1 / (1 + exp(-shifted)) == pytest.approx(posterior(cargo_prior))


@given(SHARE, SHARE)
def test_fewer_cargoes_mean_lower_odds(one, other):
    assert (prior_shift(one) < prior_shift(other)) == (one < other)


@given(st.floats(1e-6, 1.0))
def test_a_prior_follows_from_its_shift(cargo_prior):
    assert shifted_prior(prior_shift(cargo_prior)) == pytest.approx(cargo_prior, abs=1e-9)


def test_of_known_cargoes_only_the_first_factor_counts():
    unlikely = log(0.001 / 0.999) + prior_shift(1.0)
    assert 1 / (1 + exp(-unlikely)) == pytest.approx(1.0, abs=1e-4)
