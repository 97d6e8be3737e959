"""A sweep as it was at a step; `tests/superpos/models/test_language_model.py` has real models."""

import numpy as np
import pytest
import xarray

from superpos.arguments import ArgumentError
from superpos.store import at_step

KEPT = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def swept(**changes: xarray.Variable) -> xarray.Dataset:
    """W (4,) of two seeds, kept at steps that a trigger chose for each."""
    steps = np.array([[0, 10, 20], [0, 20, -1]])
    return xarray.Dataset(
        {
            "a.W": (("seed", "feature"), KEPT[:, -1]),
            "a_W_path": (("seed", "time_kept", "feature"), KEPT),
            "step_kept": (("seed", "time_kept"), steps),
            "status": (("seed",), ["ok", "ok"]),
            "loss": (("seed",), [1.0, 2.0]),
            **changes,
        },
        attrs={"config": "{}"},
    )


def test_each_member_has_what_was_kept_of_it_at_that_step() -> None:
    found = at_step(swept(), 20)
    np.testing.assert_array_equal(found["a.W"].transpose("seed", ...), [KEPT[0, 2], KEPT[1, 1]])
    np.testing.assert_array_equal(found["loss"], [1, 2])
    np.testing.assert_array_equal(at_step(swept(), 0)["a.W"].transpose("seed", ...), KEPT[:, 0])


def test_steps_may_be_those_of_all() -> None:
    dataset = swept().drop_vars("step_kept").rename(time_kept="step_kept")
    found = at_step(dataset.assign_coords(step_kept=[0, 5, 9]), 5)
    np.testing.assert_array_equal(found["a.W"].transpose("seed", ...), KEPT[:, 1])


def test_a_member_that_is_not_finished_need_not_be_kept() -> None:
    found = at_step(swept(status=xarray.Variable("seed", ["ok", "diverged@12"])), 10)
    np.testing.assert_array_equal(found["a.W"].sel(seed=0), KEPT[0, 1])


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (swept(), "step=10: expected one at which all were kept, of 0, 10, 20$"),
        (
            swept().drop_vars("a_W_path"),
            "step=10: expected a sweep with the evaluation trajectory$",
        ),
        (swept(**{"state.n": xarray.Variable("seed", [1, 2])}), "step=10: .* without a state"),
        (swept().assign_attrs(groups="{}"), "step=10: expected one sweep, not a multirun"),
    ],
)
def test_what_was_not_kept_is_one_line(dataset: xarray.Dataset, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        at_step(dataset, 10)


def test_what_fills_up_the_steps_is_none() -> None:
    """The second member has -1 in its last place, and the first is not finished."""
    dataset = swept(status=xarray.Variable("seed", ["diverged@12", "ok"]))
    with pytest.raises(ArgumentError, match="^step=-1: expected one at which all were kept"):
        at_step(dataset, -1)
