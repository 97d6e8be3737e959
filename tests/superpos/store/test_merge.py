"""Groups of a multirun that were measured at other steps, as one Dataset."""

import numpy as np
import pytest

from superpos.store import multirun
from superpos.train import store, training
from superpos.types import Trigger
from tests.superpos.toys import position, pulled, w_after

DENSITIES, SEEDS = (0.5, 0.1), (0, 1)


@pytest.fixture
def opened(train_group, members_of, tmp_path):
    """Train a group for each of some evaluations, called as n_hidden 2, 3, ..., and open all."""

    def opened(*evaluations):
        rows = []
        for n_hidden, each in enumerate(evaluations, start=2):

            def build(point, each=each):
                return training(**pulled(point["data.density"], evaluations=each))

            rows += train_group(
                tmp_path, n_hidden, densities=DENSITIES, seeds=SEEDS, build=build, dims={}
            )
        multirun.write(tmp_path, members_of(rows), {})
        return store.open(tmp_path)

    return opened


def test_steps_of_an_evaluation_are_the_union_and_nan_where_a_group_took_none(opened):
    dataset = opened({"a": position("x", every=4)}, {"a": position("x", every=5, at_end=True)}, {})
    assert {*dataset["x"].dims} == {"density", "n_hidden", "seed", "step_a"}
    np.testing.assert_array_equal(dataset["step_a"], [4, 5, 8, 10, 12])
    np.testing.assert_array_equal(dataset["step"], [6, 12])
    taken = {2: [4, 8, 12], 3: [5, 10, 12], 4: []}
    for n_hidden, steps in taken.items():
        for density in DENSITIES:
            for seed in SEEDS:
                member = dataset["x"].sel(n_hidden=n_hidden, seed=seed)
                member = member.sel(density=np.float32(density), method="nearest")
                there = np.isin(dataset["step_a"], steps)
                np.testing.assert_allclose(member[there], w_after(steps, density), rtol=1e-5)
                assert np.isnan(member[~there]).all()
    assert (dataset.status == "ok").all()


def test_times_of_triggers_are_as_many_as_the_most(opened):
    def due(step, measured):
        return step in (4, 8)

    one = Trigger(due, lambda n_steps: 2, 2)
    other = Trigger(lambda step, measured: step == 6, lambda n_steps: 3, 2)
    dataset = opened({"a": position("x", every=one)}, {"a": position("x", every=other)})
    assert dataset.sizes["time_a"] == 3
    steps = dataset["step_a"].sel(density=0.5, seed=0, method="nearest")
    np.testing.assert_array_equal(steps.sel(n_hidden=2), [4, 8, -1])
    np.testing.assert_array_equal(steps.sel(n_hidden=3), [6, -1, -1])
    x = dataset["x"].sel(density=0.5, seed=0, method="nearest")
    np.testing.assert_allclose(x.sel(n_hidden=2), [*w_after([4, 8]), np.nan], rtol=1e-6)
    np.testing.assert_allclose(x.sel(n_hidden=3), [w_after(6), np.nan, np.nan], rtol=1e-6)


def test_a_trigger_in_one_group_and_steps_in_another_are_kept_apart(opened):
    trigger = Trigger(lambda step, measured: step == 6, lambda n_steps: 1, 2)
    dataset = opened({"a": position("x", every=4)}, {"a": position("x", every=trigger)})
    np.testing.assert_array_equal(dataset["step_a"], [4, 8, 12])
    own = dataset["x"].sel(density=0.5, seed=0, n_hidden=2, method="nearest")
    np.testing.assert_allclose(own, w_after([4, 8, 12]), rtol=1e-6)
    [due] = [name for name in dataset.data_vars if name.startswith("step_a")]
    [found] = [name for name in dataset.data_vars if name.startswith("x.")]
    member = dataset.sel(density=0.5, seed=0, n_hidden=3, method="nearest")
    np.testing.assert_array_equal(member[due], [6])
    np.testing.assert_allclose(member[found], [w_after(6)], rtol=1e-6)


def test_steps_of_the_run_in_one_group_and_others_in_another_are_kept_apart(opened):
    dataset = opened({"a": position("x")}, {"a": position("x", every=4)})
    first = dataset["x"].sel(density=0.5, seed=0, n_hidden=2, method="nearest")
    np.testing.assert_allclose(first, w_after([6, 12]), rtol=1e-6)
    other = dataset["x.step_a"].sel(density=0.5, seed=0, n_hidden=3, method="nearest")
    np.testing.assert_allclose(other, w_after([4, 8, 12]), rtol=1e-6)
