"""What is kept of a chunk: names, shapes and padding, by hand."""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.store.results import Shapes, final_leaves, gather, missing_of, schema
from superpos.train import FitSpec
from superpos.train.schedule import Schedule
from superpos.types import Carry, Measure, Trigger

TRIGGER = Trigger(lambda step, measured: False, lambda n_steps: 3, 1)


def carry(**params):
    step = np.int32(4)
    diverged = np.full((1, 2), -1, np.int32)
    return Carry(step=step, key=(), params=params, state=(), opt_state=(), diverged_step=diverged)


def shape(*own, dtype=np.float32):
    return jax.ShapeDtypeStruct((1, 2, *own), dtype)


def schedule(every=2, *, log_every=4, block=1, at_end=False):
    spec = FitSpec(n_steps=4, batch_size=1, log_every=log_every)
    return Schedule(spec, block, {"e": Measure(lambda carry: {}, every, at_end)})


def shapes(**measured):
    return Shapes(carry(w=np.zeros((1, 2, 5))), {"train_loss": shape()}, {"e": measured})


def block(*values):
    return {"train_loss": np.float32([values])}


def test_the_metrics_of_short_blocks_are_means_over_log_every():
    blocks = [block(1, 10), block(2, 20), block(3, 30), block(6, np.nan)]
    found = gather(carry(), blocks, {"e": []}, shapes(), schedule(log_every=2))
    np.testing.assert_array_equal(found["train_loss"], [[[1.5, 4.5], [15, np.nan]]])
    assert found["train_loss"].dtype == np.float32


def test_records_are_stacked_over_their_times():
    records = [{"x": np.float32([[[1, 2], [3, 4]]])}, {"x": np.float32([[[5, 6], [7, 8]]])}]
    found = gather(carry(), [block(1, 1)] * 4, {"e": records}, shapes(x=shape(2)), schedule())
    np.testing.assert_array_equal(found["x"], [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])
    none = gather(carry(), [], {"e": []}, shapes(x=shape(2)), schedule())
    assert none["x"].shape == (1, 2, 0, 2)


@pytest.mark.parametrize(
    ("dtype", "missing"),
    [(np.float32, np.nan), (np.float64, np.nan), (np.int32, -1), (np.uint8, 0), (bool, False)],
)
def test_the_records_of_a_trigger_are_each_members_own_first_ones(dtype, missing):
    def record(values, steps):
        return {"x": np.array([values], dtype), "step": np.int32([steps])}

    records = [record([1, 0], [1, -1]), record([1, 1], [2, 2]), record([0, 1], [-1, 4])]
    every = schedule(TRIGGER)
    found = gather(carry(), [block(1, 1)] * 4, {"e": records}, shapes(x=shape(dtype=dtype)), every)
    np.testing.assert_array_equal(found["step_e"], [[[1, 2, -1], [2, 4, -1]]])
    assert (found["step_e"].dtype, found["x"].dtype) == (np.int32, np.dtype(dtype))
    np.testing.assert_array_equal(found["x"], np.array([[[1, 1, missing], [1, 1, missing]]], dtype))
    np.testing.assert_array_equal(missing_of(dtype), missing)


def test_final_leaves_are_called_as_the_parameters_are():
    both = carry(W=1, layers=[2, 3]).replace(state={"count": 4})
    assert [*final_leaves(both)] == ["diverged_step", "W", "layers.0", "layers.1", "state.count"]
    alone = carry().replace(params=5, state=6)
    assert [*final_leaves(alone)] == ["diverged_step", "params", "state"]


def test_the_schema_says_shapes_dtypes_and_dimensions():
    found = schema(
        shapes(x=shape(3, 4, dtype=np.int32)),
        schedule(TRIGGER, at_end=True),
        {"x": ("row", "column"), "w": ("feature",)},
        ["rate"],
    )
    assert found == {
        "diverged_step": {"shape": [], "dtype": "int32", "dims": []},
        "w": {"shape": [5], "dtype": "float64", "dims": ["feature"]},
        "train_loss": {"shape": [1], "dtype": "float32", "dims": ["step"]},
        "x": {"shape": [4, 3, 4], "dtype": "int32", "dims": ["time_e", "row", "column"]},
        "step_e": {"shape": [4], "dtype": "int32", "dims": ["time_e"]},
    }
    plain = schema(shapes(x=shape(3)), schedule(every=2), {}, [])
    assert plain["x"] == {"shape": [2, 3], "dtype": "float32", "dims": ["step_e", "x_0"]}
    assert plain["w"]["dims"] == ["w_0"]
    assert "step_e" not in plain


@pytest.mark.parametrize("name", ["step", "status", "fragile", "sensitivity", "step_e", "time_e"])
def test_a_parameter_may_not_be_called_as_what_every_dataset_or_an_evaluation_has(name, one_line):
    taken = Shapes(carry(**{name: np.zeros((1, 2))}), {}, {"e": {}})
    with pytest.raises(ArgumentError) as refusal:
        schema(taken, schedule(TRIGGER), {}, [])
    assert one_line(refusal, f"{name}: expected another name")
