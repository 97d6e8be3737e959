"""Members as rows, with the numbers that they were made with."""

import json

import numpy as np
import pytest
import xarray

from experiments.flat import finished_members
from superpos.arguments import ArgumentError

CONFIG = {"model.n_hidden": 8, "data.n_features": 16, "optim.weight_decay": 0.5}
NUMBERS = {
    "data.n_used": "data.n_features",
    "width": "model.n_hidden",
    "weight_decay": "optim.weight_decay",
}


def dataset(axes, **config):
    """Members along axes of two values, of which the last one diverged."""
    shape = (2,) * len(axes)
    status = np.full(shape, "ok", object)
    status[(-1,) * len(axes)] = "diverged@1"
    arrays = {
        "status": ([*axes], status),
        "W": ([*axes, "feature"], np.arange(2.0 ** len(axes)).reshape(*shape, 1)),
        "loss": ([*axes, "step"], np.stack([np.ones(shape), np.zeros(shape)], -1)),
    }
    return xarray.Dataset(arrays, axes, {"config": json.dumps({**CONFIG, **config})})


def test_finished_members_have_their_axes_and_the_rest_of_the_config():
    found = finished_members(
        dataset({"width": [2, 4], "weight_decay": [0.0, 1.0]}), NUMBERS, ("W", "loss")
    )
    np.testing.assert_array_equal(found["width"], [2, 2, 4])
    np.testing.assert_array_equal(found["weight_decay"], [0, 1, 0])
    np.testing.assert_array_equal(found["data.n_used"], [16] * 3)
    np.testing.assert_array_equal(found["W"], [[0], [1], [2]])
    np.testing.assert_array_equal(found["loss"], [0] * 3)


@pytest.mark.parametrize(
    ("axes", "config", "name", "expected"),
    [
        ({"seed": [0, 1]}, {}, "width", 8),
        ({"seed": [0, 1]}, {"model.width": 3}, "width", 3),
        ({"seed": [0, 1]}, {"data.n_used": None}, "data.n_used", 16),
        ({"n_used": [5, 6]}, {}, "data.n_used", 5),
        ({"data.n_used": [5, 6]}, {"data.n_used": None}, "data.n_used", 5),
    ],
)
def test_a_size_is_the_part_of_it_in_use(axes, config, name, expected):
    found = finished_members(dataset(axes, **config), NUMBERS, ("W",))
    np.testing.assert_array_equal(found[name], [expected])


def test_a_width_that_is_swept_is_that_of_another_name():
    """As of liu/scaling, whose own axis is n_hidden."""
    found = finished_members(dataset({"width": [2, 4]}), {"n_hidden": "model.n_hidden"}, ("W",))
    np.testing.assert_array_equal(found["n_hidden"], [2])


def test_a_result_that_models_do_not_have_is_one_line():
    with pytest.raises(ArgumentError, match="^biases.0: not among the results, expected models"):
        finished_members(dataset({"seed": [0, 1]}), {}, ("W", "biases.0"))
