"""Labels that a regret takes, on curves made by hand."""

import numpy as np
import pytest
import xarray

from experiments.values import curves
from experiments.values.curves import (
    Curve,
    curve_of,
    fitted,
    interval,
    labels_to_reach,
    means_of,
    power,
)

N = np.array([4.0, 16, 64, 256])


def test_labels_are_between_two_numbers_by_their_logarithms():
    assert labels_to_reach(N, np.array([0.9, 0.5, 0.3, 0.1]), 0.4) == pytest.approx(32)
    assert labels_to_reach(N, np.array([0.2, 0.5, 0.3, 0.1]), 0.4) == pytest.approx(32)


def test_labels_that_are_too_few_or_too_many_to_be_known():
    assert labels_to_reach(N, np.array([0.1, 0.1, 0.1, 0.1]), 0.4) == 4
    assert labels_to_reach(N, np.array([0.1, 0.1, 0.1, 0.5]), 0.4) == np.inf


def falling(size):
    n = np.geomspace(4, 4096, 11)
    return Curve(n, np.tile(np.minimum(size**1.3 / n, 1), (5, 1)))


def test_a_power_of_the_size_is_found_with_its_interval():
    curves = {size: falling(size) for size in (8.0, 16.0, 32.0, 64.0)}
    found, low, high = power(curves, lambda each: each.reach(0.2))
    assert found == pytest.approx(1.3, abs=0.05) and low == high == found


def test_fewer_than_three_sizes_have_no_power():
    few = {size: falling(size) for size in (8.0, 16.0)}
    assert np.isnan(power(few, lambda each: each.reach(0.2))).all()


def test_a_part_of_the_gain_is_of_that_of_the_most_labels():
    curve = Curve(N, np.array([[1.0, 0.8, 0.6, 0.2], [1.0, 0.8, 0.6, 0.2]]))
    assert curve.reach_part(0.5) == pytest.approx(curve.reach(0.6)) == pytest.approx(64)


def test_labels_beside_a_power_law_that_they_are_not_of():
    curves = {size: falling(size) for size in (8.0, 16.0, 32.0)}
    straight, beside = fitted(curves, lambda each: each.reach(0.2))
    bent = {8.0: 100.0, 16.0: 400.0, 32.0: 400.0}
    found, off = fitted(curves, lambda each: bent[next(k for k in curves if curves[k] is each)])
    assert straight == pytest.approx(1.3, abs=0.05) and max(beside.values()) < 1.05
    assert found == pytest.approx(1) and off[16] == pytest.approx(4 ** (1 / 3))


def test_runs_that_differ_make_an_interval():
    curve = Curve(N, np.array([[0.9, 0.5, 0.3, 0.1], [0.9, 0.7, 0.5, 0.3]]))
    low, high = interval(curve, 0.4)
    assert (low, high) == (pytest.approx(32), pytest.approx(128))


def test_finished_runs_are_rows_with_their_numbers(monkeypatch):
    shape = (2, 2)
    regret = np.arange(16.0).reshape(*shape, 2, 2)
    dataset = xarray.Dataset(
        {
            "status": (("seed", "data.n_labels"), [["ok", "ok"], ["ok", "diverged@1"]]),
            "regret": (("seed", "data.n_labels", "step_policy", "budget"), regret),
        },
        {"seed": [0, 1], "data.n_labels": [8, 64], "step_policy": [0, 5]},
    )
    config = dict.fromkeys(curves.KEYS.values(), 1.0)
    monkeypatch.setattr("experiments.flat.store.config_of", lambda _: config)
    runs = curves.runs_of(dataset)
    assert runs["n_labels"].values.tolist() == [8, 64, 8]
    assert runs["result"].values.tolist() == [[2, 3], [6, 7], [10, 11]]
    curve = curve_of(runs, {"named_share": 1.0})
    np.testing.assert_array_equal(curve.regret, [[3, 7], [11, np.nan]])
    assert curve.n.tolist() == [8, 64] and curve.mean.tolist() == [7, 7]
    assert means_of(curves.runs_of(dataset, at=0), {"n_labels": 8}).tolist() == [4, 5]
