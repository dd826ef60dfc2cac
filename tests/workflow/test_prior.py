"""The prior of a population: Bayes' rule on the odds, and nothing else."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.workflow.rank import prior_shift

SHARE = st.floats(0.001, 0.999)


@given(within_cargoes=SHARE, cargo_prior=SHARE, with_nes=SHARE, without=SHARE)
def test_shifting_is_bayes_rule(within_cargoes, cargo_prior, with_nes, without):
    """`with_nes` and `without` are the likelihoods of what was seen of a segment."""

    def posterior(prior):
        return prior * with_nes / (prior * with_nes + (1 - prior) * without)

    before = posterior(within_cargoes)
    shifted = log(before / (1 - before)) + prior_shift(within_cargoes, cargo_prior)
    assert 1 / (1 + exp(-shifted)) == pytest.approx(posterior(within_cargoes * cargo_prior))


@given(SHARE, SHARE)
def test_fewer_cargoes_mean_lower_odds(within_cargoes, cargo_prior):
    assert prior_shift(within_cargoes, cargo_prior) < 0
