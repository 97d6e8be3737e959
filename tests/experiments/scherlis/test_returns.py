"""What is measured of marginal returns, for models on the curve and off it."""

import numpy as np
import pytest

from experiments.scherlis.phase.claims import judge_returns
from experiments.scherlis.phase.returns import N_BINS, measure_returns, slope_at_one


def verdicts(dataset):
    found = judge_returns(measure_returns(dataset))
    return {verdict.claim.id.removeprefix("scherlis/phase/"): verdict for verdict in found}


def test_models_on_the_curve_reproduce_the_claims(paths):
    found = verdicts(paths())
    assert {verdict.reproduced for verdict in found.values()} == {True}
    assert found["returns"].measured == pytest.approx(0, abs=1e-6)


def test_the_best_instance_counts_in_each_bin(paths):
    found = measure_returns(paths())
    assert not np.isnan(found.capacity).any()
    np.testing.assert_allclose(found.excess, 0, atol=1e-6)
    assert found.final[0] == 1  # below a kurtosis of 3 one feature takes all
    assert 0.6 < found.final[1] < 0.8


def test_models_above_the_curve_do_not(paths):
    found = verdicts(paths(excess=0.05))["returns"]
    assert (found.reproduced, found.measured) == (False, pytest.approx(0.05, abs=1e-5))


def test_a_neuron_that_is_shared_though_returns_go_on_is_noticed(paths):
    found = measure_returns(paths())
    by_id = {v.claim.id: v for v in judge_returns(found._replace(final=np.array([0.8, 0.8])))}
    assert by_id["scherlis/phase/sharing"].measured == 1
    assert by_id["scherlis/phase/sharing"].reproduced is False


def test_slopes_need_two_bins(paths):
    found = measure_returns(paths())
    alone = np.where(np.arange(N_BINS) == 3, found.capacity, np.nan)
    assert np.isnan(slope_at_one(found._replace(capacity=alone))).all()
    low, high = slope_at_one(found)
    assert low < 0 < high
